"""What waits to be sent on one connection: a single queue, so that order is kept."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

Job = Callable[[], Awaitable[None]]


class SendQueue:
    """Sends texts in order. A job, such as a replay, holds its place in the queue like a text."""

    def __init__(self, transmit: Callable[[str], Awaitable[None]]) -> None:
        self.transmit = transmit
        self.items: deque[tuple[str, int] | Job] = deque()
        self.waiting_bytes = 0
        self.filled = asyncio.Event()

    def put(self, text: str) -> None:
        """Queue a text; it counts among the ``waiting_bytes`` until it is handed over."""
        size = len(text.encode())
        self.items.append((text, size))
        self.waiting_bytes += size
        self.filled.set()

    def put_job(self, job: Job) -> None:
        """Queue work that sends for itself when its turn comes."""
        self.items.append(job)
        self.filled.set()

    async def run(self) -> None:
        """Send what is queued, for ever; cancel to stop."""
        while True:
            while self.items:
                item = self.items.popleft()
                if isinstance(item, tuple):
                    text, size = item
                    await self.transmit(text)
                    self.waiting_bytes -= size
                else:
                    await item()
            self.filled.clear()
            await self.filled.wait()
