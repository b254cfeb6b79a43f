"""Evidence on disk: judged again to the same verdict, and what was altered is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import hypothesis.strategies as st
import msgspec
import pytest
from evidence import SMALL, outcome, outcomes, tape_of
from hypothesis import HealthCheck, given, settings

from support.approval import BundleError, Outcomes, judge, judge_bundle, seal
from support.approval.bundle import JOURNAL, MANIFEST, OUTCOMES, POLICY, VERDICT
from support.config import Policy
from support.journal import Journal, records

PARTS = (JOURNAL, OUTCOMES, POLICY)
KEY = "a-key-of-these-tests-0123456789"


def journal_of(given: Outcomes) -> bytes:
    return b"".join(records.encode(record) + b"\n" for record in tape_of(given).records)


CONTENT = journal_of(outcomes())


def sealed(folder: Path, given: Outcomes, key: str | None = None) -> str:
    """Write the bundle of the run that `given` tells of; its digest is returned."""
    (folder / JOURNAL).write_bytes(journal_of(given))
    return seal(folder, given, SMALL, key)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A sealed bundle of an APPROVED run."""
    sealed(tmp_path, outcomes())
    return tmp_path


def edit(path: Path, change: Callable[[dict], None]) -> None:
    content = json.loads(path.read_text("utf-8"))
    change(content)
    path.write_text(json.dumps(content), "utf-8")


def test_a_bundle_gives_the_verdict_it_was_sealed_with(bundle: Path) -> None:
    found = judge_bundle(bundle)
    assert found.consistent
    assert found.verdict.approved
    expected = judge(outcomes(), tape_of(outcomes()).history, SMALL)
    assert msgspec.structs.replace(found.verdict, bundle_digest="") == expected


def test_a_bundle_judged_twice_gives_the_same_verdict(bundle: Path) -> None:
    assert judge_bundle(bundle) == judge_bundle(bundle)


def test_a_rejection_stays_one(bundle: Path) -> None:
    given = outcomes()
    given.scenarios[0] = outcome(status="failed", reason="“Müller” – ☃")
    sealed(bundle, given)
    found = judge_bundle(bundle)
    assert found.verdict.decision == "REJECTED"
    assert "“Müller” – ☃" in found.verdict.reasons[0]


def test_the_digest_is_that_of_the_manifest(bundle: Path) -> None:
    digest = sealed(bundle, outcomes())
    assert judge_bundle(bundle).verdict.bundle_digest == digest
    assert len(digest) == 64


def test_a_bundle_of_a_real_journal_can_be_judged(tmp_path: Path) -> None:
    written = Journal(tmp_path / JOURNAL)
    written.append(
        records.Opened(t=0.0, wall=1.0, target="t", environment="test", dialect="agent-chat-v1")
    )
    written.close()
    seal(tmp_path, outcomes(), Policy())
    assert judge_bundle(tmp_path).verdict.decision == "INCONCLUSIVE"


def test_text_that_utf_8_cannot_hold_is_no_obstacle(bundle: Path) -> None:
    given = outcomes()
    given.scenarios[0] = outcome(status="failed", reason="it said \ud800")
    sealed(bundle, given)
    assert judge_bundle(bundle).verdict.decision == "REJECTED"


def test_no_secret_of_the_environment_is_in_the_policy(bundle: Path) -> None:
    assert set(json.loads((bundle / POLICY).read_text("utf-8"))) == set(Policy.model_fields)


# --- what was altered


def test_an_altered_journal_is_named(bundle: Path) -> None:
    with (bundle / JOURNAL).open("ab") as file:
        file.write(records.encode(records.Sample(t=9.0, name="x", value=1.0)) + b"\n")
    assert judge_bundle(bundle).altered == (JOURNAL,)


def test_a_journal_cut_short_is_named(bundle: Path) -> None:
    (bundle / JOURNAL).write_bytes(CONTENT[:-20])
    assert judge_bundle(bundle).altered == (JOURNAL,)


def test_altered_outcomes_are_named(bundle: Path) -> None:
    edit(bundle / OUTCOMES, lambda o: o["scenarios"][0].update(name="Another"))
    assert judge_bundle(bundle).altered == (OUTCOMES,)


def test_an_altered_policy_is_named(bundle: Path) -> None:
    edit(bundle / POLICY, lambda p: p.update(average_latency_ms=9999))
    assert judge_bundle(bundle).altered == (POLICY,)


def test_a_policy_without_user_isolation_is_not_accepted(bundle: Path) -> None:
    edit(bundle / POLICY, lambda p: p.update(leave_out=["user_isolation"]))
    with pytest.raises(BundleError, match="user_isolation can never be left out"):
        judge_bundle(bundle)


def test_all_that_was_altered_is_named(bundle: Path) -> None:
    edit(bundle / OUTCOMES, lambda o: o.update(build="other"))
    edit(bundle / POLICY, lambda p: p.update(memory_growth_mb=9999))
    found = judge_bundle(bundle)
    assert found.altered == (OUTCOMES, POLICY)
    assert not found.consistent


def test_anyone_who_alters_the_manifest_too_changes_the_digest_in_the_report(bundle: Path) -> None:
    before = judge_bundle(bundle).verdict.bundle_digest
    policy = Policy(**{**SMALL.model_dump(), "average_latency_ms": 9999})
    seal(bundle, outcomes(), policy)
    found = judge_bundle(bundle)
    assert found.consistent
    assert found.verdict.bundle_digest != before


