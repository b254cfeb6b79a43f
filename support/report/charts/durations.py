"""Where the time of a run went: its slowest scenarios."""

from __future__ import annotations

from collections.abc import Sequence

from support.approval.model import Outcome
from support.report.charts import style
from support.report.charts.style import Drawing
from support.report.formatting import lasting

MOST = 12
_LEFT, _RIGHT = 540, style.WIDTH - 90
_ROW, _LINE = 24, 15
_TITLE = "Scenario durations"


def durations_picture(outcomes: Sequence[Outcome]) -> str:
    """The slowest scenarios as SVG; empty where none took any time."""
    took = sorted((o for o in outcomes if o.duration_s > 0), key=lambda o: -o.duration_s)
    if not took:
        return ""
    slowest = took[:MOST]
    total = lasting(sum(o.duration_s for o in took))
    unit = f"the slowest {len(slowest)} of {len(took)} scenarios, which took {total} together"
    said = ". ".join(f"{o.name}: {lasting(o.duration_s)}" for o in slowest)
    drawing = Drawing(_TITLE, said, unit)
    y = 60.0
    for outcome in slowest:
        long = outcome.duration_s / slowest[0].duration_s * (_RIGHT - _LEFT)
        room = _LEFT - 2 * style.MARGIN
        name = style.lines(outcome.name, room, style.SMALL)
        for number, line in enumerate(name):
            drawing.text(style.MARGIN, y + 14 + number * _LINE, line, size=style.SMALL)
        if outcome.status == "passed":
            drawing.rect(_LEFT, y, max(long, 2), 18, style.BLUE)
        else:
            drawing.hatch("wrong", _LEFT, y, max(long, 2), 18)
        drawing.text(_LEFT + long + 8, y + 14, lasting(outcome.duration_s), size=style.SMALL)
        y += _ROW + (len(name) - 1) * _LINE
    return drawing.svg(y + 8)
