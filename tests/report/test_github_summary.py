"""What a GitHub workflow is told."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
from finished_samples import GUARD, finished, nothing_happened, outcomes
from hypothesis import given, settings
from report_samples import outcome

from support.approval.model import LOAD_COMMAND
from support.report.artifacts import write_artifacts
from support.report.github import (
    ACTIONS,
    OUTPUT,
    SUMMARY,
    failure_annotations,
    outputs,
    report_to_github,
)
from support.report.render import COMMENT_MARK, step_summary


def read(text: str) -> dict[str, str]:
    """Outputs as GitHub's runner reads them."""
    found: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        name, marked, end = line.partition("<<")
        assert marked, line
        value = []
        for inner in lines:
            if inner == end:
                break
            value.append(inner)
        else:
            raise AssertionError(f"{name} never ends")
        found[name] = "\n".join(value)
    return found


def test_nothing_is_written_where_nobody_asks(tmp_path: Path) -> None:
    assert report_to_github(finished(tmp_path), "page.html", {}) == []
    assert [p.name for p in tmp_path.iterdir()] == [finished(tmp_path).folder.path.name]


def test_summary_and_outputs_are_added_to_what_is_there(tmp_path: Path) -> None:
    where = {SUMMARY: str(tmp_path / "s.md"), OUTPUT: str(tmp_path / "o.txt")}
    (tmp_path / "s.md").write_text("before\n")
    (tmp_path / "o.txt").write_text("mine<<E\n1\nE\n")
    assert report_to_github(finished(tmp_path), "reports/latest/decision.html", where) == []
    assert (tmp_path / "s.md").read_text().startswith("before\n# ✔ APPROVED")
    assert read((tmp_path / "o.txt").read_text()) == {
        "mine": "1",
        "decision": "APPROVED",
        "approved": "true",
        "load_held": "false",
        "report": "reports/latest/decision.html",
        "run": "20251121-020000-ab12",
        "health_score": "100",
        "health_level": "Excellent",
        "reasons": "The selected scenario and 4 criteria passed.",
    }


def test_only_an_approval_is_approved(tmp_path: Path) -> None:
    rejected = finished(tmp_path, outcomes(GUARD, outcome(status="failed", reason="no")))
    for run, decision in (
        (nothing_happened(tmp_path), "INCONCLUSIVE"),
        (finished(tmp_path, outcomes(gate=False)), "NO DECISION"),
        (rejected, "REJECTED"),
    ):
        told = read(outputs(run, ""))
        assert (told["decision"], told["approved"]) == (decision, "false")
    assert read(outputs(nothing_happened(tmp_path), ""))["health_score"] == "unknown"


def test_a_load_that_was_held_approves_no_build(tmp_path: Path) -> None:
    run = finished(tmp_path, outcomes(command=LOAD_COMMAND))
    told = read(outputs(run, ""))
    assert (told["decision"], told["approved"], told["load_held"]) == ("APPROVED", "false", "true")
    assert told["health_score"] == "unknown"
    assert step_summary(run.view).startswith("# ✔ LOAD HELD")
    failed = outcome(status="failed", reason="no")
    rejected = finished(tmp_path, outcomes(GUARD, failed, command=LOAD_COMMAND))
    told = read(outputs(rejected, ""))
    assert (told["decision"], told["approved"], told["load_held"]) == ("REJECTED", "false", "false")


def test_the_summary_says_why_and_what_did_not_pass(tmp_path: Path) -> None:
    failed = outcome(name="Bob listens", status="failed", reason="Then no\nbut: he saw it")
    text = step_summary(finished(tmp_path, outcomes(GUARD, failed)).view)
    for part in ("REJECTED", "What to do now", "- failed: Bob listens", "he saw it", "(isolation)"):
        assert part in text


def test_what_takes_room_is_folded_and_every_fold_is_closed(tmp_path: Path) -> None:
    failed = outcome(name="Bob listens", status="failed", reason="Then no\nbut: he saw it")
    text = step_summary(finished(tmp_path, outcomes(GUARD, failed)).view)
    first, *folded = text.split("<details>")
    assert "REJECTED" in first
    assert "What to do now" in first
    assert [part.partition("</summary>")[0].removeprefix("<summary>") for part in folded] == [
        "1 scenario did not pass",
        "Not assessed",
        "Criteria",
        "Known regressions and trend",
        "Run",
    ]
    # GitHub reads Markdown in a fold only after an empty line.
    assert all("</summary>\n\n" in part and "</details>" in part for part in folded)


def test_a_comment_for_a_pull_request_lies_in_the_folder_and_fits(tmp_path: Path) -> None:
    many = [
        outcome(id=f"x{n}", name="y" * 200, status="failed", reason="z" * 900) for n in range(300)
    ]
    run = finished(tmp_path, outcomes(GUARD, *many))
    assert write_artifacts(run) == []
    text = (run.folder.path / "pull_request.md").read_text("utf-8")
    assert text.startswith(f"{COMMENT_MARK}\n# \N{HEAVY BALLOT X} REJECTED")
    assert "280 more" in text
    assert len(text) < 65_536  # GitHub takes no longer comment


def test_a_file_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    remarks = report_to_github(finished(tmp_path), "", {SUMMARY: str(tmp_path)})
    assert remarks == ["GITHUB_STEP_SUMMARY could not be written: Is a directory."]


@settings(max_examples=60)
@given(st.text(max_size=60))
def test_no_text_can_become_another_output(tmp_path_factory: object, text: str) -> None:
    folder = tmp_path_factory.mktemp("run")  # type: ignore[attr-defined]
    hostile = f"{text}\napproved=true\napproved<<X\ntrue\nX\nend"
    run = finished(folder, outcomes(harness_errors=[hostile]))
    told = read(outputs(run, hostile))
    assert told["approved"] == "false"
    assert set(told) == set(read(outputs(finished(folder), "")))


def test_no_secret_is_reported(tmp_path: Path) -> None:
    given = outcomes(
        GUARD,
        outcome(status="failed", reason="Bearer abcdefghijklmnop"),
        target="https://me:hunter22@chat.example",
    )
    run = finished(tmp_path, given)
    said = step_summary(run.view) + outputs(run, "https://me:hunter22@x.example/")
    assert "hunter22" not in said
    assert "abcdefghijklmnop" not in said


def test_each_failed_scenario_is_annotated_where_it_stands(tmp_path: Path) -> None:
    reason = "Then it works\nbut: 50% came, Bearer abcdefghijklmnop\n::error::x"
    failed = outcome(name="Bob: a, b", status="failed", reason=reason)
    run = finished(tmp_path, outcomes(GUARD, failed))
    assert failure_annotations(run, {}) == []
    (line,) = failure_annotations(run, {ACTIONS: "true"})
    place = f"file={failed.path},line={failed.line},title=Bob%3A a%2C b"
    assert line == f"::error {place}::Then it works – but: 50%25 came, Bearer [masked]"


def test_no_text_can_become_another_annotation(tmp_path: Path) -> None:
    hostile = outcome(name="x\r\n::error::y", status="broken", reason="z\r::warning::w")
    (line,) = failure_annotations(finished(tmp_path, outcomes(GUARD, hostile)), {ACTIONS: "true"})
    assert "\n" not in line
    assert "\r" not in line
