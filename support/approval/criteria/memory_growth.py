"""The deployment's memory does not grow without bound during the run."""

from __future__ import annotations

from support.approval.criterion import Ruling, criterion, lacking, met, missed
from support.approval.evidence import Evidence
from support.journal import records


@criterion(
    "memory_growth",
    "Memory growth of the target",
    rank=100,
    limit=lambda policy: f"≤ {policy.memory_growth_mb:g} MB",
)
def memory_growth(evidence: Evidence) -> Ruling:
    """From the first look to the highest."""
    looks = evidence.history.of(records.Sample, lambda s: s.name == "target_memory_bytes")
    if len(looks) < 2:
        reason = "The target told its memory less than twice."
        return lacking("not measured", reason, len(looks))
    grown_mb = (max(s.value for s in looks) - looks[0].value) / 1e6
    measured = f"{max(grown_mb, 0):.1f} MB"
    if grown_mb > evidence.policy.memory_growth_mb:
        reason = f"The target's memory grew by {grown_mb:.0f} MB during the run."
        return missed(measured, reason, len(looks))
    return met(measured, len(looks))
