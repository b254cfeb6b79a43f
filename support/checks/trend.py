"""Does it get slower as a run goes on?"""

from __future__ import annotations

from support.checks.finding import Finding, check, failed, passed, unknown
from support.journal import History
from support.measures.lag import worst_lag_ms
from support.measures.scope import normal_service
from support.measures.trend import LEAST_IN_PART, PARTS, series_of, trend_of


@check("nothing gets slower as the conversation goes on")
def steady(
    history: History, wall: float, relative: float = 0.5, absolute_ms: float = 25.0
) -> Finding:
    """Neither event latency, nor the first sign of an answer, nor whole answers show a trend."""
    told = []
    for name, points in series_of(history, wall).items():
        trend = trend_of(points)
        if trend is None:
            continue
        rise = f"{name} rose by {trend.rise:.1f} ms ({trend.least:.1f} to {trend.most:.1f})"
        told.append(f"{rise} from {trend.start:.1f} ms")
        if not trend.worse_by(relative, absolute_ms):
            continue
        lag_ms = worst_lag_ms(normal_service(history))
        if trend.least - lag_ms <= absolute_ms:
            return unknown(
                f"{told[-1]}, but the test machine was {lag_ms:.0f} ms late", "environment"
            )
        expected = f"at most {absolute_ms:g} ms, or {relative:.0%}, more at the end"
        return failed(told[-1], expected=(expected,), seen=(told[-1],))
    if not told:
        least = PARTS * LEAST_IN_PART
        return unknown(f"too little was seen for a trend ({least} samples needed)")
    return passed("; ".join(told))
