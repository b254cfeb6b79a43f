"""Was it our own machine? By how much our event loop came late, at any time.

What was measured while we ourselves were late proves nothing against the deployment.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import isinf

from support.journal import History, records

REPORTED_EVERY_S = 1.0  # a report tells of the worst since the one before


def lag_ms(history: History, start: float, end: float) -> float:
    """By how much our own loop was late at worst between two moments of the journal, in ms."""
    lags = history.of(
        records.Sample, lambda s: s.name == "loop_lag_ms" and start <= s.t <= end + REPORTED_EVERY_S
    )
    return max((s.value for s in lags), default=0.0)


def surely_slow(
    history: History, waits: Iterable[tuple[float, float]], limit_s: float
) -> list[float]:
    """Of waits from one moment to another, those over the limit even less our own lateness then.

    A wait that never ended (`inf`) is slow, however late we were.
    """
    slow = [(start, end) for start, end in waits if end - start > limit_s]
    return [
        end - start
        for start, end in slow
        if isinf(end) or end - start - lag_ms(history, start, end) / 1000 > limit_s
    ]
