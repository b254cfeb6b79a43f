"""Messages written while there is no connection: in order, bounded, never dropped silently."""

from __future__ import annotations

from collections import deque

from support.client.run import Run

LIMIT = 1000  # messages


class Outbox:
    """A queue of requests. One that is full refuses, and counts what it refused."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self.refused = 0
        self._waiting: deque[Run] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, run: Run) -> bool:
        """Keep `run` for later; False, and counted, when there is no room."""
        if len(self._waiting) >= self.limit:
            self.refused += 1
            return False
        self._waiting.append(run)
        return True

    def first(self) -> Run | None:
        """The oldest request, left where it is until `sent`."""
        return self._waiting[0] if self._waiting else None

    def sent(self) -> None:
        """The oldest request is on its way."""
        self._waiting.popleft()
