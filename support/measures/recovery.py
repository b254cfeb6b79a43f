"""How long it takes to be back: from a drop to the first missed event, and to the last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from support.journal import ConnectionHistory, History, records
from support.journal.facts import Subscribing

#: Rows in which coming back is meant to fail, or not to be soon: they measure no recovery.
EXEMPT = frozenset({"H4", "H6", "I1", "I2", "I3", "I4", "I5"})


@dataclass(frozen=True)
class Recovery:
    """What became of one drop, in ms from it; None: the whole story never came."""

    first_ms: float | None
    whole_ms: float | None


def recoveries(history: History) -> list[Recovery]:
    """One for every drop after which somebody wanted to go on where they were, in all scenarios.

    Not where the network lost single messages or the service itself was taken away, nor in
    scenarios in which coming back is meant to fail (`EXEMPT`).
    """
    parts = (part for part in history.scenarios().values() if _counts(part))
    return [recovery for part in parts for recovery in _recoveries(part)]


def _counts(part: History) -> bool:
    if part.lossy or part.of(records.Control):
        return False
    return all(EXEMPT.isdisjoint(r.tags) for r in part.of(records.ScenarioStarted))


def _recoveries(part: History) -> Iterator[Recovery]:
    """A drop does not count after which nobody tried, nor one whose way back was cut off, too:
    the later one does."""
    for story in part.connections.values():
        if story.ready is not None and _cut(story):
            yield from _came_back(part, story)


def _came_back(history: History, dropped: ConnectionHistory) -> list[Recovery]:
    closed, tried = dropped.closed, False
    for story in history.connections_of(dropped.user):
        if closed is None or story.connecting.seq < closed.seq:
            continue
        if story.connecting.expect not in ("admitted", "hoped"):
            continue
        if story.ready is None:
            tried = True
            continue
        if not _resumes(story):
            return []
        took = recovery_ms(history, story)
        if took is None:
            return [] if _cut(story) else [Recovery(None, None)]
        return [Recovery(*took)]
    return [Recovery(None, None)] if tried else []


def _cut(story: ConnectionHistory) -> bool:
    return story.closed is not None and story.closed.by in ("fault", "network")


def _resumes(story: ConnectionHistory) -> bool:
    facts = (fact for frame in story.frames for fact in frame.facts)
    return any(isinstance(f, Subscribing) and f.after is not None for f in facts)


def recovery_ms(history: History, story: ConnectionHistory) -> tuple[float, float] | None:
    """From a loss to the first sign of what was missed, and to the last of it, both in ms.

    None for a connection that takes up nothing, or on which not all of it came. Where nothing was
    missed, the answer that says so is both.
    """
    if not _resumes(story):
        return None
    lost = [
        c.closed
        for c in history.connections_of(story.user)
        if c.closed is not None and c.ready is not None and c.closed.seq < story.connecting.seq
    ]
    answer = story.subscribed
    if not lost or lost[-1].by == "user":
        return None
    if answer is None or not answer.fact.recovered:
        return None
    missed = [s for s in story.events if (s.fact.position or 0) <= (answer.fact.last or 0)]
    if len(missed) < (answer.fact.count or 0):
        return None
    came = [s.frame.t for s in missed] or [answer.frame.t]
    return (came[0] - lost[-1].t) * 1000, (came[-1] - lost[-1].t) * 1000
