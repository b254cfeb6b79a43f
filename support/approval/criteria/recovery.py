"""Whoever was cut off comes back to the whole story, and soon."""

from __future__ import annotations

from support.approval.criterion import Ruling, criterion, lacking, met, missed
from support.approval.evidence import Evidence
from support.approval.model import Problem
from support.measures import Spread, recoveries

LEAST_DROPS = 50
SOON = 0.95


@criterion(
    "recovery",
    "People who were cut off are back with the whole story",
    rank=45,
    limit=lambda policy: f"100 % whole, ≥ {SOON:.0%} within {policy.recovery_s:g} s",
)
def recovery(evidence: Evidence) -> Ruling:
    """Over every drop after which somebody wanted to go on where they were."""
    offered = evidence.outcomes.capabilities
    if offered is not None and "resume" not in offered:
        reason = "This kind of backend cannot resume."
        return Ruling(
            state="waived",
            measured="not offered",
            samples=0,
            reason=reason,
            required=False,
            cause="not_offered",
        )
    found = recoveries(evidence.history)
    drops, times = len(found), Spread.of(r.whole_ms for r in found if r.whole_ms is not None)
    whole = times.samples
    soon = sum(ms <= evidence.policy.recovery_s * 1000 for ms in whole)
    measured = f"{len(whole)} of {drops} whole, {soon} within {evidence.policy.recovery_s:g} s"
    p95 = times.p95
    measured += f", p95 {p95:,.0f} ms" if p95 is not None else ", too few for a p95"
    problems = []
    if len(whole) < drops:
        told = f"{drops - len(whole)} of {drops} people who were cut off never got all they missed."
        problems.append(Problem(key="recovery whole", severity="loss", text=told))
    if drops and soon < SOON * drops:
        told = f"Only {soon} of {drops} people were back within {evidence.policy.recovery_s:g} s."
        problems.append(Problem(key="recovery soon", severity="latency", text=told))
    if problems:
        return missed(measured, problems, drops)
    if drops < LEAST_DROPS:
        reason = f"Only {drops} drops were recovered from, of at least {LEAST_DROPS}."
        return lacking(measured, reason, drops)
    return met(measured, drops)
