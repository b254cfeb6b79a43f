"""How long it takes to be back: from a loss to the first missed event, and to the last."""

from __future__ import annotations

from dataclasses import dataclass

from support.journal import ConnectionHistory, History
from support.journal.facts import Subscribing


@dataclass(frozen=True)
class Recovery:
    """One reconnect that took up the stream again, in ms from the loss."""

    user: str
    first_ms: float
    whole_ms: float


def recoveries(history: History) -> list[Recovery]:
    """Every recovery that came to its end, in the order of the connections."""
    found = []
    for story in history.connections.values():
        took = recovery_ms(history, story)
        if took is not None:
            found.append(Recovery(story.user, *took))
    return found


def recovery_ms(history: History, story: ConnectionHistory) -> tuple[float, float] | None:
    """From a loss to the first sign of what was missed, and to the last of it, both in ms.

    None for a connection that takes up nothing, or on which not all of it came. Where nothing was
    missed, to be told so is both.
    """
    resumed = any(
        isinstance(fact, Subscribing) and fact.after is not None
        for frame in story.frames
        for fact in frame.facts
    )
    if not resumed:
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
