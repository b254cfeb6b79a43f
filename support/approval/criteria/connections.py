"""Connections that should be accepted are accepted."""

from __future__ import annotations

from support.approval.criterion import Ruling, criterion
from support.approval.evidence import Evidence
from support.approval.shares import admissions, share

LEAST_CONNECTIONS = 20


@criterion(
    "connections",
    "Connection success",
    rank=60,
    limit=lambda policy: f"≥ {policy.connection_success:.0%}",
    definition="The share of valid connection attempts that are accepted, without injected faults.",
)
def connections(evidence: Evidence) -> Ruling:
    """Of normal service; those that should be refused do not count."""
    floor = evidence.policy.connection_success
    return share(
        admissions(evidence.baseline_history), floor, LEAST_CONNECTIONS, "connections", "failed"
    )
