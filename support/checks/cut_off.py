"""Questions of which nobody can say whether they were accepted: the network cut the answer off."""

from __future__ import annotations

from support.journal import History, records
from support.journal.facts import Accepted


def cut_off(history: History, user: str) -> set[str]:
    """The questions whose acceptance was in a message that a fault of ours has cut.

    Only where events follow unasked: there the same message, or batch, may bring both, and the run
    is told to the user when they come back, its acceptance is not.
    """
    accepted = {s.fact.request_id for s in history.facts(Accepted, user=user)}
    faults = [f.seq for f in history.of(records.Fault) if f.user in ("", user)]
    found = set()
    for question in history.asked(user):
        story, seq = history.connections[question.frame.connection], question.frame.seq
        ended = story.closed if story.ready and story.ready.fact.follows else None
        if ended and ended.by == "network" and any(seq < fault < ended.seq for fault in faults):
            found.add(question.fact.request_id)
    return found - accepted
