"""Event latency: the distribution, its figures, and their limits.

Normal service and what was measured under injected faults or load stand apart; the limits bind
the former alone, as in the verdict.
"""

from __future__ import annotations

from math import ceil, floor, log10

from support.config import Policy
from support.measures.distribution import LEAST_SAMPLES, Distribution, Figure
from support.measures.figures import Figures
from support.report.charts import style
from support.report.charts.style import Drawing, shape

_LEFT, _RIGHT = 60, style.WIDTH - 60
_HIGH, _LOW = 150, 60  # pixels of the tallest bar, of normal service and of the rest
_PER_DECADE = 8
_FASTEST_MS = 0.1
_WORDS: dict[Figure, str] = {
    "average": "average",
    "p95": "p95",
    "p99": "p99",
}
_LOOK: dict[Figure, str] = {"average": "up", "p95": "diamond", "p99": "square"}
_TITLE = "Event latency"
_UNIT = "milliseconds, logarithmic scale"


def latency_picture(measured: Figures, policy: Policy) -> str:
    """A run's event latencies as SVG; empty when no event was timed."""
    clock, normal, apart = measured.clock, measured.normal.latency, measured.under_fault.latency
    if clock is None or not (normal.count or apart.count):
        return ""
    limits = {figure: float(getattr(policy, f"{figure}_latency_ms")) for figure in _WORDS}
    lines = {figure: _figure(normal, figure, limits[figure]) for figure in _WORDS}
    basis = (
        f"{len(normal.samples):,} events in normal service; clock uncertainty"
        f" ± {clock.uncertainty_s * 1000:.1f} ms"
    )
    drawing = Drawing(_TITLE, ". ".join([*lines.values(), basis]), _UNIT)
    most = max([*normal.samples, *apart.samples, *limits.values()]) * 1.5
    top = ceil(log10(max(most, 1.0)))
    y = _limits(drawing, limits, top, 62)
    y = _bars(drawing, normal, top, y + 8, _HIGH, "")
    for figure, look in _LOOK.items():
        if (value := normal.claimed(figure)) is not None:
            drawing.marks(shape(look, _x(value, top), y - 1), style.YELLOW)
    _scale(drawing, top, y)
    y += 22
    if apart.samples:
        drawing.text(
            style.MARGIN,
            y + 20,
            "Under injected faults, outages or load: no limit applies",
            bold=True,
        )
        y = _bars(drawing, apart, top, y + 30, _LOW, "apart") + 6
    y += 22
    for figure, words in lines.items():
        drawing.marks(shape(_LOOK[figure], style.MARGIN + 5, y - 5), style.YELLOW)
        drawing.text(style.MARGIN + 18, y, words)
        y += 19
    drawing.text(style.MARGIN + 18, y, basis, fill=style.MUTED)
    return drawing.svg(y + 18)


def _figure(measured: Distribution, figure: Figure, limit_ms: float) -> str:
    value = measured.claimed(figure)
    if value is None:
        least = LEAST_SAMPLES[figure]
        few = f"{measured.count:,} events are too few ({least:,} needed)"
        return f"{_WORDS[figure]}: not measured, {few}"
    return f"{_WORDS[figure]} {value:.1f} ms (limit {limit_ms:,g} ms)"


def _x(ms: float, top: int) -> float:
    lowest = log10(_FASTEST_MS)
    place = (log10(max(ms, _FASTEST_MS)) - lowest) / (top - lowest)
    return _LEFT + place * (_RIGHT - _LEFT)


def _limits(drawing: Drawing, limits: dict[Figure, float], top: int, y: float) -> float:
    """A dashed line at each limit, its words beside its head; where the bars may begin."""
    foot = y + len(limits) * 17 + _HIGH + 8
    ascending = sorted(limits.items(), key=lambda limit: limit[1])
    for number, (figure, limit) in enumerate(ascending):
        at, head = _x(limit, top), y + 4 + number * 17
        drawing.line(at, head - 8, at, foot, style.VERMILION, width=1.5, dash="6 4")
        words = f"{_WORDS[figure]} limit: {limit:,g} ms"
        fits = at + 6 + style.wide(words, style.SMALL) < style.WIDTH
        drawing.text(
            at + 6 if fits else at - 6, head + 3, words, size=style.SMALL,
            anchor="start" if fits else "end",
        )  # fmt: skip
    return y + len(limits) * 17


def _bars(
    drawing: Drawing, measured: Distribution, top: int, y: float, high: int, hatch: str
) -> float:
    """The distribution, as high as its fullest place; its base line."""
    counts: dict[int, int] = {}
    for ms in measured.samples:
        place = floor(log10(max(ms, _FASTEST_MS)) * _PER_DECADE + 1e-9)
        counts[place] = counts.get(place, 0) + 1
    fullest = max(counts.values(), default=1)
    labelled = max(counts, key=lambda place: (counts[place], -place), default=None)
    for place, count in sorted(counts.items()):
        left = _x(10 ** (place / _PER_DECADE), top)
        right = _x(10 ** ((place + 1) / _PER_DECADE), top)
        tall = max(count / fullest * (high - 18), 2)
        if hatch:
            drawing.hatch(hatch, left + 1, y + high - tall, right - left - 2, tall)
        else:
            drawing.rect(left + 1, y + high - tall, right - left - 2, tall, style.BLUE)
        if place == labelled:
            words = f"{count:,} events"
            drawing.text(
                (left + right) / 2, y + high - tall - 5, words, size=style.SMALL, anchor="middle"
            )
    if not counts:
        drawing.text(_LEFT + 6, y + high - 8, "no event", fill=style.MUTED)
    drawing.line(_LEFT, y + high, _RIGHT, y + high, style.INK)
    return y + high


def _scale(drawing: Drawing, top: int, y: float) -> None:
    for power in range(round(log10(_FASTEST_MS)), top + 1):
        at = _x(10.0**power, top)
        drawing.line(at, y, at, y + 5, style.INK)
        least = (
            "≤ " if 10.0**power <= _FASTEST_MS else ""
        )  # the first bar holds all that is quicker
        words = f"{least}{10.0**power:,g} ms"
        drawing.text(at, y + 19, words, size=style.SMALL, fill=style.MUTED, anchor="middle")
