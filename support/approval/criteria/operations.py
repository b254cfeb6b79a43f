"""What people do succeeds."""

from __future__ import annotations

from support.approval.criterion import Ruling, criterion
from support.approval.evidence import Evidence
from support.approval.shares import admissions, share
from support.journal import records
from support.journal.facts import Accepted

LEAST_OPERATIONS = 20


@criterion(
    "operations",
    "Operations that succeeded",
    rank=50,
    limit=lambda policy: f"≥ {policy.operation_success:.0%}",
)
def operations(evidence: Evidence) -> Ruling:
    """Sign-ins, round trips, connections and questions of normal service."""
    history = evidence.peaceful
    results: list[bool] = [r.ok for r in history.of(records.SignedIn)]
    results += [f.held for f in history.of(records.Fence)]
    results += [h.answered for h in history.of(records.Heartbeat)]
    results += admissions(history)
    results += [False] * len(history.of(records.GaveUp))
    accepted = {(s.frame.user, s.fact.request_id) for s in history.facts(Accepted)}
    results += [(s.frame.user, s.fact.request_id) in accepted for s in history.asked()]
    floor = evidence.policy.operation_success
    return share(results, floor, LEAST_OPERATIONS, "operations", "did not succeed")
