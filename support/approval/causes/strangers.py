"""Events of runs that nobody asked for, on the streams of people who have no such run."""

from __future__ import annotations

from collections.abc import Iterator

from support.approval.causes.sighting import Sighting, detector, failed_by
from support.approval.evidence import Evidence
from support.approval.words import several
from support.checks.cut_off import cut_off
from support.checks.duplicates import without_network_damage
from support.checks.turns import told_turns
from support.journal import History
from support.journal.facts import Accepted, Event

#: What a scenario checks where messages are lost on the way, after every question was accepted.
IN_THE_END = frozenset({"complete_in_the_end"})


@detector
def unknown_runs(evidence: Evidence) -> Iterator[Sighting]:
    """Their ids are of no run at all: what bears the id of another user's run is a leak.

    Seen, too, where messages were lost on the way: the run of an event may be one whose acceptance
    was, so that there it shows nothing by itself, and nothing at all where one is missing.
    """
    known = {s.fact.run_id for s in evidence.history.facts(Accepted)}
    where: dict[str, tuple[int, ...]] = {}
    types: dict[str, int] = {}
    events = 0
    for scenario, part in evidence.scenarios.items():
        if part.lossy:
            continue
        whole = without_network_damage(part)
        for user in dict.fromkeys(c.user for c in whole.connections.values()):
            events += len(whole.facts(Event, user=user))
            for kind, number in _unknown(whole, user, known):
                types[kind] = types.get(kind, 0) + 1
                where[scenario] = (*where.get(scenario, ()), number)
    if not where:
        return
    for scenario in (s for s in failed_by(evidence, IN_THE_END) if s not in where):
        part = evidence.scenarios[scenario]
        whole = without_network_damage(part)
        everyone = dict.fromkeys(c.user for c in whole.connections.values())
        users = [user for user in everyone if _all_accepted(part, user)]
        if numbers := [n for user in users for _, n in _unknown(whole, user, known)]:
            where[scenario] = tuple(numbers)
    kind = max(types, key=lambda name: types[name])
    named = kind if len(types) == 1 else f"{kind} and other events"
    share = f"{sum(types.values()):,} of {several(events, 'event')}"
    text = f"Events bear the ids of runs that nobody asked for: {named} ({share})"
    yield Sighting("run_unknown", "order", text, where, kind, specific=7)


def _all_accepted(part: History, user: str) -> bool:
    """True where an acceptance of every question of that person has arrived."""
    asked = (s for s in part.asked() if part.are_one_person(s.frame.user, user))
    return all(part.accepted(s.frame.user, s.fact.request_id) for s in asked)


def _unknown(part: History, user: str, known: set[str | None]) -> Iterator[tuple[str, int]]:
    """Type and record of each such event of a user who is new, and has missed no acceptance."""
    ready = next((c.ready for c in part.connections.values() if c.user == user and c.ready), None)
    if ready is None or ready.fact.position != 0 or cut_off(part, user):
        return
    known = known | told_turns(part, user)
    for run_id, seen in part.runs_seen_by(user).items():
        if run_id not in known:
            yield from ((s.fact.type, s.frame.seq) for s in seen)
