"""What an event says, whenever and to whichever device it is sent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from support.journal import ConnectionHistory, facts

#: What of an event's data is the same wherever and whenever it is sent. A service may add fields of
#: its own, about one delivery.
SAME: dict[str, tuple[str, ...]] = {
    facts.STARTED: ("agent", "request"),
    facts.THINKING: ("text",),
    facts.TOOL_EXECUTING: ("tool", "call_id", "arguments"),
    facts.TOOL_COMPLETED: ("tool", "call_id", "result", "ok"),
    facts.COMPLETED: ("response", "status"),
    facts.DELTA: ("text",),
    facts.FAILED: ("code", "message"),
}


#: A store may round numbers: those that differ by no more, relative or absolute, are alike.
ROUNDED = 1e-6
#: By how much the time of an event may differ: a store may keep milliseconds.
ROUNDED_S = 0.001


class Said:
    """A value out of JSON. Equal to another one where all but the rounding of numbers is."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Said) and _alike(self.value, other.value)

    __hash__ = None  # type: ignore[assignment]


class Moment:
    """The time of an event. Equal to another one where all but the rounding is."""

    def __init__(self, time_s: float | None) -> None:
        self.time_s = time_s

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Moment):
            return False
        if self.time_s is None or other.time_s is None:
            return self.time_s is other.time_s
        return math.isclose(self.time_s, other.time_s, rel_tol=0, abs_tol=ROUNDED_S)

    __hash__ = None  # type: ignore[assignment]


def content(event: facts.Event) -> tuple[object, ...]:
    """What has to be the same of an event, by `SAME`."""
    said = (Said(event.data.get(name)) for name in SAME.get(event.type, ()))
    return event.type, event.run_id, *said


def first_change(
    first: Sequence[tuple[object, ...]], other: Sequence[tuple[object, ...]]
) -> tuple[object, ...] | None:
    """The first event that both tell differently, each as (position, type, …).

    None where they do not tell of the same events, or tell the same.
    """
    if [event[:2] for event in first] != [event[:2] for event in other]:
        return None
    return next((a for a, b in zip(first, other, strict=True) if a != b), None)


def changed_event(stories: list[ConnectionHistory]) -> facts.Event | None:
    """The first event that says something else than it did earlier, under the same position."""
    known: dict[tuple[str | None, int], tuple[object, ...]] = {}
    for story in stories:
        for seen in story.events:
            event = seen.fact
            if event.position is None:
                continue
            if known.setdefault((event.epoch, event.position), content(event)) != content(event):
                return event
    return None


def _alike(one: Any, other: Any) -> bool:
    """A loop: a value may be nested as deeply as its sender likes."""
    todo = [(one, other)]
    while todo:
        a, b = todo.pop()
        if isinstance(a, dict) and isinstance(b, dict):
            if a.keys() != b.keys():
                return False
            todo += [(value, b[name]) for name, value in a.items()]
        elif isinstance(a, list) and isinstance(b, list):
            if len(a) != len(b):
                return False
            todo += zip(a, b, strict=True)
        elif a != b and not _rounded(a, b):
            return False
    return True


def _rounded(a: Any, b: Any) -> bool:
    """True for two numbers, one of them with a fraction, that are as good as the same."""
    if not isinstance(a, int | float) or not isinstance(b, int | float):
        return False
    if not isinstance(a, float) and not isinstance(b, float):
        return False
    try:
        return math.isclose(a, b, rel_tol=ROUNDED, abs_tol=ROUNDED)
    except OverflowError:  # JSON has numbers of any size
        return False
