"""The limit of a message is announced and not enforced."""

from __future__ import annotations

from collections.abc import Iterator

from support.approval.causes.sighting import Sighting, detector, failed_by
from support.approval.evidence import Evidence
from support.approval.words import several
from support.checks.requests import answered_as_documented
from support.journal import History, Seen
from support.journal.facts import Accepted, Asked, MalformedSent

#: The close code for a message that is too big (RFC 6455 7.4.1).
TOO_BIG = 1009
#: The one for a breach of the protocol.
BREACH = 1002
#: What a scenario checks of input that is forbidden.
DOCUMENTED = frozenset({"rejected_as_documented"})


@detector
def oversize_accepted(evidence: Evidence) -> Iterator[Sighting]:
    """Questions of more bytes than the limit are accepted.

    Seen, too, where input that may be refused as too big was not refused as documented.
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
    for scenario in (s for s in failed_by(evidence, DOCUMENTED) if s not in where):
        if _told_by_code(evidence.history) and (numbers := _endured(evidence.scenarios[scenario])):
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


def _told_by_code(history: History) -> bool:
    """True where another breach may not be refused as too big: who does so means the length."""
    breaches = (s.fact.close for s in history.facts(MalformedSent, direction="sent"))
    return any(BREACH in close and TOO_BIG not in close for close in breaches)


def _endured(part: History) -> tuple[int, ...]:
    """The records of what is forbidden by its length, too, and was not refused as documented.

    Empty where something else was not, either.
    """
    wrong = [
        seen
        for seen in part.facts(MalformedSent, direction="sent")
        if not answered_as_documented(part, seen)
    ]
    too_big = all(TOO_BIG in seen.fact.close for seen in wrong)
    return tuple(seen.frame.seq for seen in wrong) if too_big else ()