def test_a_manifest_that_forgets_a_file_makes_it_altered(bundle: Path) -> None:
    edit(bundle / MANIFEST, lambda m: m["sha256"].pop(POLICY))
    assert judge_bundle(bundle).altered == (POLICY,)


def test_a_manifest_that_lists_more_files_is_altered_itself(bundle: Path) -> None:
    edit(bundle / MANIFEST, lambda m: m["sha256"].update({"extra.txt": "0" * 64}))
    assert judge_bundle(bundle).altered == (MANIFEST,)


@pytest.mark.parametrize(
    ("criteria", "words"),
    [
        ([], "user_isolation can never be left out"),
        (["user_isolation"], "categories can never be left out"),
        (["user_isolation", "categories", "luck"], "the criterion 'luck' is not known here"),
    ],
)
def test_a_manifest_that_demands_too_little_or_the_unknown_is_refused(
    bundle: Path, criteria: list[str], words: str
) -> None:
    edit(bundle / MANIFEST, lambda m: m.update(criteria=criteria))
    assert words in why(bundle)


def test_only_what_was_demanded_when_it_was_sealed_is_asked_for(bundle: Path) -> None:
    asked = ["user_isolation", "categories", "operations"]
    edit(bundle / MANIFEST, lambda m: m.update(criteria=asked))
    assert [c.name for c in judge_bundle(bundle).verdict.criteria] == asked


def write_verdict(bundle: Path, **changed: object) -> None:
    told = msgspec.to_builtins(judge_bundle(bundle).verdict)
    (bundle / VERDICT).write_text(json.dumps({**told, **changed}), "utf-8")


def test_the_verdict_beside_its_bundle_is_in_order(bundle: Path) -> None:
    write_verdict(bundle)
    assert judge_bundle(bundle).consistent


def test_a_verdict_that_was_edited_is_named(bundle: Path) -> None:
    sealed(bundle, outcomes(outcome(status="failed")))
    write_verdict(bundle, decision="APPROVED")
    found = judge_bundle(bundle)
    assert found.altered == (VERDICT,)
    assert found.verdict.decision == "REJECTED"


def test_a_bundle_sealed_anew_does_not_fit_the_verdict_that_was_written_down(bundle: Path) -> None:
    write_verdict(bundle)
    sealed(bundle, outcomes(build="another"))
    assert judge_bundle(bundle).altered == (VERDICT,)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff"])
def test_a_verdict_that_cannot_be_read_is_named(bundle: Path, content: bytes) -> None:
    (bundle / VERDICT).write_bytes(content)
    assert judge_bundle(bundle).altered == (VERDICT,)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([*PARTS, MANIFEST]), st.integers(0, 10**6), st.integers(1, 255))
def test_one_altered_byte_anywhere_never_goes_unnoticed(
    bundle: Path, name: str, place: int, change: int
) -> None:
    path = bundle / name
    before = path.read_bytes()
    digest = judge_bundle(bundle).verdict.bundle_digest
    content = bytearray(before)
    content[place % len(content)] ^= change
    path.write_bytes(content)
    try:
        found = judge_bundle(bundle)
    except BundleError:
        return
    finally:
        path.write_bytes(before)
    assert found.altered == (name,) or found.verdict.bundle_digest != digest


# --- what is damaged or missing


def why(bundle: Path) -> str:
    with pytest.raises(BundleError) as raised:
        judge_bundle(bundle)
    return str(raised.value)


def test_a_folder_without_a_manifest_is_no_bundle(tmp_path: Path) -> None:
    assert why(tmp_path) == f"{tmp_path} holds no evidence bundle (no {MANIFEST})"


@pytest.mark.parametrize("name", PARTS)
def test_a_missing_file_is_named_in_plain_words(bundle: Path, name: str) -> None:
    (bundle / name).unlink()
    assert why(bundle) == f"the evidence in {bundle} is damaged: {name}: No such file or directory"


@pytest.mark.parametrize("name", [*PARTS, MANIFEST])
@pytest.mark.parametrize(
    "content",
    [b"{", b"[]\n", b"null\n", b"\xff\xfe\n", b"\x00" * 10, b"[" * 100_000 + b"\n", b'{"a": 1}\n'],
    ids=["torn", "list", "null", "no text", "zeros", "deep", "other"],
)
def test_a_damaged_file_is_reported_in_plain_words(bundle: Path, name: str, content: bytes) -> None:
    if name == JOURNAL:
        content += CONTENT  # a torn last line alone would be no damage
    (bundle / name).write_bytes(content)
    message = why(bundle)
    assert message.startswith(f"the evidence in {bundle} is damaged: ")
    assert name in message
    assert "\n" not in message
    assert "https://" not in message


def test_an_empty_file_is_damaged(bundle: Path) -> None:
    for name in (OUTCOMES, POLICY, MANIFEST):
        before = (bundle / name).read_bytes()
        (bundle / name).write_bytes(b"")
        assert "is damaged" in why(bundle)
        (bundle / name).write_bytes(before)


def test_a_bundle_that_cannot_be_written_is_reported_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="cannot write the evidence"):
        seal(tmp_path / "nowhere", outcomes(), SMALL)


def test_a_bundle_without_a_journal_cannot_be_sealed(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="cannot write the evidence"):
        seal(tmp_path, outcomes(), SMALL)


def test_outcomes_survive_the_way_through_json(bundle: Path) -> None:
    given = outcomes(versions={"behave": "1.3.3"}, disagreements=["a"], aborted="b")
    sealed(bundle, given)
    kept = msgspec.json.decode((bundle / OUTCOMES).read_bytes(), type=Outcomes)
    assert kept == given
