"""At most so many of something in any one second: messages of a user, connections of them all."""

from __future__ import annotations

import asyncio
import time
from collections import deque

SHARE = 0.8  # of the announced rate: pings and subscriptions count, too, on most backends


class Pacer:
    """At most the `share` of a given number in any one second. Without a limit: no waiting.

    Where less than one a second is announced, it is one in as long as that takes.
    """

    def __init__(self, share: float = SHARE) -> None:
        self._share = share
        self._rate: int | None = None
        self._stretch_s = 1.0
        self._sent: deque[float] = deque()

    def limit(self, per_second: float) -> None:
        """From now on stay under `per_second`."""
        self._rate = max(1, int(per_second * self._share))
        self._stretch_s = max(1.0, 1.0 / per_second)

    def allows_at_once(self, count: int) -> bool:
        """True where so many may be sent at the same time."""
        return self._rate is None or count <= self._rate

    async def turn(self) -> None:
        """Wait until it is one's turn."""
        if self._rate is None:
            return
        while self._sent and len(self._sent) >= self._rate:
            age_s = time.monotonic() - self._sent[0]
            if age_s < self._stretch_s:
                await asyncio.sleep(self._stretch_s - age_s)
            else:
                self._sent.popleft()
        self._sent.append(time.monotonic())
