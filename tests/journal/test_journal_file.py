"""The journal: on disk before anybody reads it, readable whatever happens to its writer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import hypothesis.strategies as st
import pytest
from histories import ALICE
from hypothesis import HealthCheck, given, settings

import support.journal.journal as journal_module
from support.journal import Journal, JournalError, facts, read_journal, records


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.jsonl")
    yield opened
    opened.close()


def sample(value: float = 1.0) -> records.Sample:
    return records.Sample(t=0.0, name="x", value=value)


def on_disk(journal: Journal) -> list[records.AnyRecord]:
    return list(read_journal(journal.path))


# --- writing


def test_a_record_is_on_disk_when_append_returns(journal: Journal) -> None:
    written = journal.append(sample())
    assert on_disk(journal) == [written]


def test_records_are_numbered_from_one_without_a_gap(journal: Journal) -> None:
    for _ in range(5):
        journal.append(sample())
    journal.begin_scenario("s02")
    journal.append(sample())
    assert [r.seq for r in on_disk(journal)] == [1, 2, 3, 4, 5, 6]


def test_records_belong_to_the_scenario_under_way(journal: Journal) -> None:
    journal.append(sample())
    journal.begin_scenario("s01")
    journal.append(sample())
    assert [r.scenario for r in on_disk(journal)] == ["", "s01"]


def test_append_gives_back_the_record_as_written(journal: Journal) -> None:
    journal.begin_scenario("s01")
    written = journal.append(sample())
    assert (written.seq, written.scenario) == (1, "s01")


def test_record_stamps_the_moment_unless_told_another(journal: Journal) -> None:
    before = journal.now()
    stamped = journal.record(records.Sample, name="x", value=1.0)
    assert before <= stamped.t <= journal.now()
    assert journal.record(records.Sample, t=0.5, name="x", value=1.0).t == 0.5
    assert len(on_disk(journal)) == 2


def test_several_threads_write_whole_lines_each_with_its_own_number(journal: Journal) -> None:
    def write(number: int) -> None:
        for _ in range(200):
            journal.append(sample(float(number)))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    found = on_disk(journal)
    assert [r.seq for r in found] == list(range(1, 801))
    assert sorted(r.value for r in found) == sorted(float(n) for n in range(4) for _ in range(200))
    assert [r.seq for r in journal.history().records] == list(range(1, 801))


def test_memory_holds_the_scenario_under_way_alone(journal: Journal) -> None:
    journal.begin_scenario("s01")
    for _ in range(100):
        journal.append(sample())
    journal.begin_scenario("s02")
    journal.append(sample())
    assert len(journal.history()) == 1
    assert len(on_disk(journal)) == 101


def test_a_scenario_that_leaves_too_many_records_breaks_the_journal_and_not_the_memory(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "MAX_RECORDS", 10)
    for _ in range(50):
        journal.append(sample())
    assert len(journal.history()) == 10
    assert "over 10 records" in journal.broken


def test_what_is_read_together_is_written_at_the_end_at_once(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: (written.append(1), write(fd, data))[1])
    with journal.together():
        for number in range(5):
            journal.append(sample(number))
        assert on_disk(journal) == []
    assert [r.value for r in on_disk(journal) if isinstance(r, records.Sample)] == [0, 1, 2, 3, 4]
    assert len(written) == 1


def test_a_record_of_another_thread_is_not_held_back(journal: Journal) -> None:
    with journal.together():
        journal.append(sample(1))
        other = threading.Thread(target=journal.append, args=(sample(2),))
        other.start()
        other.join()
        assert [record.seq for record in on_disk(journal)] == [1, 2]
        journal.append(sample(3))
    assert [record.seq for record in on_disk(journal)] == [1, 2, 3]


def test_a_history_does_not_grow_behind_its_readers_back(journal: Journal) -> None:
    journal.append(sample())
    history = journal.history()
    journal.append(sample())
    assert len(history) == 1


def test_time_is_monotonic_and_begins_at_the_opening(journal: Journal) -> None:
    first, second = journal.now(), journal.now()
    assert 0 <= first <= second < 60
    assert journal.at(journal._zero + 5.0) == 5.0


def test_a_long_text_is_cut_and_says_so(journal: Journal) -> None:
    assert journal.cut("x" * 4_000) == "x" * 4_000
    assert journal.cut("x" * 5_500).endswith("… [1,500 characters more]")


def test_closing_twice_is_closing_once(journal: Journal) -> None:
    journal.append(sample())
    descriptor = journal._fd
    journal.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
    journal.close()
    assert journal.broken == ""


def test_no_secret_is_in_the_file(journal: Journal) -> None:
    redactor = journal.redactor
    redactor.add_secret("hunter2-hunter2", "password")
    redactor.add_canary("zq" + "b" * 22, ALICE)
    text = f"hunter2-hunter2 zq{'b' * 22} eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."
    journal.append(
        records.Frame(
            t=0.0,
            connection="c",
            user=ALICE,
            direction="received",
            size=1,
            text=journal.cut(redactor.redact(text)),
        )
    )
    content = journal.path.read_text("utf-8")
    assert "hunter2" not in content
    assert "zqb" not in content
    assert "eyJ" not in content
    assert f"[password] <secret of {ALICE}> [token]" in content


# --- what cannot be written


def test_a_full_disk_breaks_the_journal_and_not_its_writer() -> None:
    journal = Journal(Path("/dev/full"))
    journal.append(sample())
    journal.append(sample())
    journal.close()
    assert journal.broken == "cannot write /dev/full: the disk is full"
    assert len(journal.history()) == 2


def test_a_disk_that_takes_half_a_line_breaks_the_journal_and_stays_readable(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = journal.append(sample())
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, line: write(fd, line[: len(line) // 2]))
    journal.append(sample())
    monkeypatch.undo()
    journal.append(sample())
    assert "the disk is full" in journal.broken
    assert on_disk(journal) == [whole]


def test_a_file_closed_behind_its_back_breaks_the_journal_and_not_its_writer(
    journal: Journal,
) -> None:
    os.close(journal._fd)
    journal.append(sample())
    assert "cannot write" in journal.broken
    journal.close()


def test_a_record_that_cannot_be_written_breaks_the_journal_and_not_its_writer(
    journal: Journal,
) -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    journal.append(
        records.Frame(
            t=0.0,
            connection="c",
            user=ALICE,
            direction="received",
            size=1,
            text="",
            facts=(facts.Event(type="agent_started", data={"deep": deep}),),
        )
    )
    assert "cannot write" in journal.broken
    assert list(read_journal(journal.path)) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.text(st.characters(exclude_categories=())))
def test_any_text_can_be_written_and_read_again(journal: Journal, text: str) -> None:
    """Lone surrogates come out of headers and of careless JSON: they are replaced, not fatal."""
    journal.append(records.HarnessError(t=0.0, what=text))
    assert journal.broken == ""
    clean = text.encode("utf-8", "replace").decode("utf-8")
    assert on_disk(journal)[-1].what == clean


def test_a_folder_that_is_not_there_is_an_error_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="No such file or directory"):
        Journal(tmp_path / "nowhere" / "journal.jsonl")


def test_a_journal_begun_again_forgets_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    for _ in range(2):
        journal = Journal(path)
        journal.append(sample())
        journal.close()
    assert [r.seq for r in read_journal(path)] == [1]


# --- reading


LINES = [records.encode(records.Sample(t=0.0, seq=n, name="x", value=1.0)) for n in (1, 2, 3)]
CONTENT = b"".join(line + b"\n" for line in LINES)


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    for length in range(len(CONTENT) - len(LINES[-1]), len(CONTENT) - 1):
        path.write_bytes(CONTENT[:length])
        assert [r.seq for r in read_journal(path)] == [1, 2]


def test_a_last_line_that_lacks_its_newline_alone_counts(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(CONTENT[:-1])
    assert [r.seq for r in read_journal(path)] == [1, 2, 3]


def test_an_empty_file_holds_no_records(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"")
    assert list(read_journal(path)) == []


@pytest.mark.parametrize(
    "damage",
    [b"{", b"", b"null", b'{"kind":"sample"}', b'{"kind":"no such"}', b"\xff\xfe", b"[" * 100_000],
    ids=["torn", "empty", "null", "fields missing", "unknown kind", "no text", "deep"],
)
def test_a_damaged_line_in_the_middle_is_an_error_that_names_it(
    tmp_path: Path, damage: bytes
) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"\n".join([LINES[0], damage, LINES[2], b""]))
    with pytest.raises(JournalError, match=r"journal\.jsonl is damaged at line 2"):
        list(read_journal(path))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.data())
def test_whatever_becomes_of_a_file_it_is_readable_or_says_that_it_is_not(
    tmp_path: Path, data: st.DataObject
) -> None:
    path = tmp_path / "journal.jsonl"
    content = bytearray(CONTENT)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        found = list(read_journal(path))
    except JournalError:
        return
    assert all(isinstance(record, records.Record) for record in found)


def test_a_file_that_is_not_there_is_an_error_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="No such file or directory"):
        list(read_journal(tmp_path / "journal.jsonl"))


def test_a_killed_run_leaves_a_readable_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    writer = subprocess.Popen(
        [
            sys.executable,
            "-c",
            textwrap.dedent(
                f"""
                from pathlib import Path
                from support.journal import Journal, records
                journal = Journal(Path({str(path)!r}))
                while True:
                    done = journal.append(records.HarnessError(t=journal.now(), what="x" * 3000))
                    if done.seq == 200:
                        print("enough", flush=True)
                """
            ),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "enough\n"
    writer.send_signal(signal.SIGKILL)
    assert writer.wait(20) == -signal.SIGKILL
    writer.stdout.close()
    numbers = [r.seq for r in read_journal(path)]
    assert len(numbers) >= 200
    assert numbers == list(range(1, len(numbers) + 1))
