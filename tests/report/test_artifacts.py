"""The files of a run: all of them, whole or not at all, and a word for each that is missing."""

from __future__ import annotations

import errno
import json
import re
from pathlib import Path

import pytest
from finished_samples import finished, nothing_happened, outcomes

from support.report import artifacts
from support.report.artifacts import FILES, write_artifacts
from support.report.finished_run import FinishedRun

PICTURE = re.compile(r"monitoring/\w+\.svg")


def names(run: FinishedRun) -> set[str]:
    folder = run.folder.path
    found = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    return {name for name in found if not PICTURE.fullmatch(name)}


@pytest.mark.parametrize("kind", ["approved", "nothing", "rehearsal", "holes"])
def test_every_run_leaves_the_same_files(tmp_path: Path, kind: str) -> None:
    run = {
        "approved": lambda: finished(tmp_path),
        "nothing": lambda: nothing_happened(tmp_path),
        "rehearsal": lambda: finished(tmp_path, outcomes(gate=False)),
        "holes": lambda: finished(tmp_path, outcomes(journal_whole=False)),
    }[kind]()
    assert write_artifacts(run) == []
    assert names(run) == set(FILES)


def test_pictures_of_whole_evidence_lie_there_and_are_listed(tmp_path: Path) -> None:
    run = finished(tmp_path)
    write_artifacts(run)
    report = json.loads((run.folder.path / "validation_report.json").read_text("utf-8"))
    listed = report["monitoring"]["pictures"]
    assert "isolation.svg" in listed
    assert [f"{picture.name}.svg" for picture in sorted(run.drawn)] == listed
    assert finished(tmp_path, outcomes(journal_whole=False)).drawn == []


def test_a_full_disk_is_reported_once_and_nothing_is_left_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    run = finished(tmp_path)
    (said,) = write_artifacts(run)
    assert said.endswith("could not be written: No space left on device.")
    assert all(name in said for name in FILES)
    assert names(run) == set()


def test_one_file_that_breaks_costs_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: FinishedRun) -> str:
        raise ValueError("no such thing")

    monkeypatch.setitem(artifacts.FILES, "alerts.log", broken)
    run = finished(tmp_path)
    assert write_artifacts(run) == ["alerts.log could not be written: ValueError: no such thing."]
    assert names(run) == set(FILES) - {"alerts.log"}


def test_a_history_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "runs.jsonl").mkdir()
    assert write_artifacts(finished(tmp_path)) == [
        "the history of runs could not be written: Is a directory."
    ]


def test_files_written_twice_are_replaced(tmp_path: Path) -> None:
    write_artifacts(finished(tmp_path))
    run = nothing_happened(tmp_path)
    assert write_artifacts(run) == []
    assert names(run) == set(FILES)
    assert "INCONCLUSIVE" in (run.folder.path / "badge.svg").read_text("utf-8")
