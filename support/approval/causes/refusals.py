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


@detector
def refused_otherwise(evidence: Evidence) -> Iterator[Sighting]:
    """What a scope forbids was rejected, though not as documented: no attack succeeded.

    Nothing is said of a scenario in which one may have had an effect.
    """
    where: dict[str, tuple[int, ...]] = {}
    errors: dict[str, None] = {}
    for scenario in failed_by(evidence, BY_SCOPE):
        part = evidence.scenarios[scenario]
        sent = part.facts(AccessAttempted, direction="sent")
        users = dict.fromkeys(s.frame.user for s in sent)
        tried = [attempt for user in users for attempt in access_attempts(part, user)]
        codes = [_error(attempt) for attempt in tried]
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


def _had_effect(part: History) -> bool:
    """True where a run is not as its owner asked, or bears an id that nobody was given."""
    known = {s.fact.run_id for s in part.facts(Accepted)}.union(part.turns)
    strange = any(s.fact.run_id not in known for s in part.facts(Event))
    return strange or any(run.problems for run in judged_runs(part))


def _error(attempt: AccessAttempt) -> str:
    """The code of the error that rejected it; empty where none did."""
    fact = attempt.answer.fact if attempt.answer else None
    return (fact.code or "an error without a code") if isinstance(fact, Rejected) else ""
