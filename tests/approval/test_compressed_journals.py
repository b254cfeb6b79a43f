"""A journal that was compressed: the same verdict, and what is wrong with it is in plain words."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import msgspec
import pytest
from evidence import SMALL, outcomes, tape_of
from test_strange_files import refused

from support.approval import BundleError, judge_bundle, seal
from support.approval.bundle import COMPRESSED, JOURNAL, MANIFEST
from support.journal import JournalError, compress, compressed, read_journal, records

KEY = "a-key-of-these-tests-0123456789"


@pytest.fixture
def plain(tmp_path: Path) -> bytes:
    """What a run has left in its journal, which is not sealed yet."""
    lines = b"".join(records.encode(record) + b"\n" for record in tape_of(outcomes()).records)
    (tmp_path / JOURNAL).write_bytes(lines)
    return lines


@pytest.fixture
def bundle(tmp_path: Path, plain: bytes) -> Path:
    compress(tmp_path / JOURNAL)
    seal(tmp_path, outcomes(), SMALL, KEY)
    return tmp_path


def why(bundle: Path) -> str:
    with pytest.raises(BundleError) as raised:
        judge_bundle(bundle)
    return str(raised.value)


def test_compressing_changes_neither_records_nor_verdict(tmp_path: Path, plain: bytes) -> None:
    before = list(read_journal(tmp_path / JOURNAL))
    seal(tmp_path, outcomes(), SMALL)
    uncompressed = judge_bundle(tmp_path)
    packed = compress(tmp_path / JOURNAL)
    seal(tmp_path, outcomes(), SMALL)
    found = judge_bundle(tmp_path)
    assert list(read_journal(packed)) == before
    assert found.consistent
    assert found.verdict.approved
    changed = {"bundle_digest": uncompressed.verdict.bundle_digest}
    assert msgspec.structs.replace(found.verdict, **changed) == uncompressed.verdict
    assert packed.stat().st_size < len(plain) / 2
    assert not (tmp_path / JOURNAL).exists()


def test_the_digest_is_that_of_the_file_which_is_stored(bundle: Path) -> None:
    content = gzip.decompress((bundle / COMPRESSED).read_bytes())
    (bundle / COMPRESSED).write_bytes(gzip.compress(content, 1))
    assert judge_bundle(bundle, KEY).altered == (COMPRESSED,)


def test_an_altered_record_is_noticed(bundle: Path) -> None:
    content = gzip.decompress((bundle / COMPRESSED).read_bytes())
    lines = content.splitlines(keepends=True)
    (bundle / COMPRESSED).write_bytes(gzip.compress(b"".join(lines[:-1])))
    assert COMPRESSED in judge_bundle(bundle).altered


@pytest.mark.parametrize("where", ["in front", "behind"])
def test_what_is_added_is_noticed(bundle: Path, where: str) -> None:
    more, packed = gzip.compress(b""), (bundle / COMPRESSED).read_bytes()
    both = [more, packed] if where == "in front" else [packed, more]
    (bundle / COMPRESSED).write_bytes(b"".join(both))
    assert judge_bundle(bundle).altered == (COMPRESSED,)


@pytest.mark.parametrize("harm", ["torn", "no gzip", "a wrong byte", "a tail", "no JSON"])
def test_a_damaged_file_is_reported_in_plain_words(bundle: Path, harm: str) -> None:
    packed = (bundle / COMPRESSED).read_bytes()
    damaged = {
        "torn": packed[: len(packed) // 2],
        "no gzip": b"{}" + packed,
        "a wrong byte": packed[:-6] + bytes([packed[-6] ^ 1]) + packed[-5:],
        "a tail": packed + b"more",
        "no JSON": gzip.compress(b"[]\n[]\n"),
    }
    (bundle / COMPRESSED).write_bytes(damaged[harm])
    message = why(bundle)
    assert message.startswith(f"the evidence in {bundle} is damaged: {COMPRESSED}")
    assert "\n" not in message


def test_a_journal_beside_it_is_not_taken_for_it(bundle: Path, plain: bytes) -> None:
    (bundle / JOURNAL).write_bytes(plain[: len(plain) // 2])
    assert judge_bundle(bundle, KEY).consistent


@pytest.mark.parametrize("digests", ["both", "plain alone"])
def test_a_manifest_that_names_another_journal_is_noticed(bundle: Path, digests: str) -> None:
    manifest = json.loads((bundle / MANIFEST).read_bytes())
    digest = manifest["sha256"][COMPRESSED]
    if digests == "plain alone":
        del manifest["sha256"][COMPRESSED]
    manifest["sha256"][JOURNAL] = digest
    (bundle / MANIFEST).write_text(json.dumps(manifest), "utf-8")
    assert MANIFEST in judge_bundle(bundle).altered


def test_what_expands_beyond_all_bounds_is_refused_in_bounded_memory(bundle: Path) -> None:
    with gzip.open(bundle / COMPRESSED, "wb", 9) as file:
        for _ in range(1200):
            file.write(b"\0" * 2**20)
    refused(bundle, "too large to be judged")
    record = records.encode(records.Sample(t=0.0, name="x", value=1.0)) + b"\n"
    with gzip.open(bundle / COMPRESSED, "wb", 1) as file:
        for _ in range(64):
            file.write(record * (10 * 2**20 // len(record)))
    refused(bundle, "too large to be judged")


def test_a_compressed_file_that_is_itself_too_large_is_not_read(bundle: Path) -> None:
    with (bundle / COMPRESSED).open("ab") as file:
        file.truncate(4 * 2**40)
    refused(bundle, f"{COMPRESSED}: it is larger than")


def test_where_it_cannot_be_compressed_the_journal_stays_as_it_was(
    tmp_path: Path, plain: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(compressed.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        compress(tmp_path / JOURNAL)
    assert sorted(path.name for path in tmp_path.iterdir()) == [JOURNAL]
    seal(tmp_path, outcomes(), SMALL)
    assert judge_bundle(tmp_path).verdict.approved


def test_a_journal_that_nobody_could_read_when_compressed_is_left_alone(
    tmp_path: Path, plain: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compressed, "MOST_BYTES", 10)
    assert compress(tmp_path / JOURNAL) == tmp_path / JOURNAL
    assert (tmp_path / JOURNAL).read_bytes() == plain


def test_a_missing_one_is_reported(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="No such file"):
        list(read_journal(tmp_path / COMPRESSED))
