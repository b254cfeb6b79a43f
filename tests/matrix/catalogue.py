"""Which scenario catches which defect, and by what words; proven by `test_matrix.py`."""

from __future__ import annotations

from case import Case
from cases import functional, integration, performance, protocol_safety, resilience, security

CASES: tuple[Case, ...] = (
    *functional.CASES,
    *integration.CASES,
    *performance.CASES,
    *protocol_safety.CASES,
    *resilience.CASES,
    *security.CASES,
)

#: Defects whose scenario is yet to be written, with the rows it will prove.
AWAITING = {
    "expiry-not-enforced": "F4",
    "expiry-wrong-code": "F4",
    "refresh-fails": "F4 O6",
    "refreshed-token-expired": "F4 O6",
    "any-origin-accepted": "F5",
    "origin-prefix-accepted": "F5",
    "no-origin-refused": "F5",
    "query-token-accepted": "F6",
    "token-echoed": "F6 F8",
    "browser-tokens-refused": "F6",
    "payload-user-believed": "E5",
    "anyones-run-cancelled": "E5 E6",
    "refusal-tells-existence": "E6",
    "anyones-thread-continued": "E6",
    "anyones-stream-resumed": "E6",
    "readers-may-talk": "E7",
    "anyone-may-connect": "E7",
    "anyone-may-announce": "E7 E8",
    "drops-now-and-then": "B1 J2 N3",
    "tools-slow": "K2",
    "one-run-at-a-time": "K4 L2",
    "memory-leak": "L3 N3",
    "sign-in-slow": "K3",
    "replay-slow": "H8 H9",
    "expired-position-silent": "H4",
    "any-epoch-accepted": "H4 E6",
    "future-position-accepted": "H4",
    "second-resume-differs": "H5",
    "one-resume-at-a-time": "H5",
    "accepted-lost-on-crash": "H7",
    "store-outage-hidden": "H10",
    "store-outage-loses-events": "H10",
    "store-outage-not-told": "H10",
    "interrupted-runs-stay-open": "H7",
}
