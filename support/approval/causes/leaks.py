"""Somebody received what is another user's."""

from __future__ import annotations

from collections.abc import Iterator

from support.approval.causes.handshakes import let_in_wrongly
from support.approval.causes.sighting import Sighting, detector, several
from support.approval.evidence import Evidence
from support.checks.isolation import Violation, violations
from support.journal import records


@detector
def leaks(evidence: Evidence) -> Iterator[Sighting]:
    """One cause, however many messages show it.

    What a client receives that should never have been let in is no leak of its own.
    """
    parts = {**evidence.cut_short.scenarios(), **evidence.scenarios}
    found: list[Violation] = []
    where: dict[str, tuple[int, ...]] = {}
    for scenario, part in parts.items():
        intruders = {i for i, story in part.connections.items() if let_in_wrongly(story)}
        here = [v for v in violations(part) if v.connection not in intruders]
        if here:
            found += here
            where[scenario] = tuple(dict.fromkeys(v.seq for v in here))
    if not found or evidence.outcomes.shared_identity:
        return
    found.sort(key=lambda v: v.across)  # two people of one scenario are easier to picture
    began = {r.scenario: r.t for r in evidence.history.of(records.ScenarioStarted)}
    first = found[0]
    messages = len({v.seq for v in found})
    people = several(len({v.viewer for v in found}), "person", "people")
    at = first.t - began.get(first.viewer.partition("/")[0], 0.0)
    text = f"Data leak: {first.short} after {at:.3f} s (record {first.seq})"
    more = f"; {several(messages, 'message')} to {people}" if messages > 1 else ""
    yield Sighting("data_leak", "isolation", text + more, where, first.what, 9, blocking=True)
