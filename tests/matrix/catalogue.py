"""Which scenario catches which defect, and by what words; proven by `test_matrix.py`."""

from __future__ import annotations

from case import Case
from cases import (
    authentication,
    boundaries,
    functional,
    healing,
    integration,
    performance,
    recovery,
    resilience,
    security,
)

CASES: tuple[Case, ...] = (
    *authentication.CASES,
    *boundaries.CASES,
    *functional.CASES,
    *healing.CASES,
    *integration.CASES,
    *performance.CASES,
    *recovery.CASES,
    *resilience.CASES,
    *security.CASES,
)

#: Defects whose scenario is yet to be written, with the rows it will prove.
AWAITING = {
    "connection-cap-missing": "G5",
    "drops-now-and-then": "B1 J2 N3",
    "tools-slow": "K2",
    "one-run-at-a-time": "K4 L2",
    "memory-leak": "L3 N3",
    "sign-in-slow": "K3",
    "violations-cut": "G1",
    "invalid-utf8-accepted": "G1",
    "flood-not-limited": "G3",
    "flood-not-cut": "G3",
    "flood-slows-everyone": "G3",
    "slow-reader-unbounded": "G4",
    "slow-reader-slows-everyone": "G4",
    "slow-handshakes-kept": "G5",
    "replay-slow": "H8 H9",
}
