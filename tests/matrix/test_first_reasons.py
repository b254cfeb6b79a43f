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

#: One of each kind: isolation, resume, events, handshakes, sign-in and chat at odds. What takes
#: longest is first.
SAMPLE = (
    "events-to-everyone",
    "replay-promised-only",
    "tool-completed-twice",
    "healthy-but-closed",
    "secrets-differ",
)


@pytest.mark.light
@pytest.mark.parametrize("defect", SAMPLE)
def test_the_first_reason_of_the_gate_is_the_root_cause(defect: str, tmp_path: Path) -> None:
    ran = behave(tmp_path, *GATE, *IMPATIENT, f"-Ddefect={defect}")
    assert ran.status == 1
    assert "REJECTED" in ran.output
    found = told(defect, ran.folder)
    assert found.right, str(found)


def test_every_defect_that_the_gate_must_catch_states_its_root_cause_once() -> None:
    stated = [defect for defects in BY_CAUSE.values() for defect in defects]
    assert len(stated) == len(EXPECTED)
    assert set(stated) == {defect.name for defect in catalogue()} - set(USED_ELSEWHERE)
