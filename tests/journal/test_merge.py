"""Journals of the workers of a run, made into one."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from support.journal import Journal, JournalError, Zero, merge_journals, read_journal, records

ZERO = Zero(1_700_000_000.0, time.monotonic())


def opened(path: Path) -> Journal:
    journal = Journal(path, zero=ZERO)
    journal.record(
        records.Opened, wall=journal.wall, target="x", environment="local", dialect="d", t=0.0
    )
    return journal


def scenario(journal: Journal, name: str, times: tuple[float, ...], *, ends: bool = True) -> None:
    journal.begin_scenario(name)
    journal.record(records.ScenarioStarted, name=name, category="functional", t=times[0])
    for t in times:
        journal.record(records.Sample, name=name, value=t, t=t)
    if ends:
        journal.record(records.ScenarioEnded, status="passed", t=times[-1])


def merged(tmp_path: Path, *journals: Journal) -> list[records.AnyRecord]:
    for journal in journals:
        journal.close()
    whole = tmp_path / "journal.jsonl"
    merge_journals([journal.path for journal in journals], whole)
    assert not any(journal.path.exists() for journal in journals)
    return list(read_journal(whole))


def test_records_are_in_order_of_time_and_numbered_anew(tmp_path: Path) -> None:
    first, second = opened(tmp_path / "1.jsonl"), opened(tmp_path / "2.jsonl")
    scenario(first, "s001", (1.0, 3.0))
    scenario(second, "s002", (2.0, 4.0))
    found = merged(tmp_path, first, second)
    assert [r.seq for r in found] == list(range(1, len(found) + 1))
    assert [r.t for r in found] == sorted(r.t for r in found)
    samples = [(r.scenario, r.t) for r in found if isinstance(r, records.Sample)]
    assert samples == [("s001", 1.0), ("s002", 2.0), ("s001", 3.0), ("s002", 4.0)]


def test_there_is_one_head(tmp_path: Path) -> None:
    found = merged(tmp_path, opened(tmp_path / "1.jsonl"), opened(tmp_path / "2.jsonl"))
    assert [type(r) for r in found] == [records.Opened]


def test_a_record_that_is_written_late_keeps_its_place_in_its_journal(tmp_path: Path) -> None:
    first, second = opened(tmp_path / "1.jsonl"), opened(tmp_path / "2.jsonl")
    scenario(first, "s001", (5.0, 1.0, 6.0))
    scenario(second, "s002", (2.0,))
    found = merged(tmp_path, first, second)
    mine = [r.t for r in found if r.scenario == "s001" and isinstance(r, records.Sample)]
    assert mine == [5.0, 1.0, 6.0]


def test_a_scenario_that_never_ended_was_cut_short(tmp_path: Path) -> None:
    first, second = opened(tmp_path / "1.jsonl"), opened(tmp_path / "2.jsonl")
    scenario(first, "s001", (1.0,), ends=False)
    scenario(second, "s002", (2.0,))
    ends = [r for r in merged(tmp_path, first, second) if isinstance(r, records.ScenarioEnded)]
    assert [(r.scenario, r.status) for r in ends] == [
        ("s002", "passed"),
        ("s001", records.CUT_SHORT),
    ]


def test_text_that_looks_like_the_end_of_a_record_is_text(tmp_path: Path) -> None:
    journal = opened(tmp_path / "1.jsonl")
    for name in ('"t":9,"seq":9}', '"t":9,"seq":9,"scenario":"s9"}\n', "\ud800 alone"):
        journal.record(records.Sample, name=name, value=1.0)
    found = merged(tmp_path, journal)
    names = [r.name for r in found if isinstance(r, records.Sample)]
    assert names == ['"t":9,"seq":9}', '"t":9,"seq":9,"scenario":"s9"}\n', "? alone"]
    assert [r.seq for r in found] == [1, 2, 3, 4]


def test_a_torn_last_line_is_left_out_and_other_damage_is_not(tmp_path: Path) -> None:
    journal = opened(tmp_path / "1.jsonl")
    with journal.path.open("ab") as file:
        file.write(b'{"kind":"sample","na')
    assert len(merged(tmp_path, journal)) == 1
    damaged = opened(tmp_path / "2.jsonl")
    with damaged.path.open("ab") as file:
        file.write(b'{"kind":"sample","na\n')
    with pytest.raises(JournalError, match=r"2.jsonl is damaged at line 2"):
        merge_journals([damaged.path], tmp_path / "other.jsonl")
