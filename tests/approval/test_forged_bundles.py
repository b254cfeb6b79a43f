"""Evidence changed by somebody who computed every hash anew, and what still gives it away."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from evidence import SMALL, outcome, outcomes, tape_of

from support.approval import Judgement, Outcomes, judge_bundle, seal
from support.approval.bundle import JOURNAL, MANIFEST, OUTCOMES, POLICY, SIGNATURE, VERDICT
from support.journal import records

KEY = "a-key-of-these-tests-0123456789"


def write_journal(folder: Path, entries: list[records.Record]) -> None:
    content = b"".join(records.encode(entry) + b"\n" for entry in entries)
    (folder / JOURNAL).write_bytes(content)


def leave(folder: Path, given: Outcomes, key: str | None = None) -> Path:
    """What a run leaves: a bundle and its verdict."""
    write_journal(folder, tape_of(given).records)
    seal(folder, given, SMALL, key)
    verdict = judge_bundle(folder, key).verdict
    (folder / VERDICT).write_bytes(msgspec.json.encode(verdict))
    return folder


@pytest.fixture
def approved(tmp_path: Path) -> Path:
    return leave(tmp_path, outcomes())


@pytest.fixture
def rejected(tmp_path: Path) -> Path:
    failing = outcome(status="failed", reason="Bob saw Alice's event")
    return leave(tmp_path, outcomes(failing, *outcomes().scenarios[1:]))


def forge(bundle: Path, change: Callable[[dict[str, Any]], object], name: str = OUTCOMES) -> None:
    """Edit a file and recompute what any reader could: the manifest, and the verdict."""
    content = json.loads((bundle / name).read_bytes())
    change(content)
    (bundle / name).write_text(json.dumps(content), "utf-8")
    hash_again(bundle)


def hash_again(bundle: Path) -> None:
    manifest = json.loads((bundle / MANIFEST).read_bytes())
    digests = {
        p: hashlib.sha256((bundle / p).read_bytes()).hexdigest()
        for p in (JOURNAL, OUTCOMES, POLICY)
    }
    (bundle / MANIFEST).write_text(json.dumps({**manifest, "sha256": digests}), "utf-8")
    (bundle / VERDICT).write_bytes(msgspec.json.encode(judge_bundle(bundle).verdict))


def said(judgement: Judgement) -> str:
    return "\n".join(judgement.disagreements)


def test_what_a_run_leaves_is_consistent(approved: Path) -> None:
    found = judge_bundle(approved)
    assert (found.consistent, found.comparable, found.verdict.approved) == (True, True, True)


def test_a_failed_scenario_that_was_flipped_to_passed_contradicts_the_journal(
    rejected: Path,
) -> None:
    forge(rejected, lambda o: o["scenarios"][0].update(status="passed", reason=""))
    found = judge_bundle(rejected)
    assert found.altered == ()  # every hash was computed anew
    assert "by the journal it ended as failed" in said(found)
    assert not found.consistent
    assert found.verdict.decision == "INCONCLUSIVE"


@pytest.mark.parametrize("status", ["failed", "broken", "skipped", "not_run"])
def test_a_passed_scenario_that_was_flipped_contradicts_the_journal(
    approved: Path, status: str
) -> None:
    forge(approved, lambda o: o["scenarios"][0].update(status=status))
    assert "ended as passed" in said(judge_bundle(approved))


def test_a_failed_scenario_that_was_left_out_is_missed(rejected: Path) -> None:
    forge(rejected, lambda o: o["scenarios"].pop(0))
    assert "that is not listed" in said(judge_bundle(rejected))


def test_a_scenario_that_never_ran_is_not_in_the_journal(approved: Path) -> None:
    extra = msgspec.to_builtins(outcome(id="id-more", name="One more"))
    forge(approved, lambda o: o["scenarios"].append(extra))
    assert "but the journal does not have it" in said(judge_bundle(approved))


def test_a_scenario_that_is_listed_twice_is_noticed(approved: Path) -> None:
    forge(approved, lambda o: o["scenarios"].append(o["scenarios"][0]))
    assert "a scenario is listed twice" in said(judge_bundle(approved))


def test_a_scenario_that_the_journal_has_twice_is_noticed(approved: Path) -> None:
    entries = tape_of(outcomes()).records
    again = next(r for r in entries if isinstance(r, records.ScenarioResult))
    write_journal(approved, [*entries, again])
    hash_again(approved)
    assert "2 times" in said(judge_bundle(approved))


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Another"},
        {"category": "stress"},
        {"tags": ["critical", "isolation"]},
        {"critical": False},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_scenario_that_is_described_otherwise_is_noticed(
    approved: Path, change: dict[str, Any]
) -> None:
    forge(approved, lambda o: o["scenarios"][0].update(change))
    assert "otherwise" in said(judge_bundle(approved))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"build": "6.6.6"}, "the journal is of build 1.2.3, not 6.6.6"),
        ({"environment": "production"}, "the journal is of the environment test"),
        ({"target": "https://other.example.test"}, "the journal is of https://chat.example.test"),
        ({"finished": 1_863_690_460.0}, "by the journal the run ended at another time"),
        ({"started": 1e300, "finished": 1e300}, "by the journal the run began at another time"),
    ],
    ids=["build", "environment", "target", "finished", "no time at all"],
)
def test_another_build_environment_target_or_time_contradicts_the_journal(
    approved: Path, change: dict[str, Any], words: str
) -> None:
    forge(approved, lambda o: o.update(change))
    found = judge_bundle(approved)
    assert words in said(found)
    assert found.verdict.decision == "INCONCLUSIVE"


def test_an_aborted_run_may_list_less_than_the_journal_but_never_more(tmp_path: Path) -> None:
    cut = outcomes(
        outcome(status="failed"), outcome("security", status="passed"), aborted="SIGTERM"
    )
    leave(tmp_path, cut)
    forge(tmp_path, lambda o: o["scenarios"][0].update(status="not_run"))
    assert judge_bundle(tmp_path).consistent
    forge(tmp_path, lambda o: o["scenarios"][0].update(status="passed"))
    assert not judge_bundle(tmp_path).consistent


# --- the verdict beside it


@pytest.mark.parametrize("field", [f.name for f in msgspec.structs.fields(Outcomes)][1:4])
def test_a_verdict_that_names_another_build_environment_or_target_is_named(
    approved: Path, field: str
) -> None:
    told = json.loads((approved / VERDICT).read_bytes())
    (approved / VERDICT).write_text(json.dumps({**told, field: "other"}), "utf-8")
    found = judge_bundle(approved)
    assert (found.altered, found.fields) == ((VERDICT,), (field,))


def test_every_field_of_a_verdict_is_compared(approved: Path) -> None:
    told = json.loads((approved / VERDICT).read_bytes())
    for field in told:
        (approved / VERDICT).write_text(json.dumps({**told, field: "other"}), "utf-8")
        assert judge_bundle(approved).fields == (field,), field
        without = {k: v for k, v in told.items() if k != field}
        (approved / VERDICT).write_text(json.dumps(without), "utf-8")
        assert judge_bundle(approved).fields == (field,), field
    (approved / VERDICT).write_text(json.dumps({**told, "more": 1}), "utf-8")
    assert judge_bundle(approved).fields == ("more",)


def test_sentences_of_another_version_are_its_own_but_not_what_it_decided(approved: Path) -> None:
    forge(approved, lambda m: m.update(greenlight="0.0.9"), MANIFEST)
    told = json.loads((approved / VERDICT).read_bytes())
    (approved / VERDICT).write_text(json.dumps({**told, "next_step": "Ship it."}), "utf-8")
    found = judge_bundle(approved)
    assert (found.consistent, found.same_version) == (True, False)
    (approved / VERDICT).write_text(json.dumps({**told, "build": "6.6.6"}), "utf-8")
    assert judge_bundle(approved).fields == ("build",)


def test_a_criterion_that_was_taken_out_of_the_manifest_is_missed(approved: Path) -> None:
    forge(approved, lambda m: m["criteria"].remove("memory_growth"), MANIFEST)
    assert judge_bundle(approved).altered == (MANIFEST,)


# --- signed


def test_a_signature_is_valid_for_its_key_alone(tmp_path: Path) -> None:
    leave(tmp_path, outcomes(), KEY)
    assert judge_bundle(tmp_path, KEY).signature == "valid"
    wrong = judge_bundle(tmp_path, KEY + "x")
    assert (wrong.signature, wrong.consistent) == ("wrong", False)
    unchecked = judge_bundle(tmp_path)
    assert (unchecked.signature, unchecked.consistent) == ("unchecked", True)


def test_a_key_demands_a_signature(approved: Path) -> None:
    assert judge_bundle(approved).signature == "none"
    found = judge_bundle(approved, KEY)
    assert (found.signature, found.consistent) == ("missing", False)


def test_a_signature_that_was_taken_away_is_missed_without_a_key_too(tmp_path: Path) -> None:
    leave(tmp_path, outcomes(), KEY)
    (tmp_path / SIGNATURE).unlink()
    assert judge_bundle(tmp_path).signature == "missing"


def test_anyone_who_hashes_anew_cannot_sign_anew(tmp_path: Path) -> None:
    leave(tmp_path, outcomes(), KEY)
    forge(tmp_path, lambda m: m["criteria"].reverse(), MANIFEST)
    assert judge_bundle(tmp_path, KEY).signature == "wrong"


def test_sealing_without_a_key_leaves_no_signature_of_before(tmp_path: Path) -> None:
    leave(tmp_path, outcomes(), KEY)
    leave(tmp_path, outcomes())
    assert not (tmp_path / SIGNATURE).exists()
    assert judge_bundle(tmp_path).signature == "none"


def test_the_key_is_nowhere_in_the_bundle(tmp_path: Path) -> None:
    leave(tmp_path, outcomes(), KEY)
    assert not [p for p in tmp_path.iterdir() if KEY.encode() in p.read_bytes()]
