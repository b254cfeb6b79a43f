"""After a dropped connection users receive everything they missed, in time."""

from __future__ import annotations

from support.approval.criterion import Ruling, criterion, lacking, met, missed, waived
from support.approval.evidence import Evidence
from support.approval.model import Problem
from support.approval.words import several
from support.measures.distribution import Distribution
from support.measures.recovery import recoveries

LEAST_DROPS = 50
SOON = 0.95


@criterion(
    "recovery",
    "Recovery after a dropped connection",
    rank=45,
    limit=lambda policy: f"100% complete, ≥ {SOON:.0%} within {policy.recovery_s:g} s",
    definition="The users who resume after a drop receive everything they missed; the time runs"
    " from the drop to the last missed event.",
)
def recovery(evidence: Evidence) -> Ruling:
    """Over every drop after which a user asked to resume."""
    if evidence.outcomes.lacks("resume", "positions"):
        reason = "Users of this kind of backend subscribe from no position: nothing can be counted."
        return waived(reason)
    found = recoveries(evidence.history)
    drops, times = len(found), Distribution.of(r.whole_ms for r in found if r.whole_ms is not None)
    whole = times.samples
    soon = sum(ms <= evidence.policy.recovery_s * 1000 for ms in whole)
    limit_s = evidence.policy.recovery_s
    measured = f"{len(whole):,} of {drops:,} complete, {soon:,} within {limit_s:g} s"
    p95 = times.p95
    measured += f", p95 {p95:,.0f} ms" if p95 is not None else ", too few samples for p95"
    problems = []
    if len(whole) < drops:
        text = f"{drops - len(whole):,} of {drops:,} dropped users never received all they missed."
        problems.append(Problem(key="recovery whole", severity="loss", text=text))
    if drops and soon < SOON * drops:
        text = f"Only {soon:,} of {drops:,} dropped users recovered within {limit_s:g} s."
        problems.append(Problem(key="recovery soon", severity="latency", text=text))
    if problems:
        ruling = missed(measured, problems, drops)
    elif drops < LEAST_DROPS:
        seen = f"Only {several(drops, 'drop')}" if drops else "No drop"
        reason = f"{seen} seen, of at least {LEAST_DROPS}."
        ruling = lacking(measured, reason, drops)
    else:
        ruling = met(measured, drops)
    return ruling.counted(100 * len(whole) / drops if drops else None, 100.0, "%")
