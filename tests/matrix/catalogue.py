"""Which scenario catches which defect, and by what words; proven by `test_matrix.py`."""

from __future__ import annotations

from case import Case
from cases import (
    authentication,
    boundaries,
    figures,
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
    *figures.CASES,
    *functional.CASES,
    *healing.CASES,
    *integration.CASES,
    *performance.CASES,
    *recovery.CASES,
    *resilience.CASES,
    *security.CASES,
)

#: Scenarios that no defect of the reference can break, because it speaks in the open; the test
#: file that proves them, by its path below `tests`.
PROVEN_ELSEWHERE = {
    "The line is encrypted with a certificate that people's browsers trust": "tls/test_tls_gate.py",
    "The certificate does not run out before somebody can renew it": "tls/test_tls_gate.py",
    "No outdated encryption is spoken": "tls/test_tls_gate.py",
    "Nobody can talk in the open": "tls/test_tls_gate.py",
}

#: Defects that no scenario has to catch, because they are about what the suite itself leaves
#: behind; the test file that uses them, by its path below `tests`.
USED_ELSEWHERE = dict.fromkeys(
    (
        "secrets-in-refusals",
        "secrets-in-errors",
        "secrets-in-close-reasons",
        "secrets-in-events",
        "secrets-in-health",
        "secrets-in-metrics",
        "passwords-logged",
    ),
    "suite/test_nothing_secret_is_left.py",
)

#: Defects whose scenario is yet to be written, with the rows it will prove.
AWAITING = {
    "connection-cap-missing": "G5",
    "drops-now-and-then": "B1 J2 N3",
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
