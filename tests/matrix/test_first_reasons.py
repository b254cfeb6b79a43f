"""The first reason of the gate is the root cause: a sample; `sweep.py` tries all defects."""

from __future__ import annotations

from pathlib import Path

import pytest
from catalogue import USED_ELSEWHERE
from gates import GATE, behave
from root_causes import BY_CAUSE, EXPECTED
from sweep import told
from test_matrix import IMPATIENT

from support.reference.defects import catalogue

#: Stratum of causes → defects of it.
SAMPLE = {
    "isolation": ("events-to-everyone",),
    "resume": ("replay-promised-only",),
    "sign-in": ("secrets-differ",),
    "handshake": ("healthy-but-closed",),
    "announced limits": ("huge-message-limit",),
    "events of a run": ("tool-completed-twice", "agent-thinking-never-sent"),
    "order": ("neighbouring-events-swapped",),
    "answers": ("questions-normalised",),
}
#: So soon after its first failure a gate ends: what is wrong nearly everywhere shows by then.
SOON = "-Dpatience.after_rejection_s=10"


@pytest.mark.light
@pytest.mark.parametrize("defect", [defect for kind in SAMPLE.values() for defect in kind])
def test_the_first_reason_of_the_gate_is_the_root_cause(defect: str, tmp_path: Path) -> None:
    ran = behave(tmp_path, *GATE, *IMPATIENT, SOON, f"-Ddefect={defect}")
    assert ran.status == 1
    assert "REJECTED" in ran.output
    found = told(defect, ran.folder)
    assert found.right, str(found)


def test_every_defect_that_the_gate_must_catch_states_its_root_cause_once() -> None:
    stated = [defect for defects in BY_CAUSE.values() for defect in defects]
    assert len(stated) == len(EXPECTED)
    assert set(stated) == {defect.name for defect in catalogue()} - set(USED_ELSEWHERE)
