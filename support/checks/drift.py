"""Does it get slower as a run goes on?"""

from __future__ import annotations

from support.checks.finding import Finding, check, failed, passed, unknown
from support.journal import History
from support.measures.drift import LEAST_IN_PART, PARTS, drift_of, series_of
from support.measures.lag import worst_lag_ms
from support.measures.scope import normal_service

LEAST_FOR_DRIFT = PARTS * LEAST_IN_PART


@check("nothing gets slower as the conversation goes on")
def steady(
    history: History, wall: float, relative: float = 0.5, absolute_ms: float = 25.0
) -> Finding:
    """Neither event latency, nor the first sign of an answer, nor whole answers drift."""
    texts = []
    for name, points in series_of(history, wall).items():
        drift = drift_of(points)
        if drift is None:
            continue
        rise = f"{name} rose by {drift.rise:.1f} ms ({drift.least:.1f} to {drift.most:.1f})"
        texts.append(f"{rise} from {drift.start:.1f} ms")
        if not drift.worse_by(relative, absolute_ms):
            continue
        lag_ms = worst_lag_ms(normal_service(history))
        if drift.least - lag_ms <= absolute_ms:
            return unknown(
                f"{texts[-1]}, but the test machine was {lag_ms:.0f} ms late", "environment"
            )
        expected = f"at most {absolute_ms:g} ms, or {relative:.0%}, more at the end"
        return failed(texts[-1], expected=(expected,), seen=(texts[-1],))
    if not texts:
        return unknown(f"too little was seen for a drift ({LEAST_FOR_DRIFT} samples needed)")
    return passed("; ".join(texts))
