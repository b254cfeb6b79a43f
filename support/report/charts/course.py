"""The run as it went, over one axis of time: event latency, answers, the deployment's memory."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from math import ceil, log10
from statistics import median

from support.config import Policy
from support.journal import History, records
from support.measures.figures import Figures
from support.measures.lag import is_sure
from support.measures.latency import latency_of
from support.measures.questions import live_events
from support.report.charts import style
from support.report.charts.style import Drawing

_LEFT, _RIGHT = 76, style.WIDTH - 60
_BINS = 80
_HIGH, _GAP = 90, 56
_FASTEST_MS = 0.1
#: A limit below that is too near to 1 ms for both to be written.
LEAST_APART_MS = 5.0
_TITLE = "The run over time"
_UNIT = "latency and answers of normal service, memory of all scenarios"

Moments = list[tuple[float, float]]


def course_picture(
    normal_part: History, history: History, measured: Figures, policy: Policy
) -> str:
    """Three lanes as SVG; empty where neither events nor memory were seen.

    `normal_part` is what happened in normal service.
    """
    start, end = history.records[0].t, history.records[-1].t
    latencies, memory = _latencies(normal_part, measured), _memory(history)
    if not (latencies or memory) or end <= start:
        return ""
    axis = _Axis(start, end)
    normal, grown = measured.normal, measured.memory.growth_mb
    slow = f"Event latency: median (dark) and slowest, p95 limit {policy.p95_latency_ms:,g} ms"
    busiest = f"Answers: {normal.answers_per_s:,} in the busiest second"
    used = f"Memory: grew by {grown:.1f} MB at most" if grown is not None else "Memory: not read"
    drawing = Drawing(_TITLE, ". ".join((slow, busiest, used)), _UNIT)
    y = 78.0
    drawing.text(style.MARGIN, y - 8, slow, bold=True)
    _draw_latency(drawing, axis, y, latencies, policy.p95_latency_ms)
    y += _HIGH + _GAP
    drawing.text(style.MARGIN, y - 8, busiest, bold=True)
    answered = [(q.answered_t, 1.0) for q in normal.asked if q.answered_t is not None]
    _draw_bars(drawing, axis, y, {n: sum(v) for n, v in axis.binned(answered).items()})
    y += _HIGH + _GAP
    drawing.text(style.MARGIN, y - 8, used, bold=True)
    _draw_memory(drawing, axis, y, memory)
    axis.scale(drawing, y + _HIGH)
    return drawing.svg(y + _HIGH + 36)


class _Axis:
    def __init__(self, start: float, end: float) -> None:
        self.start, self.end = start, end
        self.room = (_RIGHT - _LEFT) / _BINS

    def x(self, t: float) -> float:
        """Where a moment stands."""
        return _LEFT + (t - self.start) / (self.end - self.start) * (_RIGHT - _LEFT)

    def binned(self, moments: Iterable[tuple[float, float]]) -> dict[int, list[float]]:
        """The values by the number of their part of the axis."""
        found: dict[int, list[float]] = {}
        for t, value in moments:
            place = min(int((self.x(t) - _LEFT) / self.room), _BINS - 1)
            found.setdefault(place, []).append(value)
        return found

    def scale(self, drawing: Drawing, y: float) -> None:
        """Seconds since the run began."""
        for seconds in style.steps(0.0, self.end - self.start):
            at = self.x(self.start + seconds)
            drawing.line(at, y, at, y + 5, style.INK)
            drawing.text(
                at, y + 20, f"{seconds:g} s", size=style.SMALL, fill=style.MUTED, anchor="middle"
            )


def _latencies(history: History, measured: Figures) -> Moments:
    """When each live event of normal service came, and its latency in ms, where that is known."""
    opened = history.of(records.Opened)
    if measured.clock is None or not opened:
        return []
    found = ((s, latency_of(s, measured.clock, opened[0].wall)) for s in live_events(history))
    return [(s.frame.t, max(ms, 0.0)) for s, ms in found if ms is not None and is_sure(s.frame)]


def _memory(history: History) -> dict[int, Moments]:
    """The looks at the memory of each service, in MB."""
    found: dict[int, Moments] = {}
    for look in history.of(records.Sample, lambda s: s.name == "target_memory_bytes"):
        found.setdefault(look.service, []).append((look.t, look.value / 1e6))
    return found


def _draw_latency(
    drawing: Drawing, axis: _Axis, y: float, latencies: Moments, limit_ms: float
) -> None:
    top = ceil(log10(max(limit_ms * 1.5, *(ms for _, ms in latencies), 1.0)))
    lowest = log10(_FASTEST_MS)

    def high(ms: float) -> float:
        return (log10(max(ms, _FASTEST_MS)) - lowest) / (top - lowest) * _HIGH

    for place, values in axis.binned(latencies).items():
        left = _LEFT + place * axis.room
        for ms, fill in ((max(values), style.SKY), (median(values), style.BLUE)):
            drawing.rect(left, y + _HIGH - high(ms), axis.room - 1, max(high(ms), 1), fill)
    at = y + _HIGH - high(limit_ms)
    drawing.line(_LEFT, at, _RIGHT, at, style.VERMILION, width=1.5, dash="6 4")
    for ms in (1.0, limit_ms) if limit_ms >= LEAST_APART_MS else (limit_ms,):
        words = f"{ms:,g} ms"
        foot = y + _HIGH - high(ms) + 4
        drawing.text(_LEFT - 6, foot, words, size=style.SMALL, fill=style.MUTED, anchor="end")
    drawing.line(_LEFT, y + _HIGH, _RIGHT, y + _HIGH, style.INK)


def _draw_bars(drawing: Drawing, axis: _Axis, y: float, bars: dict[int, float]) -> None:
    most = max(bars.values(), default=0.0)
    for place, value in bars.items():
        tall = max(value / most * _HIGH, 1)
        left = _LEFT + place * axis.room
        drawing.rect(left, y + _HIGH - tall, axis.room - 1, tall, style.GREEN)
    drawing.line(_LEFT, y + _HIGH, _RIGHT, y + _HIGH, style.INK)


def _draw_memory(drawing: Drawing, axis: _Axis, y: float, memory: dict[int, Moments]) -> None:
    most = max((mb for looks in memory.values() for _, mb in looks), default=0.0) * 1.1 or 1.0
    for looks in memory.values():
        seen = sorted((place, max(values)) for place, values in axis.binned(looks).items())
        ends = [
            (_LEFT + (place + 0.5) * axis.room, y + _HIGH - mb / most * _HIGH) for place, mb in seen
        ]
        for (x, high), (right, then) in pairwise(ends):
            drawing.line(x, high, right, then, style.PURPLE, width=2)
    if memory:
        words = f"{most / 1.1:,.0f} MB"
        at = y + _HIGH - _HIGH / 1.1 + 4
        drawing.text(_LEFT - 6, at, words, size=style.SMALL, fill=style.MUTED, anchor="end")
    drawing.line(_LEFT, y + _HIGH, _RIGHT, y + _HIGH, style.INK)
