"""The deployment's memory does not grow without bound during the run."""

from __future__ import annotations

from support.approval.criterion import Ruling, criterion, lacking, met, short
from support.approval.evidence import Evidence
from support.measures.memory import memory

NOT_READ = (
    "The deployment's memory could not be read twice: give metrics and memory_metric in the"
    ' dialect, or leave_out = ["memory_growth"] in [policy].'
)


@criterion(
    "memory_growth",
    "Memory growth of the deployment",
    rank=100,
    limit=lambda policy: f"≤ {policy.memory_growth_mb:g} MB",
    definition="The highest memory that the deployment reports during the run, less the first.",
)
def memory_growth(evidence: Evidence) -> Ruling:
    """From the first look to the highest."""
    seen = memory(evidence.history)
    samples, grown_mb = seen.samples, seen.growth_mb
    if grown_mb is None:
        return lacking("not measured", NOT_READ, samples)
    measured = f"{grown_mb:.1f} MB"
    ruling, limit_mb = met(measured, samples), evidence.policy.memory_growth_mb
    if grown_mb > limit_mb:
        reason = (
            f"The deployment's memory grew by {grown_mb:.0f} MB during the run, more than the"
            f" {limit_mb:g} MB allowed."
        )
        ruling = short("memory_growth", "latency", measured, reason, samples)
    return ruling.counted(grown_mb, limit_mb, "MB")
