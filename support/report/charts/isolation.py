"""User isolation: whose messages were checked, how many, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from support.checks.isolation import ANYONE, Violation, violations
from support.journal import History, records
from support.report.charts import style
from support.report.charts.style import Drawing
from support.report.labels import CAPABILITIES, capability

_LEFT, _RIGHT = 240, 540
_ROW = 32
_MOST_PAIRS = 6
_TITLE = "User isolation"
_UNIT = "messages checked for data of other users, by capability"


@dataclass
class Examined:
    """What was examined in the scenarios of one capability, and how many messages leaked."""

    people: int = 0
    connections: int = 0
    frames: int = 0
    own: int = 0
    fences: int = 0
    leaked: int = 0


class Isolation(NamedTuple):
    """By capability, and leaked messages by who received whose data, without their scenario."""

    examined: dict[str, Examined]
    pairs: dict[str, int]


def isolation_of(history: History, cut_short: History | None = None) -> Isolation:
    """Everything that was received in a run, by business capability.

    Of scenarios that were `cut_short` leaks alone count, as they do for the criterion.
    """
    examined: dict[str, Examined] = {}
    pairs: dict[str, set[int]] = {}
    for part in history.scenarios().values():
        one = examined.setdefault(_capability(part), Examined())
        received = part.of(records.Frame, lambda frame: frame.direction == "received")
        one.people += len({story.user for story in part.connections.values()})
        one.connections += len(part.connections)
        one.frames += len(received)
        one.own += sum(f"canary:{frame.user}" in frame.mentions for frame in received)
        one.fences += sum(fence.held for fence in part.of(records.Fence))
    for part in (*history.scenarios().values(), *(cut_short or History([])).scenarios().values()):
        if not (found := violations(part)):
            continue
        examined.setdefault(_capability(part), Examined()).leaked += len({v.seq for v in found})
        for violation in found:
            pairs.setdefault(_pair(violation), set()).add(violation.seq)
    order = [*CAPABILITIES.values(), *examined]
    ordered = {name: examined[name] for name in dict.fromkeys(order) if name in examined}
    counted = {pair: len(messages) for pair, messages in pairs.items()}
    return Isolation(ordered, dict(sorted(counted.items(), key=lambda pair: -pair[1])))


def _pair(leak: Violation) -> str:
    owner, viewer = leak.owner, leak.viewer
    known = viewer == ANYONE or owner.rpartition("/")[0] == viewer.rpartition("/")[0]
    whose = _person(owner) if known else f"{_person(owner)} of another scenario"
    return f"{_person(viewer)} received data of {whose}"


def _capability(part: History) -> str:
    started = part.of(records.ScenarioStarted)
    return capability(started[0].category if started else "")


def isolation_picture(history: History, cut_short: History | None = None) -> str:
    """The tally as SVG; empty when nothing was received by anybody and nothing leaked."""
    examined, pairs = isolation_of(history, cut_short)
    everything = list(examined.values())
    frames = sum(one.frames for one in everything)
    leaked = sum(one.leaked for one in everything)
    if not (frames or leaked):
        return ""
    people, own = sum(one.people for one in everything), sum(one.own for one in everything)
    fences = sum(one.fences for one in everything)
    facts = (
        f"{people:,} users, {sum(one.connections for one in everything):,} connections,"
        f" {frames:,} messages checked: {_leaked(leaked)}."
        if frames
        else f"{_leaked(leaked)}, in scenarios that were cut short; no other was checked."
    )
    proofs = (
        f"Positive control: {own:,} of them contained the receiver's own secret, and it was found.",
        f"{fences:,} end-of-stream checks passed: nothing was still in transit.",
    )
    drawing = Drawing(_TITLE, " ".join([facts, *proofs]), _UNIT)
    drawing.text(style.MARGIN, 74, facts, size=15, bold=True)
    for number, proof in enumerate(proofs):
        drawing.text(style.MARGIN, 95 + number * 18, proof)
    y = 130.0
    most = max(1, *(one.frames for one in everything))
    for name, one in examined.items():
        _row(drawing, y, name, one, most)
        y += _ROW
    if pairs:
        y += 18
        drawing.text(style.MARGIN, y, "Leaks", bold=True)
        for pair, count in list(pairs.items())[:_MOST_PAIRS]:
            y += 20
            leaks = f"{pair}: {count:,} message{'s' * (count > 1)}"
            drawing.text(style.MARGIN, y, leaks, room=style.WIDTH - 2 * style.MARGIN)
        if len(pairs) > _MOST_PAIRS:
            y += 20
            drawing.text(
                style.MARGIN, y, f"and {len(pairs) - _MOST_PAIRS:,} more", fill=style.MUTED
            )
    return drawing.svg(y + 16)


def _row(drawing: Drawing, y: float, name: str, one: Examined, most: int) -> None:
    """A bar as long as messages were examined; as much of it as leaked is hatched, and visible."""
    drawing.text(style.MARGIN, y + 16, name, bold=True, room=_LEFT - style.MARGIN - 8)
    wide = max((_RIGHT - _LEFT) * one.frames / most, 2)
    drawing.rect(_LEFT, y, wide, 22, style.SKY, stroke=style.INK)
    if one.leaked:
        share = min(one.leaked / max(one.frames, 1), 1)
        drawing.hatch("wrong", _LEFT, y, max(wide * share, 8), 22)
    words = f"{one.frames:,} messages to {one.people:,} users, {_leaked(one.leaked)}"
    drawing.text(_RIGHT + 14, y + 16, words, bold=bool(one.leaked))


def _leaked(messages: int) -> str:
    return f"{messages:,} leaked" if messages else "no leak"


def _person(key: str) -> str:
    return key.rpartition("/")[2]
