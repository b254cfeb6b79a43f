"""The first reason of the gate is the root cause: a sample; `sweep.py` tries all defects."""

from __future__ import annotations

from pathlib import Path

import pytest
from catalogue import USED_ELSEWHERE
from root_causes import BY_CAUSE, EXPECTED
from sweep import GATE_S, enough, sweep

from support.reference.defects import catalogue

#: Stratum of causes → defects of it. Three are not among them, since one of two gates that ended so
#: soon told a neighbouring check: signature-not-checked, oversize-accepted, connections-leak.
SAMPLE = {
    "isolation": ("events-to-everyone", "anothers-note-in-answer"),
    "authorization": ("anyones-run-cancelled", "readers-may-talk"),
    "sign-in": ("secrets-differ", "any-password-accepted"),
    "handshake": ("healthy-but-closed", "any-origin-accepted", "token-echoed"),
    "announcements": ("announcements-unverified",),
    "cancellation": ("late-cancellation-unanswered",),
    "events of a run": ("agent-thinking-never-sent", "tool-completed-twice"),
    "order": ("neighbouring-events-swapped",),
    "times": ("event-times-ahead",),
    "answers": ("questions-normalised",),
    "delivery": ("every-tenth-event-doubled", "duplicate-runs-twice"),
    "resume": ("replay-promised-only", "future-position-accepted"),
    "malformed input": ("bad-json-ends-connection", "unmasked-accepted"),
    "announced limits": ("huge-message-limit",),
    "heartbeat": ("silent-client-kept",),
    "outage": ("store-outage-hidden",),
}
#: So soon after its first failure a gate ends: what is wrong nearly everywhere shows by then.
SOON = "patience.after_rejection_s=10"
AT_ONCE = 2


@pytest.mark.alone
@pytest.mark.timeout(25 * GATE_S)
def test_the_first_reason_of_a_gate_is_the_root_cause_in_24_of_25_defects(tmp_path: Path) -> None:
    defects = [defect for stratum in SAMPLE.values() for defect in stratum]
    assert len(defects) == 25
    found = sweep(defects, tmp_path, (SOON,), at_once=AT_ONCE)
    assert [one.decision for one in found] == ["REJECTED"] * len(found), "\n".join(map(str, found))
    assert enough(found), "\n".join(str(one) for one in found if not one.right)


def test_every_defect_that_the_gate_must_catch_states_its_root_cause_once() -> None:
    stated = [defect for defects in BY_CAUSE.values() for defect in defects]
    assert len(stated) == len(EXPECTED)
    assert set(stated) == {defect.name for defect in catalogue()} - set(USED_ELSEWHERE)
