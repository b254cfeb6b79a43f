"""It is as quick as in the last approved runs."""

from __future__ import annotations

import msgspec

from support.approval.baseline import compare, compared
from support.approval.criterion import Ruling, criterion, lacking, met, short
from support.approval.evidence import Evidence


@criterion(
    "degradation",
    "No slower than the last approved runs",
    rank=110,
    limit=lambda policy: "their median + the largest of 50%, 30 ms and 3 × spread",
    definition="Each key figure of this run against the same figure of the last approved runs; the"
    " one nearest to its limit is shown.",
)
def degradation(evidence: Evidence) -> Ruling:
    """Waived, and said, while there is no approved run to compare with."""
    baseline = evidence.outcomes.baseline
    if not baseline:
        reason = "There is no approved run of this deployment and environment to compare with yet."
        return Ruling(
            state="waived", measured="no baseline", samples=0, reason=reason, required=False
        )
    finding, count = compare(evidence.figures, baseline), len(baseline)
    nearest = compared(evidence.key_figures, baseline)
    measured = nearest[0].text() if nearest else f"against {count} approved runs"
    if finding.ok:
        return met(measured, count)
    reason = f"Compared with the last approved runs: {finding.summary}."
    if finding.state == "failed":
        ruling = short("degradation", "latency", measured, reason, count)
        return msgspec.structs.replace(ruling, details=finding.seen)
    return lacking(measured, reason, count, finding.cause)
