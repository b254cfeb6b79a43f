"""Somebody received what is another user's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from support.approval.causes.intruders import by_intruders
from support.approval.causes.sighting import Sighting, detector
from support.approval.evidence import Evidence
from support.approval.words import several
from support.checks.isolation import ANYONE, Violation, violations

#: The criterion that fails by a leak, also to a person who should not have been admitted.
ISOLATION = ("user_isolation",)


@detector
def leaks(evidence: Evidence) -> Iterator[Sighting]:
    """One cause, however many messages show it.

    What a client receives that must not be let in, or be given tokens, is no leak of its own.
    """
    parts = {**evidence.scenarios, **evidence.cut_short.scenarios()}
    found: list[Violation] = []
    where: dict[str, tuple[int, ...]] = {}
    for scenario, part in parts.items():
        received = violations(part)
        intruders = by_intruders(part, received)
        here = [v for v in received if v not in intruders]
        if here:
            found += here
            where[scenario] = tuple(dict.fromkeys(v.seq for v in here))
    if not found or evidence.outcomes.shared_identity:
        return
    found.sort(key=lambda v: v.across)  # two people of one scenario are easier to picture
    first = found[0]
    example = next(scenario for scenario, numbers in where.items() if first.seq in numbers)
    shown = tuple(dict.fromkeys((first.seq, *where.pop(example))))
    where = {example: shown, **where}
    text = f"Data leak: {first.text}; {extent(found)}"
    yield Sighting(
        "data_leak",
        "isolation",
        text,
        where,
        first.what,
        specific=9,
        blocking=True,
        criteria=ISOLATION,
    )


def extent(found: Sequence[Violation]) -> str:
    """How many messages leaked, and to how many people."""
    messages, viewers = len({v.seq for v in found}), {v.viewer for v in found}
    people = ANYONE if ANYONE in viewers else several(len(viewers), "person", "people")
    return f"{several(messages, 'message')} to {people}"
