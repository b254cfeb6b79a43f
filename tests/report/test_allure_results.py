"""Results are compared with what behave says; folders are cleaned with care."""

from __future__ import annotations

from pathlib import Path

import pytest
from report_samples import outcome, write_result

from support.report.allure.results import ResultsFolderError, clean, disagreements


@pytest.mark.parametrize(
    ("ours", "theirs", "agree"),
    [
        ("passed", "passed", True),
        ("failed", "failed", True),
        ("broken", "failed", True),
        ("broken", "broken", True),
        ("skipped", "skipped", True),
        ("not_run", "unknown", True),
        ("passed", "failed", False),
        ("passed", "skipped", False),
        ("passed", "unknown", False),
        ("failed", "passed", False),
        ("not_run", "passed", False),
        ("skipped", "passed", False),
        ("passed", "null", False),
    ],
)
def test_a_pass_is_believed_only_when_both_say_so(
    tmp_path: Path, ours: str, theirs: str, agree: bool
) -> None:
    write_result(tmp_path, "Alice talks", "a1", theirs)
    found = disagreements([outcome(status=ours)], tmp_path)
    assert (found == []) is agree


def test_a_missing_a_double_and_an_unexpected_result_are_named(tmp_path: Path) -> None:
    write_result(tmp_path, "Twice", "b")
    write_result(tmp_path, "Twice", "b")
    write_result(tmp_path, "Stranger", "x")
    write_result(tmp_path, "Left out", "c")
    expected = [
        outcome(id="a", name="Lost"),
        outcome(id="b", name="Twice"),
        outcome(id="c", name="Left out", selected=False),
    ]
    where = "(features/functional/talk.feature:3)"
    assert disagreements(expected, tmp_path) == [
        f"“Lost” {where} has no result in the report instead of one.",
        f"“Twice” {where} has 2 results in the report instead of one.",
        "The report holds “Stranger”, which nobody expected there.",
        "The report holds “Left out”, which nobody expected there.",
    ]


def test_an_unreadable_result_is_a_disagreement(tmp_path: Path) -> None:
    (tmp_path / "u-result.json").write_bytes(b"{half")
    assert disagreements([], tmp_path) == [
        "The report holds “the unreadable file u-result.json”, which nobody expected there."
    ]


def test_no_folder_means_no_results(tmp_path: Path) -> None:
    assert len(disagreements([outcome()], tmp_path / "nowhere")) == 1


def test_cleaning_removes_results_and_nothing_else(tmp_path: Path) -> None:
    write_result(tmp_path, "old")
    (tmp_path / "environment.properties").write_text("a=b")
    (tmp_path / ".gitkeep").write_text("")
    clean(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == [".gitkeep"]
    (tmp_path / "notes").mkdir()
    with pytest.raises(ResultsFolderError, match="such as notes"):
        clean(tmp_path)


def test_a_folder_that_cannot_be_used_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultsFolderError, match="cannot be used for results"):
        clean(tmp_path / "file")
    with pytest.raises(ResultsFolderError, match="cannot be used for results"):
        clean(tmp_path / "file" / "below")
