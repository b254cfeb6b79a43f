"""Folders of runs: made, pointed at, kept in number, and plainly refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from support.report.files import RUNS_KEPT, ReportFolderError, new_run, point_latest
from support.report.running import mark_running, mark_without_verdict

T0 = 1_763_690_400.0


def test_a_run_gets_a_folder_named_by_its_time(tmp_path: Path) -> None:
    run = new_run(tmp_path / "reports", started=T0)
    assert run.path.is_dir()
    assert run.path.name.startswith("20251121-020000-")
    assert run.history == tmp_path / "reports" / "history.jsonl"
    assert run.results.parent == run.html.parent == run.path


def test_two_runs_of_the_same_second_do_not_meet(tmp_path: Path) -> None:
    assert new_run(tmp_path, started=T0).path != new_run(tmp_path, started=T0).path


def test_latest_follows_the_runs(tmp_path: Path) -> None:
    for n in range(2):
        run = new_run(tmp_path, started=T0 + n)
        assert point_latest(run) == ""
        assert (tmp_path / "latest").resolve() == run.path.resolve()
        assert os.readlink(tmp_path / "latest") == run.path.name


def test_where_links_are_impossible_a_file_names_the_latest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    run = new_run(tmp_path, started=T0)
    assert "latest.txt names the latest run" in point_latest(run)
    assert (tmp_path / "latest.txt").read_text().strip() == run.path.name


def test_only_the_last_runs_are_kept_and_only_runs_are_removed(tmp_path: Path) -> None:
    (tmp_path / "keep-me").mkdir()
    (tmp_path / "history.jsonl").write_text("{}")
    made = [new_run(tmp_path, started=T0 + n).path for n in range(RUNS_KEPT + 3)]
    left = sorted(p.name for p in tmp_path.iterdir())
    assert left == sorted([*(p.name for p in made[3:]), "history.jsonl", "keep-me"])


def test_a_run_is_not_removed_for_another_of_the_same_second(tmp_path: Path) -> None:
    for _ in range(10):
        newest = new_run(tmp_path, started=T0, kept=1).path
        assert list(tmp_path.iterdir()) == [newest]


def test_how_many_are_kept_can_be_said(tmp_path: Path) -> None:
    made = [new_run(tmp_path, started=T0 + n, kept=2).path for n in range(4)]
    assert sorted(tmp_path.iterdir()) == made[2:]


def test_a_folder_that_cannot_be_written_is_one_plain_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportFolderError, match=r"Reports cannot be written to .*file"):
        new_run(tmp_path / "file", started=T0)


def test_a_full_disk_is_one_plain_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ReportFolderError, match="No space left on device"):
        new_run(tmp_path, started=T0)


def test_latest_that_is_a_real_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "latest").mkdir()
    run = new_run(tmp_path, started=T0)
    with pytest.raises(ReportFolderError):
        point_latest(run)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([run.path.name, "latest"])


def test_until_there_is_a_verdict_the_files_say_that_there_is_none(tmp_path: Path) -> None:
    mark_running(tmp_path, 1_763_690_400.0)
    for name in ("decision.html", "decision.md", "verdict.json"):
        assert "RUNNING" in (tmp_path / name).read_text("utf-8")
    mark_without_verdict(tmp_path, "<b>The machine stopped.</b>")
    page = (tmp_path / "decision.html").read_text("utf-8")
    assert "INCONCLUSIVE" in page
    assert "&lt;b&gt;The machine stopped." in page
    assert "RUNNING" not in page
