"""How late the test machine's own event loop was.

What was measured while the test machine was late proves nothing against the deployment.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from math import isinf
from statistics import median

from support.journal import History, records

REPORTED_EVERY_S = 1.0  # a sample is the worst delay since the sample before
SURE_MS = 1.0  # an arrival is claimed when it is known to so much


def is_sure(frame: records.Frame) -> bool:
    """True for an arrival whose time is known. In an older journal nobody knows of any."""
    return frame.unsure_ms is None or frame.unsure_ms <= SURE_MS


class Lags:
    """The delays of a history, to be asked for many moments."""

    def __init__(self, history: History) -> None:
        lags = history.of(records.Sample, lambda s: s.name == "loop_lag_ms")
        ordered = sorted((s.t, s.value) for s in lags)
        self._times = [t for t, _ in ordered]
        self._values = [value for _, value in ordered]

    def between(self, start: float, end: float) -> float:
        """As `lag_ms`."""
        first = bisect_left(self._times, start)
        last = bisect_right(self._times, end + REPORTED_EVERY_S)
        return max(self._values[first:last], default=0.0)


def lag_ms(history: History, start: float, end: float) -> float:
    """The worst delay between two moments of the journal, in ms."""
    lags = history.of(
        records.Sample, lambda s: s.name == "loop_lag_ms" and start <= s.t <= end + REPORTED_EVERY_S
    )
    return max((s.value for s in lags), default=0.0)


def surely_slow(
    history: History, waits: Iterable[tuple[float, float]], limit_s: float
) -> list[float]:
    """Waits (start, end) over the limit even after our own delay then is subtracted, in s.

    A wait that never ended (`inf`) is slow, whatever the delay.
    """
    slow = [(start, end) for start, end in waits if end - start > limit_s]
    return [
        end - start
        for start, end in slow
        if isinf(end) or end - start - lag_ms(history, start, end) / 1000 > limit_s
    ]


def usual_lag_ms(history: History) -> float:
    """The median of the worst delays of each second, in ms."""
    lags = [s.value for s in history.of(records.Sample, lambda s: s.name == "loop_lag_ms")]
    return median(lags) if lags else 0.0


def worst_lag_ms(history: History) -> float:
    """The worst delay of the whole history, in ms."""
    lags = history.of(records.Sample, lambda s: s.name == "loop_lag_ms")
    return max((s.value for s in lags), default=0.0)
