"""What must be refused is refused, and not in the way that is documented: nobody got anything."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from support.approval.causes.sighting import Sighting, detector, failed_by
from support.approval.evidence import Evidence
from support.checks.access_attempts import AccessAttempt, access_attempts
from support.checks.invariants import judged_runs
from support.checks.turns import told_turns
from support.journal import History
from support.journal.facts import (
    Accepted,
    AccessAttempted,
    Cancelling,
    Event,
    IdentityClaimed,
    Rejected,
)
from support.journal.records import Frame

#: What a scenario checks of tokens that allow less.
BY_SCOPE = frozenset({"forbidden_by_scope"})
#: What it checks of messages that claim to come from another user.
IN_ANOTHERS_NAME = frozenset({"acted_as_self_only"})
#: What it checks of answers about what is another user's.
TOLD_APART = frozenset({"existence_not_revealed"})


@detector
def refused_otherwise(evidence: Evidence) -> Iterator[Sighting]:
    """What a scope forbids was rejected, though not as documented: no attack succeeded.

    Nothing is said of a scenario in which one may have had an effect.
    """
    where: dict[str, tuple[int, ...]] = {}
    errors: dict[str, None] = {}
    for scenario, tried in _without_effect(evidence):
        codes = [_error(attempt) for attempt in tried]
        if all(codes):
            where[scenario] = tuple(attempt.frame.seq for attempt in tried)
            errors |= dict.fromkeys(codes)
    if where:
        text = (
            "What a token's scope forbids is refused, but not as documented"
            f" (answered with: {', '.join(errors)})"
        )
        subject, attacks = "scope", frozenset(where)
        yield Sighting("refused_otherwise", "order", text, where, subject, 9, attacks=attacks)


@detector
def forbidden_unanswered(evidence: Evidence) -> Iterator[Sighting]:
    """Nothing that a scope forbids was answered: it was ignored, and no attack succeeded."""
    where = {
        scenario: tuple(attempt.frame.seq for attempt in tried)
        for scenario, tried in _without_effect(evidence)
        if _ignored(evidence.scenarios[scenario], tried)
    }
    if where:
        text = "What a token's scope forbids is not refused: nothing is answered"
        attacks = frozenset(where)
        yield Sighting("refusal_unanswered", "order", text, where, "scope", 9, attacks=attacks)


@detector
def cancellations_unanswered(evidence: Evidence) -> Iterator[Sighting]:
    """No attempt to cancel what cannot be cancelled was answered: none succeeded, or told apart.

    So it is with cancellations in another user's name.
    """
    where: dict[str, tuple[int, ...]] = {}
    for scenario in failed_by(evidence, TOLD_APART):
        part = evidence.scenarios[scenario]
        tried = _tried(part)
        runs = all(attempt.aim.what == "run" for attempt in tried)
        if tried and runs and _ignored(part, tried) and not _had_effect(part):
            where[scenario] = tuple(attempt.frame.seq for attempt in tried)
    for scenario in failed_by(evidence, IN_ANOTHERS_NAME):
        part = evidence.scenarios[scenario]
        cancelled = _claiming_cancellations(part)
        users = {frame.user for frame in cancelled}
        answered = any(part.facts(Rejected, user=user) for user in users)
        harmless = not _had_effect(part) and not _reached_others(part, users)
        if cancelled and not answered and not _ended(part, cancelled) and harmless:
            where[scenario] = tuple(frame.seq for frame in cancelled)
    if where:
        text = "Cancelling what cannot be cancelled is not refused: nothing is answered"
        attacks = frozenset(where)
        yield Sighting("cancel_unanswered", "order", text, where, "run", 9, attacks=attacks)


def _without_effect(evidence: Evidence) -> Iterator[tuple[str, list[AccessAttempt]]]:
    """Scenarios in which no attempt at what a scope forbids had any effect, each with these."""
    for scenario in failed_by(evidence, BY_SCOPE):
        part = evidence.scenarios[scenario]
        tried = _tried(part)
        users = {attempt.frame.user for attempt in tried}
        accepted = any(part.facts(Accepted, user=user) for user in users)
        if tried and not accepted and not _had_effect(part):
            yield scenario, tried


def _tried(part: History) -> list[AccessAttempt]:
    users = dict.fromkeys(s.frame.user for s in part.facts(AccessAttempted, direction="sent"))
    return [attempt for user in users for attempt in access_attempts(part, user)]


def _ignored(part: History, tried: Sequence[AccessAttempt]) -> bool:
    """True where none of these attempts was answered, not even by the end of its connection."""
    unanswered = all(attempt.answer is None for attempt in tried)
    return unanswered and not _ended(part, [attempt.frame for attempt in tried])


def _claiming_cancellations(part: History) -> list[Frame]:
    """The cancellations that claim to come from another user."""
    claims = part.facts(IdentityClaimed, direction="sent")
    return [s.frame for s in claims if any(isinstance(f, Cancelling) for f in s.frame.facts)]


def _reached_others(part: History, users: Collection[str]) -> bool:
    """True where an event of a run that these users were given reached anyone else."""
    runs = {s.fact.run_id for user in users for s in part.facts(Accepted, user=user)}
    return any(s.fact.run_id in runs and s.frame.user not in users for s in part.facts(Event))


def _ended(part: History, frames: Sequence[Frame]) -> bool:
    """True where a connection on which one of these was sent was not ended by its user."""
    ends = (part.connections[frame.connection].closed for frame in frames)
    return any(closed is not None and closed.by != "user" for closed in ends)


def _had_effect(part: History) -> bool:
    """True where a run is not as its owner asked, or neither accepted nor told to its reader."""
    accepted = {s.fact.run_id for s in part.facts(Accepted)}
    for user in {s.frame.user for s in part.facts(Event)}:
        known = accepted | told_turns(part, user)
        if any(s.fact.run_id not in known for s in part.facts(Event, user=user)):
            return True
    return any(run.problems for run in judged_runs(part))


def _error(attempt: AccessAttempt) -> str:
    """The code of the error that rejected it; empty where none did."""
    fact = attempt.answer.fact if attempt.answer else None
    return (fact.code or "an error without a code") if isinstance(fact, Rejected) else ""
