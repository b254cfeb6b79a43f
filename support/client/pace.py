"""Keeps a user under the message rate that the target has announced."""

from __future__ import annotations

import asyncio
import time
from collections import deque

SHARE = 0.8  # of the announced rate: pings and subscriptions count, too, on most backends


class Pacer:
    """At most the announced number of messages in any one second. Without a limit: no waiting.

    Where less than one a second is announced, it is one in as long as that takes.
    """

    def __init__(self) -> None:
        self._rate: int | None = None
        self._stretch_s = 1.0
        self._sent: deque[float] = deque()

    def limit(self, per_second: float) -> None:
        """From now on stay under `per_second` messages a second."""
        self._rate = max(1, int(per_second * SHARE))
        self._stretch_s = max(1.0, 1.0 / per_second)

    async def turn(self) -> None:
        """Wait until one more message may be sent."""
        if self._rate is None:
            return
        while self._sent and len(self._sent) >= self._rate:
            age_s = time.monotonic() - self._sent[0]
            if age_s < self._stretch_s:
                await asyncio.sleep(self._stretch_s - age_s)
            else:
                self._sent.popleft()
        self._sent.append(time.monotonic())
