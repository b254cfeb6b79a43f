"""Known failures that a policy accepts: by name, with an owner, a reason and an end.

What concerns isolation or authentication is never accepted, by nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time

from support.approval.model import AcceptedResult, AcceptedState, Outcome, Outcomes
from support.approval.problems import severity
from support.checks.invariants import LEAK
from support.config.policy import AcceptedFailure, Policy

#: Rows E are user isolation, rows F authentication.
_PROTECTED_ROWS = ("E", "F")
_PROTECTED_TAGS = {
    "isolation",
    "regression.isolation",
    "regression.handshake_403",
    "regression.secret_synchronisation",
    "regression.token_refresh",
}


def accepted_results(outcomes: Outcomes, policy: Policy) -> tuple[AcceptedResult, ...]:
    """What became of every known failure that the policy names, in its order."""
    return tuple(_result(known, outcomes) for known in policy.accepted_failures)


def ends(expires: str) -> float:
    """The last moment of that day (ISO date, UTC) in Unix seconds."""
    return datetime.combine(datetime.fromisoformat(expires), time.max, UTC).timestamp()


def _result(known: AcceptedFailure, outcomes: Outcomes) -> AcceptedResult:
    found = [
        o
        for o in outcomes.scenarios
        if o.selected and o.name == known.scenario and known.feature in ("", o.feature)
    ]
    expires = known.expires.isoformat()
    state = _state(found, expired=outcomes.finished > ends(expires))
    return AcceptedResult(
        scenario=known.scenario,
        owner=known.owner,
        reason=known.reason,
        expires=expires,
        state=state,
        scenario_id=found[0].id if len(found) == 1 else "",
        failure=found[0].reason if state == "accepted" else "",
    )


def _state(found: Sequence[Outcome], *, expired: bool) -> AcceptedState:
    if not found:
        return "not in this run"
    if len(found) > 1:
        return "ambiguous"
    [outcome] = found
    if outcome.status == "passed":
        return "no longer fails"
    if expired:
        return "expired"
    if _protected(outcome):
        return "never accepted"
    return "accepted" if outcome.failing and outcome.status == "failed" else "not assessed"


def _protected(outcome: Outcome) -> bool:
    return (
        any(row.startswith(_PROTECTED_ROWS) for row in outcome.rows)
        or not _PROTECTED_TAGS.isdisjoint(outcome.tags)
        or LEAK in outcome.invariants
        or severity(outcome) == "isolation"
    )
