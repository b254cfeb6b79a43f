"""The limit of a message is announced and not enforced."""

from __future__ import annotations

from collections.abc import Iterator

from support.approval.causes.sighting import Sighting, detector
from support.approval.evidence import Evidence
from support.approval.words import several
from support.journal import History, Seen
from support.journal.facts import Accepted, Asked, MalformedSent

#: The close code for a message that is too big (RFC 6455 7.4.1).
TOO_BIG = 1009


@detector
def oversize_accepted(evidence: Evidence) -> Iterator[Sighting]:
    """Questions of more bytes than the limit are accepted.

    Seen, too, where input that may be refused as too big did not end its connection with a
    documented code.
    """
    where: dict[str, tuple[int, ...]] = {}
    size = limit = tried = accepted = 0
    for scenario, part in evidence.scenarios.items():
        for seen, announced, answers in _oversize(part):
            tried += 1
            if answers:
                accepted += 1
                size, limit = (size, limit) if where else (seen.frame.size, announced)
                where[scenario] = (*where.get(scenario, ()), seen.frame.seq, *answers)
    if not where:
        return
    for scenario, part in evidence.scenarios.items():
        numbers = _endured(part)
        if numbers and scenario not in where:
            where[scenario] = numbers
    text = (
        f"Messages over the announced limit are accepted: one of {size:,} bytes, the limit is"
        f" {limit:,} ({accepted:,} of {several(tried, 'message')})"
    )
    yield Sighting("oversize_accepted", "loss", text, where, specific=9)


def _oversize(part: History) -> Iterator[tuple[Seen[Asked], int, list[int]]]:
    """Every question over the limit of its connection, the limit, and where it was accepted."""
    for seen in part.asked():
        story = part.connections.get(seen.frame.connection)
        if story is not None and story.ready and story.too_long(seen.frame):
            accepted = part.facts(Accepted, user=seen.frame.user)
            answers = [a.frame.seq for a in accepted if a.fact.request_id == seen.fact.request_id]
            yield seen, story.ready.fact.message_bytes or 0, answers


def _endured(part: History) -> tuple[int, ...]:
    """The records of what is forbidden by its length, too, and did not end the connection so."""
    found = []
    for seen in part.facts(MalformedSent, direction="sent"):
        closed = part.connections[seen.frame.connection].closed
        ended = closed is not None and closed.by == "target" and closed.code in seen.fact.close
        if TOO_BIG in seen.fact.close and not ended:
            found.append(seen.frame.seq)
    return tuple(found)
