"""Missed events usually come long after a reconnect: those still to come are not lost."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from support.approval.causes.sighting import Sighting, detector
from support.approval.evidence import Evidence
from support.approval.words import several
from support.checks.stream import asked_to_resume
from support.journal import ConnectionHistory, History, Seen
from support.journal.facts import Event

#: So many replays must have come whole, to say how long one usually takes.
LEAST_REPLAYS = 5


@detector
def slow_resumes(evidence: Evidence) -> Iterator[Sighting]:
    """Seen wherever a replay took longer than the limit of recovery, or was still to come."""
    usual_s = usual_replay_s(evidence)
    if usual_s is None:
        return
    where: dict[str, tuple[int, ...]] = {}
    late = replays = 0
    for scenario, part in evidence.scenarios.items():
        for story in _resumed(part):
            replays += 1
            took_s = _took_s(story)
            if still_coming(story, usual_s) or (took_s or 0.0) > evidence.policy.recovery_s:
                late += 1
                numbers = _shown(story)
                where[scenario] = (*where.get(scenario, ()), *numbers)
    text = (
        f"Resume is slow: missed events usually come after {usual_s:.1f} s"
        f" ({late:,} of {several(replays, 'resume')})"
    )
    yield Sighting("resume_slow", "latency", text, where, specific=9)


def usual_replay_s(evidence: Evidence) -> float | None:
    """The median from the answer to a resume to the last event that it promised.

    None where users may take as long to be back, and where too few replays came whole.
    """
    parts = [part for part in evidence.scenarios.values() if not part.lossy]
    waits = [s for part in parts for c in _resumed(part) if (s := _took_s(c)) is not None]
    if len(waits) < LEAST_REPLAYS:
        return None
    usual_s = median(waits)
    return usual_s if usual_s > evidence.policy.recovery_s else None


def still_coming(story: ConnectionHistory, usual_s: float) -> bool:
    """True where nothing of a replay had come when the connection ended, before its usual time."""
    answer, closed = story.subscribed, story.closed
    if answer is None or closed is None or _replayed(story):
        return False
    return closed.t - answer.frame.t < usual_s


def _resumed(part: History) -> list[ConnectionHistory]:
    """The connections on which missed events were promised."""
    return [
        story
        for story in part.connections.values()
        if asked_to_resume(story) and story.subscribed is not None and story.subscribed.fact.count
    ]


def _replayed(story: ConnectionHistory) -> list[Seen[Event]]:
    last = story.subscribed.fact.last if story.subscribed is not None else None
    return [seen for seen in story.events if (seen.fact.position or 0) <= (last or 0)]


def _took_s(story: ConnectionHistory) -> float | None:
    """From the answer to the last event of the replay; None where not all of it came."""
    answer, came = story.subscribed, _replayed(story)
    if answer is None or len(came) < (answer.fact.count or 0):
        return None
    return came[-1].frame.t - answer.frame.t


def _shown(story: ConnectionHistory) -> tuple[int, ...]:
    """The records of the answer, and of the first event that followed."""
    answer = story.subscribed.frame.seq if story.subscribed is not None else story.connecting.seq
    return (answer, *(seen.frame.seq for seen in _replayed(story)[:1]))
