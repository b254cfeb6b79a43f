"""Who gets in, or is given tokens, and must not: all that follows there comes from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from support.approval.causes.handshakes import grouped
from support.approval.causes.sighting import Sighting, Where, detector
from support.approval.evidence import Evidence
from support.approval.words import capital
from support.checks.isolation import Violation, violations
from support.journal import ConnectionHistory, History, records
from support.journal.facts import ADMITS_NOBODY, Announcement, Rejected, Unreadable

#: The HTTP statuses of what was accepted.
SUCCESS = range(200, 300)
#: The flaw of a connection that is merely one too many.
OWN = "room"


@detector
def attackers_admitted(evidence: Evidence) -> Iterator[Sighting]:
    """What must be refused at the handshake is let in: all that follows there comes from it.

    So do announcements with tokens of the same flaws.
    """
    admitted = [c for c in evidence.history.connections.values() if let_in_wrongly(c)]
    if not admitted:
        return
    means = list(dict.fromkeys(c.connecting.means for c in admitted))
    first = f"a client with {means[0]}" if means[0].startswith("no ") else means[0]
    text = f"{capital(first)} {_way_in(admitted[0])}"
    if len(means) > 1:
        text += f"; in all {len(means)} kinds of attempts succeed that must be refused"
    where = grouped(
        (answer.scenario, number)
        for c in admitted
        if (answer := c.connected) is not None
        for number in (c.connecting.seq, answer.seq)
    )
    where = {**where, **_announced_with(means, evidence)}
    yield Sighting(
        "attacker_admitted",
        "security",
        text,
        where,
        means[0],
        specific=9,
        blocking=True,
        criteria=_seen_by_intruders(evidence),
    )


def _way_in(story: ConnectionHistory) -> str:
    """What let the client in: the handshake alone, or what answered what it sent."""
    sent, answer = False, None
    for frame in story.frames:
        if frame.direction == "sent":
            sent = True
        elif any(not isinstance(fact, ADMITS_NOBODY) for fact in frame.facts):
            answer = frame
            break
    if not sent:
        return "is accepted (handshake, 101)"
    if answer is None:
        return "is not refused (handshake, 101; nothing answers what the client sends)"
    refused = all(isinstance(fact, Rejected | Unreadable) for fact in answer.facts)
    taken = "is not refused as documented" if refused else "is accepted"
    return f"{taken} (what the client sends is answered with: {answer.text[:80]})"


def _announced_with(flaws: Sequence[str], evidence: Evidence) -> Where:
    """Where announcements with such tokens were accepted, and all others refused as documented.

    None of those others was delivered all the same.
    """
    where: dict[str, tuple[int, ...]] = {}
    for scenario, part in evidence.scenarios.items():
        tried = part.of(records.Announcing, lambda a: not a.allowed)
        taken = [a for a in tried if not a.agreed]
        accepted = all(a.status in SUCCESS and a.flaw in flaws for a in taken)
        heard = [s.fact.message for s in part.facts(Announcement)]
        leaked = any(a.words in message for a in tried if a.agreed for message in heard)
        if taken and accepted and not leaked:
            where[scenario] = tuple(attempt.seq for attempt in taken)
    return where


@detector
def strangers_given_tokens(evidence: Evidence) -> Iterator[Sighting]:
    """The auth service answers with tokens what it must refuse."""
    granted = evidence.history.of(records.AuthAnswer, _given_wrongly)
    if not granted:
        return
    means = list(dict.fromkeys(answer.means for answer in granted))
    text = f"The sign-in service accepts {means[0]} ({granted[0].detail})"
    if len(means) > 1:
        text += f"; in all {len(means)} kinds of attempts succeed that must be refused"
    where = grouped((answer.scenario, answer.seq) for answer in granted)
    criteria = _seen_by_intruders(evidence)
    yield Sighting("tokens_denied", "security", text, where, means[0], 9, True, criteria)


def _seen_by_intruders(evidence: Evidence) -> tuple[str, ...]:
    """The isolation criterion, where intruders have received what is another user's."""
    if any(by_intruders(part, violations(part)) for part in evidence.scenarios.values()):
        return ("user_isolation",)
    return ()


def by_intruders(part: History, found: Iterable[Violation]) -> set[Violation]:
    """What was received by clients that should not have been let in, or given no tokens."""
    answers = part.of(records.AuthAnswer)

    def _intruder(seen: Violation) -> bool:
        if story := part.connections.get(seen.connection):
            return let_in_wrongly(story)
        later = (a for a in answers if a.user == seen.viewer and a.seq > seen.seq)
        answer = next(later, None)  # what it holds is recorded first
        told = answer is not None and seen.where.endswith(f" to {answer.means}")
        return answer is not None and told and _given_wrongly(answer)

    return {seen for seen in found if _intruder(seen)}


def _given_wrongly(answer: records.AuthAnswer) -> bool:
    return answer.expect == "refused" and answer.granted


def let_in_wrongly(story: ConnectionHistory) -> bool:
    """True for a handshake that succeeded and must not; a user's own device too many is no
    intruder."""
    return (
        story.connecting.expect == "refused"
        and story.connecting.flaw != OWN
        and story.refused is None
        and story.connected is not None
    )
