"""Bundles as earlier versions wrote them: judged to the verdict that was written down then.

Nothing in `old_bundles` is ever written anew: what a new version cannot judge, it must learn to.
"""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree

import msgspec
import pytest

from support.approval import BundleError, judge_bundle
from support.approval.bundle import FIRST_CRITERIA

BUNDLES = Path(__file__).parent / "old_bundles"
OLD = sorted(path.name for path in BUNDLES.iterdir())


@pytest.fixture(params=OLD)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of an old bundle."""
    return Path(copytree(BUNDLES / request.param, tmp_path / "bundle"))


def test_an_old_bundle_gives_the_verdict_that_was_written_down(old: Path) -> None:
    told = json.loads((old / "verdict.json").read_text("utf-8"))
    found = judge_bundle(old)
    assert found.consistent, found.altered
    assert not found.comparable
    again = json.loads(msgspec.json.encode(found.verdict))
    for key in told.keys() - {"criteria", "reasons", "next_step"}:
        assert again[key] == told[key], key
    states = {c["name"]: c["state"] for c in told["criteria"]}
    assert {c["name"]: c["state"] for c in again["criteria"]} == states  # words may change
    assert tuple(c.name for c in found.verdict.criteria) == FIRST_CRITERIA


@pytest.mark.parametrize("name", ["journal.jsonl", "outcomes.json", "policy.json"])
def test_what_was_altered_in_an_old_bundle_is_named(old: Path, name: str) -> None:
    with (old / name).open("ab") as file:
        file.write(b"\n" if name != "journal.jsonl" else b'{"kind":"sample","t":9')
    assert judge_bundle(old).altered[0] == name


def test_fields_a_newer_version_adds_do_not_hinder(old: Path) -> None:
    outcomes = json.loads((old / "outcomes.json").read_text("utf-8"))
    outcomes["from_the_future"] = 1
    before = judge_bundle(old).verdict.decision
    (old / "outcomes.json").write_text(json.dumps(outcomes), "utf-8")
    assert judge_bundle(old).verdict.decision == before


def test_a_bundle_of_another_version_is_not_judged_by_guess(old: Path) -> None:
    manifest = json.loads((old / "manifest.json").read_text("utf-8"))
    (old / "manifest.json").write_text(json.dumps({**manifest, "version": 9}), "utf-8")
    with pytest.raises(BundleError, match="version 9 is not known here, only 1 and 2"):
        judge_bundle(old)
