"""How late the event loop of a worker comes: what it may be to blame for, and nobody else."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

PROBE_S = 0.02
EVERY_S = 1.0
KEPT_S = 0.05  # shorter delays explain nothing
KEPT = 10_000


class LagWatch:
    """Reports the longest delay of each second in seconds, and remembers the longer ones."""

    def __init__(self, report: Callable[[float], object]) -> None:
        self._report = report
        self._due: float | None = None
        self._late: deque[tuple[float, float]] = deque(maxlen=KEPT)

    async def run(self) -> None:
        """Watch until cancelled."""
        worst, since = 0.0, time.monotonic()
        while True:
            self._due = time.monotonic() + PROBE_S
            await asyncio.sleep(PROBE_S)
            now = time.monotonic()
            late_s = now - self._due
            worst = max(worst, late_s)
            if late_s >= KEPT_S:
                self._late.append((now, late_s))
            if now - since >= EVERY_S:
                self._report(worst)
                worst, since = 0.0, now

    def may_explain(self, allowed_s: float, within_s: float) -> bool:
        """True where this loop was late by half of `allowed_s` at any time of the last `within_s`.

        What was to be done in `allowed_s` may then have failed because of this process.
        """
        now = time.monotonic()
        overdue_s = now - self._due if self._due is not None else 0.0
        recent = (late_s for at, late_s in self._late if at >= now - within_s)
        return max(overdue_s, *recent, 0.0) >= allowed_s / 2
