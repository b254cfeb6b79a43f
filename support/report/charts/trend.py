"""The last gate runs beside each other: decision, scenarios that passed, 95th percentile.

The numbers are those of the table; a percentile that was not measured has no bar and says so.
"""

from __future__ import annotations

from datetime import UTC, datetime

from support.report.charts import style
from support.report.charts.style import Drawing
from support.report.trend import SHOWN, PastRun, Trend

_TITLE = "Trend"
_UNIT = "gate runs of this deployment and environment, oldest first; bars: p95 event latency"
_TOP, _HIGH = 78, 130
_WIDEST = 110
_FILL = {"APPROVED": style.BLUE, "REJECTED": style.VERMILION}
_SHORT = {"INCONCLUSIVE": "INCONCL."}


def trend_picture(trend: Trend) -> str:
    """The runs as SVG; empty where there is nothing to compare with."""
    if not trend.earlier or trend.this is None:
        return ""
    runs = [*trend.earlier[-SHOWN:], trend.this]
    drawing = Drawing(_TITLE, ". ".join(_words(run, run is trend.this) for run in runs), _UNIT)
    room = min((style.WIDTH - 2 * style.MARGIN) / len(runs), _WIDEST)
    highest = max((run.p95_latency_ms or 0.0 for run in runs), default=0.0)
    for number, run in enumerate(runs):
        left = style.MARGIN + number * room
        _column(drawing, run, left, room, highest, last=run is trend.this)
    foot = _TOP + _HIGH
    drawing.line(style.MARGIN, foot, style.MARGIN + len(runs) * room, foot, style.INK)
    return drawing.svg(foot + 76)


def _column(
    drawing: Drawing, run: PastRun, left: float, room: float, highest: float, *, last: bool
) -> None:
    middle, foot = left + room / 2, _TOP + _HIGH
    value = run.p95_latency_ms
    tall = 0.0
    if value is not None and highest > 0:
        tall = max(value / highest * _HIGH, 2)
        place = (left + 6, foot - tall, room - 12, tall)
        if run.decision in _FILL:
            drawing.rect(*place, _FILL[run.decision], stroke=style.INK)
        else:
            drawing.hatch("away", *place)
    said = "no p95" if value is None else f"{value:.1f} ms"
    drawing.text(middle, foot - tall - 6, said, size=style.SMALL, anchor="middle", bold=last)
    when = "this run" if last else f"{datetime.fromtimestamp(run.started, UTC):%m-%d %H:%M}"
    passed = f"{run.scenarios_passed}/{run.scenarios_selected}"
    below = (_SHORT.get(run.decision, run.decision), passed, when)
    for row, words in enumerate(below):
        at = foot + 18 + row * 17
        drawing.text(middle, at, words, size=style.SMALL, anchor="middle", bold=last, room=room)


def _words(run: PastRun, last: bool) -> str:
    when = "this run" if last else f"{datetime.fromtimestamp(run.started, UTC):%Y-%m-%d %H:%M}"
    value = run.p95_latency_ms
    p95 = "not measured" if value is None else f"{value:.1f} ms"
    passed = f"{run.scenarios_passed} of {run.scenarios_selected} scenarios passed"
    return f"{when}: {run.decision}, {passed}, p95 event latency {p95}"
