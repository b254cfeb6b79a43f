"""Questions are answered as they should be."""

from __future__ import annotations

import msgspec

from support.approval.criterion import Ruling, criterion
from support.approval.evidence import Evidence
from support.approval.expected_runs import ended_as_expected
from support.approval.shares import share
from support.journal import History, records

LEAST_QUESTIONS = 10


@criterion(
    "operations",
    "Questions answered",
    rank=50,
    limit=lambda policy: f"≥ {policy.operation_success:.0%}",
    definition="The share of questions that are answered to the end, without injected faults."
    " Sign-ins, pings and end-of-stream checks are counted apart.",
)
def operations(evidence: Evidence) -> Ruling:
    """In normal service. Sign-ins, pings and fences are shown beside them, and do not count."""
    history = evidence.baseline_history
    results = [right for part in history.scenarios().values() for right in ended_as_expected(part)]
    floor = evidence.policy.operation_success
    ruling = share(results, floor, LEAST_QUESTIONS, "questions", "were not answered")
    return msgspec.structs.replace(ruling, measured=f"{ruling.measured}; {_beside(history)}")


def _beside(history: History) -> str:
    """What else succeeded, by kind."""
    kinds = {
        "sign-ins": [r.ok for r in history.of(records.SignedIn)],
        "pings": [h.answered for h in history.of(records.Heartbeat)],
        "end-of-stream checks": [f.held for f in history.of(records.Fence)],
    }
    return ", ".join(f"{name} {sum(ok):,} of {len(ok):,}" for name, ok in kinds.items())
