"""How long users took to be back after a drop, with the limit."""

from __future__ import annotations

from support.config import Policy
from support.measures.figures import Figures
from support.report.charts import style
from support.report.charts.style import Drawing

_LEFT, _RIGHT = 60, style.WIDTH - 60
_BINS, _HIGH = 60, 110
_TITLE = "Recovery after a dropped connection"
_UNIT = "seconds from the drop to the last missed event, of all scenarios"


def recovery_picture(measured: Figures, policy: Policy) -> str:
    """The times of all drops as SVG; empty where nobody was dropped."""
    drops, times = len(measured.drops), measured.recovery_whole
    if not drops:
        return ""
    limit_ms = policy.recovery_s * 1000
    told = f"{times.count:,} of {drops:,} recovered completely"
    if times.longest is not None:
        told += f", the slowest in {times.longest / 1000:.2f} s"
    limit = f"limit {policy.recovery_s:g} s"
    drawing = Drawing(_TITLE, f"{told}; {limit}", _UNIT)
    most = max([*times.samples, limit_ms]) * 1.1
    y, room = 84.0, (_RIGHT - _LEFT) / _BINS
    counts = [0] * _BINS
    for ms in times.samples:
        counts[int(ms / most * _BINS)] += 1
    for place, count in enumerate(counts):
        if count:
            tall = max(count / max(counts) * _HIGH, 2)
            left, late = _LEFT + place * room, (place + 0.5) / _BINS * most > limit_ms
            fill = style.VERMILION if late else style.BLUE
            drawing.rect(left, y + _HIGH - tall, room - 1, tall, fill)
    at = _LEFT + limit_ms / most * (_RIGHT - _LEFT)
    drawing.line(at, y - 6, at, y + _HIGH, style.VERMILION, width=1.5, dash="6 4")
    drawing.text(at - 6, y + 4, limit, size=style.SMALL, anchor="end")
    drawing.line(_LEFT, y + _HIGH, _RIGHT, y + _HIGH, style.INK)
    for seconds in style.steps(0.0, most / 1000):
        at = _LEFT + seconds * 1000 / most * (_RIGHT - _LEFT)
        drawing.line(at, y + _HIGH, at, y + _HIGH + 5, style.INK)
        drawing.text(
            at, y + _HIGH + 20, f"{seconds:g} s", size=style.SMALL, fill=style.MUTED,
            anchor="middle",
        )  # fmt: skip
    drawing.text(style.MARGIN, 66, told, bold=True)
    return drawing.svg(y + _HIGH + 34)
