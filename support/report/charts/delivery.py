"""Did every run bring all its events? What was seen of each type, against what its runs owed."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from support.config import Policy
from support.journal import History
from support.journal.facts import (
    COMPLETED,
    FAILED,
    REQUIRED_EVENTS,
    STARTED,
    THINKING,
    TOOL_COMPLETED,
    TOOL_EXECUTING,
    Event,
)
from support.measures.questions import questions
from support.report.charts import style
from support.report.charts.style import Drawing

_LEFT, _RIGHT = 190, 640
_ROW = 34
_TITLE = "Event delivery"
_UNIT = "normal service: events received, of those expected; one run per question"
_LOOK = {
    STARTED: style.BLUE,
    THINKING: style.SKY,
    TOOL_EXECUTING: style.ORANGE,
    TOOL_COMPLETED: style.GREEN,
    COMPLETED: style.PURPLE,
}


@dataclass
class SeenRun:
    """What its user saw of one run, whatever the device."""

    types: Counter[str] = field(default_factory=Counter)
    executing: set[str] = field(default_factory=set)
    completed: set[str] = field(default_factory=set)
    cancelled: bool = False

    def add(self, event: Event) -> None:
        """One event more."""
        self.types[event.type] += 1
        call = str(event.data.get("call_id"))
        if event.type == TOOL_EXECUTING:
            self.executing.add(call)
        elif event.type == TOOL_COMPLETED:
            self.completed.add(call)
        elif event.type == COMPLETED:
            self.cancelled |= event.data.get("status") == "cancelled"

    def owed(self) -> dict[str, tuple[int, int]]:
        """Type → how many were seen of how many that this run owed its user."""
        calls = len(self.executing | self.completed)
        cut_short = self.cancelled or bool(self.types[FAILED])
        thought = int(bool(self.types[THINKING]))
        ended = len(self.completed)
        return {
            STARTED: (int(bool(self.types[STARTED])), 1),
            THINKING: (thought, thought if cut_short else 1),
            TOOL_EXECUTING: (len(self.executing), calls),
            TOOL_COMPLETED: (ended, ended if cut_short else calls),
            # A run that fails owes its failure instead.
            COMPLETED: (int(bool(self.types[COMPLETED])), int(not self.types[FAILED])),
        }


@dataclass
class Delivery:
    """`asked` questions, `ended` runs, and seen and owed by type of event."""

    asked: int = 0
    ended: int = 0
    types: dict[str, tuple[int, int]] = field(default_factory=dict)


def delivery_of(history: History) -> Delivery:
    """The runs of a history, by what each of its questions is owed."""
    sums: dict[str, list[int]] = {kind: [0, 0] for kind in REQUIRED_EVENTS}
    runs: dict[tuple[str, str | None], SeenRun] = defaultdict(SeenRun)
    for seen in history.facts(Event):
        runs[seen.frame.user, seen.fact.run_id].add(seen.fact)
    asked = questions(history)
    for key in {(q.user, q.run_id) for q in asked if q.run_id is not None}:
        for kind, (seen_now, owed) in runs[key].owed().items():
            sums[kind][0] += seen_now
            sums[kind][1] += owed
    return Delivery(
        asked=len(asked),
        ended=sum(q.ended for q in asked),
        types={kind: (seen_all, owed) for kind, (seen_all, owed) in sums.items()},
    )


def delivery_picture(history: History, policy: Policy) -> str:
    """What reached people of what their runs owed, as SVG; empty when nobody asked anything."""
    delivery = delivery_of(history)
    if not delivery.asked:
        return ""
    text = f"{delivery.ended:,} of {delivery.asked:,} runs ended. " + ", ".join(
        f"{kind}: {seen:,} of {owed:,}" for kind, (seen, owed) in delivery.types.items()
    )
    drawing = Drawing(_TITLE, text, _UNIT)
    y = 66.0
    _row(drawing, y, "runs that ended", delivery.ended, delivery.asked, style.INK)
    floor = _LEFT + policy.event_completion * (_RIGHT - _LEFT)
    drawing.line(floor, y - 6, floor, y + 28, style.VERMILION, width=2, dash="5 3")
    words = f"limit: at least {policy.event_completion:.0%} of runs, every type at least once"
    drawing.text(_RIGHT, y + 42, words, size=style.SMALL, fill=style.MUTED, anchor="end")
    y += _ROW + 24
    for kind, (seen, owed) in delivery.types.items():
        _row(drawing, y, kind, seen, owed, _LOOK[kind])
        y += _ROW
    return drawing.svg(y + 8)


def _row(drawing: Drawing, y: float, name: str, seen: int, owed: int, colour: str) -> None:
    """One bar: as full as what was seen; what is missing is hatched, and at least visible."""
    wide = _RIGHT - _LEFT
    drawing.text(style.MARGIN, y + 16, name, bold=True, room=_LEFT - style.MARGIN)
    missing = max(owed - seen, 0)
    gap = max(wide * missing / owed, 6) if missing else 0
    if owed:
        drawing.rect(_LEFT, y, wide - gap, 22, colour, stroke=style.INK)
    else:
        drawing.rect(_LEFT, y, wide, 22, style.SHADE, stroke=style.RULE)
    if missing:
        drawing.hatch("wrong", _RIGHT - gap, y, gap, 22)
    words = f"{seen:,} of {owed:,}"
    if not seen:
        words = f"none received, {owed:,} expected" if owed else "none received"
    elif missing:
        words += f", {missing:,} missing"
    drawing.text(_RIGHT + 14, y + 16, words, bold=bool(missing))
