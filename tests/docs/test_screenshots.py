"""The README's pictures show this suite: as many scenarios, and the decision that is said."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from support.run.selection import critical

ROOT = Path(__file__).resolve().parents[2]
LISTED = json.loads((ROOT / "docs" / "screenshots.json").read_bytes())
AGAIN = "make screenshots"


@pytest.mark.parametrize(("name", "decision"), [("approved", "APPROVED"), ("rejected", "REJECTED")])
def test_a_picture_shows_as_many_scenarios_as_the_suite_has(name: str, decision: str) -> None:
    shown = LISTED[name]
    assert shown["decision"] == decision
    assert shown["scenarios"] == len(critical(str(ROOT), None)), f"to take it again: {AGAIN}"


@pytest.mark.parametrize("name", LISTED)
def test_a_picture_is_the_one_that_was_taken(name: str) -> None:
    file = ROOT / "docs" / f"report-{name}.png"
    assert hashlib.sha256(file.read_bytes()).hexdigest() == LISTED[name]["sha256"], AGAIN
    assert file.name in (ROOT / "README.md").read_text("utf-8")
