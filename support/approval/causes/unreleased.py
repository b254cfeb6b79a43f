"""Closed connections are not released: users are refused although they have few."""

from __future__ import annotations

from collections.abc import Iterator

from support.approval.causes.intruders import OWN
from support.approval.causes.sighting import Sighting, detector, failed_by
from support.approval.evidence import Evidence
from support.approval.words import several
from support.journal import ConnectionHistory, History, records

#: What counts the open connections by the service's own metrics.
COUNTED = frozenset({"connections_freed"})

Way = tuple[str, int | None]


@detector
def connections_not_released(evidence: Evidence) -> Iterator[Sighting]:
    """Refused as one connection too many is, for good, while fewer than the limit are open.

    With those that have ended they would be that many.
    """
    tried = evidence.history.connections.values()
    full = {_way(r) for c in tried if c.connecting.flaw == OWN and (r := c.refused) and r.agreed}
    where: dict[str, tuple[int, ...]] = {}
    example, refused = (0, 0), 0
    for scenario, part in evidence.scenarios.items():
        for stories in _by_person(part) if full else ():
            found = _refused_with_room(stories, full)
            if found:
                refused += len(found)
                example = example if where else found[0][1:]
                where[scenario] = (*where.get(scenario, ()), *(number for number, *_ in found))
    if not where:
        return
    for scenario in (s for s in failed_by(evidence, COUNTED) if s not in where):
        ends = [c.closed.seq for c in evidence.scenarios[scenario].connections.values() if c.closed]
        where[scenario] = tuple(ends[-1:])
    text = (
        f"A user with {example[0]} of {example[1]} connections open is refused as one too many is,"
        f" as if closed ones still counted ({several(refused, 'attempt')})"
    )
    yield Sighting("connections_not_released", "loss", text, where, specific=9)


def _by_person(part: History) -> list[list[ConnectionHistory]]:
    """The connections of each person in order: on the limit of one count those of all devices."""
    people: dict[str, list[ConnectionHistory]] = {}
    for story in part.connections.values():
        people.setdefault(part.person_of(story.user), []).append(story)
    return list(people.values())


def _refused_with_room(
    stories: list[ConnectionHistory], full: set[Way]
) -> list[tuple[int, int, int]]:
    """Of each refusal that was not lifted: its record, how many were open, and the limit."""
    limits = [c.ready.fact.connections_per_user for c in stories if c.ready]
    limit = next((limit for limit in limits if limit), None)
    if limit is None:
        return []
    found = []
    for place, story in enumerate(stories):
        if story.refused is None or story.connecting.flaw or _way(story.refused) not in full:
            continue
        means = story.connecting.means
        if any(c.ready and c.connecting.means == means for c in stories[place + 1 :]):
            continue  # it took a moment
        entered = [c for c in stories[:place] if c.ready]
        still = sum(_open_at(c, story.connecting.seq) for c in entered)
        if still < limit <= len(entered):
            found.append((story.refused.seq, still, limit))
    return found


def _open_at(story: ConnectionHistory, number: int) -> bool:
    return story.closed is None or story.closed.seq > number


def _way(refused: records.Refused) -> Way:
    return refused.how, refused.status
