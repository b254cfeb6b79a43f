"""What must be refused is refused, and not in the way that is documented: nobody got anything."""

from __future__ import annotations

from collections.abc import Iterator

from support.approval.causes.sighting import Sighting, detector, failed_by
from support.approval.evidence import Evidence
from support.checks.access_attempts import AccessAttempt, access_attempts
from support.checks.invariants import judged_runs
from support.journal import History
from support.journal.facts import Accepted, AccessAttempted, Event, Rejected

#: What a scenario checks of tokens that allow less.
BY_SCOPE = frozenset({"forbidden_by_scope"})
#: What it checks of answers about what is another user's.
TOLD_APART = frozenset({"existence_not_revealed"})


@detector
def refused_otherwise(evidence: Evidence) -> Iterator[Sighting]:
    """What a scope forbids was rejected, though not as documented: no attack succeeded.

    Nothing is said of a scenario in which one may have had an effect.
    """
    where: dict[str, tuple[int, ...]] = {}
    errors: dict[str, None] = {}
    for scenario in failed_by(evidence, BY_SCOPE):
        part = evidence.scenarios[scenario]
        tried = _tried(part)
        codes = [_error(attempt) for attempt in tried]
        users = {attempt.frame.user for attempt in tried}
        accepted = any(part.facts(Accepted, user=user) for user in users)
        if tried and all(codes) and not accepted and not _had_effect(part):
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
def cancellations_unanswered(evidence: Evidence) -> Iterator[Sighting]:
    """No attempt to cancel what cannot be cancelled was answered: none succeeded, or told apart."""
    where: dict[str, tuple[int, ...]] = {}
    for scenario in failed_by(evidence, TOLD_APART):
        part = evidence.scenarios[scenario]
        tried = _tried(part)
        silent = all(attempt.answer is None and attempt.aim.what == "run" for attempt in tried)
        if tried and silent and not _had_effect(part):
            where[scenario] = tuple(attempt.frame.seq for attempt in tried)
    if where:
        text = "Cancelling what cannot be cancelled is not refused: nothing is answered"
        attacks = frozenset(where)
        yield Sighting("cancel_unanswered", "order", text, where, "run", 9, attacks=attacks)


def _tried(part: History) -> list[AccessAttempt]:
    users = dict.fromkeys(s.frame.user for s in part.facts(AccessAttempted, direction="sent"))
    return [attempt for user in users for attempt in access_attempts(part, user)]


def _had_effect(part: History) -> bool:
    """True where a run is not as its owner asked, or bears an id that nobody was given."""
    known = {s.fact.run_id for s in part.facts(Accepted)}.union(part.turns)
    strange = any(s.fact.run_id not in known for s in part.facts(Event))
    return strange or any(run.problems for run in judged_runs(part))


def _error(attempt: AccessAttempt) -> str:
    """The code of the error that rejected it; empty where none did."""
    fact = attempt.answer.fact if attempt.answer else None
    return (fact.code or "an error without a code") if isinstance(fact, Rejected) else ""
