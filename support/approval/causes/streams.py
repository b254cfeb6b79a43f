"""What is lost, doubled or reordered on the way, and when users resume."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from support.approval.causes.sighting import Sighting, detector
from support.approval.causes.slow_resumes import still_coming, usual_replay_s
from support.approval.evidence import Evidence
from support.approval.model import Severity
from support.approval.words import several
from support.checks.connections import broken_off
from support.checks.duplicates import without_network_damage
from support.checks.stream import asked_to_resume, resume_problems, stream_problems
from support.checks.wrong import Wrong
from support.journal import ConnectionHistory, History, records
from support.measures.recovery import EXEMPT

#: The row in which every resume is to be refused.
REFUSED = "H4"
#: For each resume on which somebody stayed for what came late, on so many nobody may have.
SELDOM_AWAITED = 3

TOLD: dict[str, tuple[str, Severity]] = {
    "resume_loses": ("Resume loses events", "loss"),
    "resume_rejected": ("Resume is rejected", "loss"),
    "resume_unanswered": ("Resume is never answered", "loss"),
    "resume_doubles": ("Resume sends events twice", "order"),
    "resume_disorders": ("Resume sends events in the wrong order", "order"),
    "resume_misstated": ("Resume announces something else than it sends", "order"),
    "events_lost": ("Events are lost", "loss"),
    "stream_begun_anew": ("Streams begin anew", "loss"),
    "events_doubled": ("Events are delivered twice", "order"),
    "event_doubled": ("Events are delivered twice", "order"),
    "events_disordered": ("Events arrive in the wrong order", "order"),
    "connections_dropped": ("The service ends connections without cause", "loss"),
    "close_unanswered": ("Connections are not closed cleanly", "loss"),
    "events_unasked": ("Events come before they are subscribed to", "order"),
}


@dataclass
class _Kind:
    """One kind of wrong: an example, and where it was seen; `returns`: right after a reconnect."""

    example: Wrong
    count: int = 0
    returns: int = 0
    where: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def add(self, scenario: str, *numbers: int) -> None:
        self.count += 1
        self.where[scenario] = (*self.where.get(scenario, ()), *numbers)


@detector
def flawed_resumes(evidence: Evidence) -> Iterator[Sighting]:
    """The first thing that is wrong with a resume, by its kind; one cut short shows nothing.

    Nor does one whose missed events were still to come, where that usually takes as long. Where
    coming back is meant to fail, one that is refused shows nothing; one that is granted does.
    """
    kinds: dict[str, _Kind] = {}
    resumes = 0
    usual_s = usual_replay_s(evidence)
    for scenario, part in evidence.scenarios.items():
        tags = {tag for r in part.of(records.ScenarioStarted) for tag in r.tags}
        if REFUSED in tags:
            continue
        for story in without_network_damage(part).connections.values():
            answer = story.subscribed
            if answer is None or not asked_to_resume(story) or _cut(story):
                continue
            if answer.fact.recovered is not True and not EXEMPT.isdisjoint(tags):
                continue
            resumes += 1
            if usual_s is not None and still_coming(story, usual_s):
                continue
            for problem in resume_problems(story)[:1]:
                kind = kinds.setdefault(problem.code, _Kind(problem))
                kind.add(scenario, answer.frame.seq, *_around_hole(story))
    _count_as_late(kinds)
    yield from _sightings(kinds, f"of {several(resumes, 'resume')}", specific=8)


def _around_hole(story: ConnectionHistory) -> tuple[int, ...]:
    """The records of the events before and after the first that is missing; none, if none is."""
    for before, after in pairwise(story.events):
        if (after.fact.position or 0) > (before.fact.position or after.fact.position or 0) + 1:
            return before.frame.seq, after.frame.seq
    return ()


def _count_as_late(kinds: dict[str, _Kind]) -> None:
    """Where missed events often come too late, those that did not come by the end of their
    connection were late, too."""
    late, lost = kinds.get("resume_disorders"), kinds.get("resume_loses")
    if late is None or lost is None or lost.count > SELDOM_AWAITED * late.count:
        return
    del kinds["resume_loses"]
    late.count += lost.count
    for scenario, numbers in lost.where.items():
        late.where[scenario] = (*late.where.get(scenario, ()), *numbers)


@detector
def flawed_streams(evidence: Evidence) -> Iterator[Sighting]:
    """What is wrong with the positions of a device's events."""
    kinds: dict[str, _Kind] = {}
    events = 0
    for scenario, part in evidence.scenarios.items():
        if part.lossy:
            continue
        for device, devices in _devices(without_network_damage(part)):
            events += sum(len(connection.events) for connection in device)
            whole, returns = _whole_in_the_end(device), _first_after_return(device)
            for problem, number in zip(*stream_problems(device, devices), strict=True):
                wrong = _late(problem) if whole and problem.code == "events_lost" else problem
                kind = kinds.setdefault(wrong.code, _Kind(wrong))
                kind.add(scenario, number)
                kind.returns += number in returns
    yield from _sightings(kinds, f"in {several(events, 'event')}", specific=7)


@detector
def connections_dropped(evidence: Evidence) -> Iterator[Sighting]:
    """The deployment ends connections by itself, or leaves a close of the user's unanswered; those
    of a restart of ours it has to end."""
    kinds: dict[str, _Kind] = {}
    for scenario, part in evidence.scenarios.items():
        if part.of(records.Control, lambda c: c.part == "chat"):
            continue
        for story, why in broken_off(part):
            number = story.closed.seq if story.closed else story.connecting.seq
            by_user = story.closed is not None and story.closed.by == "user"
            code = "close_unanswered" if by_user else "connections_dropped"
            kinds.setdefault(code, _Kind(Wrong(code, "", why))).add(scenario, number)
    of = several(len(evidence.history.connections), "connection")
    yield from _sightings(kinds, f"of {of}", specific=3)


def _devices(
    part: History,
) -> Iterator[tuple[list[ConnectionHistory], list[list[ConnectionHistory]]]]:
    for user in dict.fromkeys(c.user for c in part.connections.values()):
        devices = part.devices_of(user)
        yield from ((device, devices) for device in devices)


def _first_after_return(device: list[ConnectionHistory]) -> set[int]:
    """The records of the events that came first on later connections of the device."""
    return {c.events[0].frame.seq for c in device[1:] if c.events}


def _whole_in_the_end(device: list[ConnectionHistory]) -> bool:
    """True where no position is missing among those that have come: what was skipped came later."""
    seen = {s.fact.position for c in device for s in c.events if s.fact.position is not None}
    return bool(seen) and len(seen) == max(seen) - min(seen) + 1


def _late(problem: Wrong) -> Wrong:
    return Wrong("events_disordered", problem.subject, f"{problem}, and came later")


def _cut(story: ConnectionHistory) -> bool:
    return story.closed is not None and story.closed.by in ("fault", "network")


def _sightings(kinds: dict[str, _Kind], of: str, specific: int) -> Iterator[Sighting]:
    for code, kind in kinds.items():
        told, severity = TOLD.get(code, ("Streams are not whole", "order"))
        when = ", always right after a reconnect" if kind.returns == kind.count else ""
        text = f"{told}: {kind.example} ({kind.count:,} {of}{when})"
        yield Sighting(code, severity, text, kind.where, kind.example.subject, specific)
