"""Does it get slower as a run goes on?

A trend is a straight line through the medians of twelve parts of the run (least squares), with a
99 % confidence interval for its slope (Student's t, 10 degrees of freedom). Medians, because one
hiccup of the machine is no trend. Something has got worse only when even the near end of the
interval is an excess both relative to the level at the beginning and in plain figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from support.checks.disturbance import disturbed
from support.checks.finding import Finding, check, failed, passed, unknown
from support.checks.latency import asked_at, clock_of, latency_of, live_events, worst_lag_ms
from support.journal import History
from support.journal.facts import TERMINAL_EVENTS

PARTS = 12
LEAST_IN_PART = 10
T_99 = 3.169  # Student's t for a two-sided 99 % interval with PARTS - 2 degrees of freedom

Points = Sequence[tuple[float, float]]  # moments in s, values


@dataclass(frozen=True)
class Trend:
    """By how much a value has risen from the first part to the last, and what it was at first.

    `least` and `most` bound the rise with 99 % confidence. All in the unit of the value.
    """

    start: float
    rise: float
    least: float
    most: float

    def worse_by(self, relative: float, absolute: float) -> bool:
        """True when it has surely risen by more than `relative` of its start, and `absolute`."""
        return self.least > max(absolute, relative * max(self.start, 0.0))


def trend_of(points: Points) -> Trend | None:
    """The trend of a value over time; None for too few points."""
    size, ordered = len(points) // PARTS, sorted(points)
    if size < LEAST_IN_PART:
        return None
    parts = [ordered[number * size : (number + 1) * size] for number in range(PARTS)]
    xs = [median(t for t, _ in part) for part in parts]
    ys = [median(value for _, value in part) for part in parts]
    middle_x, middle_y = fmean(xs), fmean(ys)
    spread = sum((x - middle_x) ** 2 for x in xs)
    if spread == 0:
        return None
    slope = sum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True)) / spread
    left = sum((y - middle_y - slope * (x - middle_x)) ** 2 for x, y in zip(xs, ys, strict=True))
    error = T_99 * (left / (PARTS - 2) / spread) ** 0.5
    length = xs[-1] - xs[0]
    return Trend(
        start=middle_y + slope * (xs[0] - middle_x),
        rise=slope * length,
        least=(slope - error) * length,
        most=(slope + error) * length,
    )


@check("nothing gets slower as the conversation goes on")
def steady(
    history: History, question: str, wall: float, relative: float = 0.5, absolute_ms: float = 25.0
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
        lag_ms = worst_lag_ms(history, disturbed(history))
        if trend.least - lag_ms <= absolute_ms:
            return unknown(question, f"{told[-1]}, but our own machine was {lag_ms:.0f} ms late")
        expected = f"at most {absolute_ms:g} ms, or {relative:.0%}, more at the end"
        return failed(question, told[-1], expected=(expected,), seen=(told[-1],))
    if not told:
        least = PARTS * LEAST_IN_PART
        return unknown(question, f"too little was seen for a trend ({least} samples needed)")
    return passed(question, "; ".join(told))


def series_of(history: History, wall: float) -> dict[str, Points]:
    """What may get slower, by name: moments in s and values in ms."""
    clock, asked = clock_of(history, wall), asked_at(history)
    late: list[tuple[float, float]] = []
    first: dict[tuple[str, str | None], float] = {}
    whole: dict[tuple[str, str | None], float] = {}
    for seen in live_events(history, set()):
        key = (seen.frame.user, seen.fact.run_id)
        if key in asked:
            first.setdefault(key, seen.frame.t)
        if key in asked and seen.fact.type in TERMINAL_EVENTS:
            whole.setdefault(key, seen.frame.t)
        latency_ms = latency_of(seen, clock, wall) if clock else None
        if latency_ms is not None:
            late.append((seen.frame.t, latency_ms))
    return {
        "event latency": late,
        "the first sign": [(asked[key], (t - asked[key]) * 1000) for key, t in first.items()],
        "the whole answer": [(asked[key], (t - asked[key]) * 1000) for key, t in whole.items()],
    }
