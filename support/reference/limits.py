"""How much one connection may say: a token bucket with a memory for floods."""

from __future__ import annotations

import time
from collections.abc import Callable


class RateLimit:
    """Lets ``per_s`` messages a second through, with a burst of twice that.

    Once empty it stays shut until half a second's worth has come back: otherwise a flood would
    slip one message through every few milliseconds and never be refused many times in a row.
    """

    def __init__(self, per_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_s = per_s
        self.clock = clock
        self.capacity = 2 * per_s
        self.level = self.capacity
        self.filled_at = clock()
        self.shut = False
        self.refused_in_a_row = 0

    def admits(self) -> bool:
        """Return whether one more message is within the limit, and count it."""
        now = self.clock()
        self.level = min(self.capacity, self.level + (now - self.filled_at) * self.per_s)
        self.filled_at = now
        if self.level < 1 or (self.shut and self.level < self.per_s / 2):
            self.shut = True
            self.refused_in_a_row += 1
            return False
        self.shut = False
        self.refused_in_a_row = 0
        self.level -= 1
        return True
