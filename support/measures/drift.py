"""How a figure changes as a run goes on.

A drift is a straight line through the medians of twelve parts of the run, with a 99 % confidence
interval (`slope`). Medians, because one hiccup of the machine is no drift. Something has got worse
only when even the near end of the interval is an excess both relative to the level at the beginning
and in plain figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from support.journal import History
from support.measures.clock import clock_of
from support.measures.latency import latency_of
from support.measures.questions import live_events, questions
from support.measures.slope import slope_of

PARTS = 12
LEAST_IN_PART = 10

Points = Sequence[tuple[float, float]]  # moments in s, values


@dataclass(frozen=True)
class Drift:
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


def drift_of(points: Points) -> Drift | None:
    """The drift of a value over time; None for too few points."""
    size, ordered = len(points) // PARTS, sorted(points)
    if size < LEAST_IN_PART:
        return None
    parts = [ordered[number * size : (number + 1) * size] for number in range(PARTS)]
    xs = [median(t for t, _ in part) for part in parts]
    ys = [median(value for _, value in part) for part in parts]
    slope = slope_of(list(zip(xs, ys, strict=True)))
    if slope is None:
        return None
    length = xs[-1] - xs[0]
    return Drift(
        start=slope.intercept + slope.value * xs[0],
        rise=slope.value * length,
        least=slope.least * length,
        most=slope.most * length,
    )


def series_of(history: History, wall: float) -> dict[str, Points]:
    """What may get slower, by name: moments in s and values in ms."""
    clock, asked = clock_of(history, wall), questions(history)
    late = [
        (seen.frame.t, latency_ms)
        for seen in (live_events(history) if clock is not None else ())
        if clock is not None and (latency_ms := latency_of(seen, clock, wall)) is not None
    ]
    first = [(q.asked_t, q.first_t) for q in asked if q.first_t is not None]
    whole = [(q.asked_t, q.answered_t) for q in asked if q.answered_t is not None]
    return {
        "event latency": late,
        "the first sign": [(begun, (came - begun) * 1000) for begun, came in first],
        "the whole answer": [(begun, (came - begun) * 1000) for begun, came in whole],
    }
