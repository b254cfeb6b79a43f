"""Bundles of what is no file, or far too much of one: refused in plain words, at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import forked
import pytest
from evidence import SMALL, outcomes, tape_of

from support.approval import seal
from support.approval.bundle import JOURNAL, MANIFEST, OUTCOMES, POLICY, SIGNATURE, VERDICT
from support.journal import Journal, JournalError, journal, read_journal, records

FILES = (JOURNAL, OUTCOMES, POLICY, VERDICT, SIGNATURE)
WITHIN_S = 20
BOUNDED = Path(__file__).with_name("bounded.py")
MEMORY = 2 * 2**30


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    entries = tape_of(outcomes()).records
    (tmp_path / JOURNAL).write_bytes(b"".join(records.encode(e) + b"\n" for e in entries))
    seal(tmp_path, outcomes(), SMALL, "a-key-of-these-tests-0123456789")
    return tmp_path


def judged(folder: Path, *, output: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    """`greenlight judge` in a process of bounded memory, which must end within `WITHIN_S`."""
    env = {**os.environ, "NO_COLOR": "1", "GREENLIGHT_SEAL_KEY": "a-key-of-these-tests-0123456789"}
    return forked.run(
        [sys.executable, str(BOUNDED), str(MEMORY), "judge", str(folder)],
        env=env,
        stdout=output,
        stderr=subprocess.PIPE,
        timeout=WITHIN_S,
    )


def refused(folder: Path, words: str) -> None:
    done = judged(folder)
    assert done.returncode in (2, 3), done.stdout + done.stderr
    assert words in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", FILES)
def test_a_fifo_is_not_waited_for(bundle: Path, name: str) -> None:
    (bundle / name).unlink(missing_ok=True)
    os.mkfifo(bundle / name)
    refused(bundle, "differs from" if name == VERDICT else f"{name}: it is not a regular file")


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/full", "/dev/random", "/dev/tty"])
@pytest.mark.parametrize("name", [JOURNAL, OUTCOMES])
def test_a_device_is_not_read(bundle: Path, name: str, device: str) -> None:
    (bundle / name).unlink()
    (bundle / name).symlink_to(device)
    refused(bundle, f"{name}: it is not a regular file")


@pytest.mark.parametrize("name", FILES[:3])
def test_a_folder_or_a_loop_of_links_instead_of_a_file_is_reported(bundle: Path, name: str) -> None:
    (bundle / name).unlink()
    (bundle / name).mkdir()
    refused(bundle, f"{name}: it is not a regular file")
    (bundle / name).rmdir()
    (bundle / name).symlink_to(name)
    refused(bundle, f"{name}: Too many levels of symbolic links")


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_terabytes_is_not_read(bundle: Path, name: str) -> None:
    with (bundle / name).open("ab") as file:
        file.truncate(4 * 2**40)  # a hole: it takes no room on the disk
    refused(bundle, "differs from" if name == VERDICT else f"{name}: it is larger than")


@pytest.mark.parametrize("name", [MANIFEST])
def test_a_manifest_that_is_no_file_is_no_bundle(bundle: Path, name: str) -> None:
    (bundle / name).unlink()
    os.mkfifo(bundle / name)
    refused(bundle, "holds no evidence bundle")


@pytest.mark.parametrize("what", ["fifo", "/dev/full", "/dev/zero", "loop"])
def test_what_is_no_folder_is_no_bundle(tmp_path: Path, what: str) -> None:
    place = Path(what)
    if what == "fifo":
        os.mkfifo(place := tmp_path / "fifo")
    elif what == "loop":
        (place := tmp_path / "loop").symlink_to("loop")
    done = judged(place)
    assert done.returncode == 2
    assert "holds no evidence bundle" in done.stderr or "does not exist" in done.stderr


def test_a_folder_that_contains_itself_is_judged_as_usual(bundle: Path) -> None:
    (bundle / "again").symlink_to(".")
    assert "its signature is valid" in judged(bundle / "again" / "again").stdout


def test_a_verdict_that_cannot_be_printed_is_never_success(bundle: Path) -> None:
    with open("/dev/full", "w") as full:
        done = judged(bundle, output=full.fileno())
    assert done.returncode == 1
    assert "could not be printed: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_line_without_end_is_not_read_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "MAX_BYTES", 1000)
    (tmp_path / JOURNAL).write_bytes(b"x" * 1001)
    with pytest.raises(JournalError, match="it is larger than"):
        list(read_journal(tmp_path / JOURNAL))


def test_more_records_than_can_be_judged_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "MAX_RUN_RECORDS", 3)
    line = records.encode(records.Sample(t=0.0, name="x", value=1.0)) + b"\n"
    (tmp_path / JOURNAL).write_bytes(line * 4)
    with pytest.raises(JournalError, match="too large to be judged"):
        list(read_journal(tmp_path / JOURNAL))


@pytest.mark.parametrize("bound", ["MAX_BYTES", "MAX_RUN_RECORDS"])
def test_a_run_that_leaves_more_than_can_be_judged_has_broken_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(journal, bound, 3)
    written = Journal(tmp_path / JOURNAL)
    for _ in range(4):
        written.append(records.Sample(t=0.0, name="x", value=1.0))
    assert "too large to be judged" in written.broken
