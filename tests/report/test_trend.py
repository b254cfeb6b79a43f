"""How a run compares with those before it, whatever lies in the file."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as Xml

import msgspec
import pytest
from finished_samples import finished, outcomes

from support.report import trend as trends
from support.report.artifacts import write_artifacts
from support.report.render import decision_html, decision_markdown
from support.report.trend import RUNS, PastRun, add_run, runs_before
from support.report.view import NO_EARLIER, NOT_KEPT

SVG = "{http://www.w3.org/2000/svg}"
TARGET, ENVIRONMENT = "https://chat.staging.example", "staging"


def past(number: int = 1, **what: object) -> PastRun:
    usual = {
        "run": f"run-{number}",
        "target": TARGET,
        "environment": ENVIRONMENT,
        "build": "1",
        "decision": "APPROVED",
        "started": 1_763_690_000.0 + number,
        "duration_s": 12.0,
        "scenarios_passed": 60,
        "scenarios_selected": 60,
        "average_latency_ms": 1.5,
    }
    return PastRun(**{**usual, **what})  # type: ignore[arg-type]


def runs(folder: Path) -> list[str]:
    return [run.run for run in runs_before(folder, TARGET, ENVIRONMENT).earlier]


def test_the_first_run_has_none_before_it_and_says_so(tmp_path: Path) -> None:
    run = finished(tmp_path)
    assert run.trend.earlier == ()
    assert run.trend.this is not None
    assert NO_EARLIER in decision_markdown(run.view)
    assert NO_EARLIER in decision_html(run.view)


def test_runs_are_remembered_oldest_first(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        add_run(tmp_path, past(number))
    assert runs(tmp_path) == ["run-1", "run-2", "run-3"]


def test_only_runs_of_the_same_target_and_environment_are_compared(tmp_path: Path) -> None:
    add_run(tmp_path, past(1, target="https://other.example"))
    add_run(tmp_path, past(2, environment="production"))
    add_run(tmp_path, past(3))
    assert runs(tmp_path) == ["run-3"]


def test_a_password_in_the_address_makes_no_other_target_and_is_not_kept(tmp_path: Path) -> None:
    given = outcomes(target="https://me:hunter22@chat.staging.example")
    write_artifacts(finished(tmp_path, given))
    assert len(runs(tmp_path)) == 1
    assert b"hunter22" not in (tmp_path / RUNS).read_bytes()


def test_only_the_last_are_shown(tmp_path: Path) -> None:
    for number in range(30):
        add_run(tmp_path, past(number))
    assert runs(tmp_path) == [f"run-{number}" for number in range(20, 30)]


@pytest.mark.parametrize(
    "line", [b"{", b"null", b"[]", b"\xff\xfe", b'{"run": "x"}', b"[" * 100_000]
)
def test_a_line_that_cannot_be_read_is_left_out_and_reported(tmp_path: Path, line: bytes) -> None:
    add_run(tmp_path, past(1))
    with (tmp_path / RUNS).open("ab") as file:
        file.write(line + b"\n")
    add_run(tmp_path, past(2))
    found = runs_before(tmp_path, TARGET, ENVIRONMENT)
    assert [run.run for run in found.earlier] == ["run-1", "run-2"]
    assert found.remark == "1 of the records of earlier runs cannot be read."
    run = finished(tmp_path)
    assert found.remark in decision_markdown(run.view)


def test_a_line_cut_short_does_not_spoil_the_next(tmp_path: Path) -> None:
    add_run(tmp_path, past(1))
    content = (tmp_path / RUNS).read_bytes()
    (tmp_path / RUNS).write_bytes(content + content[:30])
    add_run(tmp_path, past(2))
    assert runs(tmp_path) == ["run-1", "run-2"]


def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    (tmp_path / RUNS).mkdir()
    found = runs_before(tmp_path, TARGET, ENVIRONMENT)
    assert found.remark == "Earlier runs could not be read: Is a directory."


def test_the_file_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trends, "_TRIM_BYTES", 2_000)
    monkeypatch.setattr(trends, "KEPT", 5)
    for number in range(50):
        add_run(tmp_path, past(number))
    assert len((tmp_path / RUNS).read_bytes().splitlines()) < 15
    assert runs(tmp_path)[-1] == "run-49"


def test_gate_runs_are_remembered_and_rehearsals_are_not(tmp_path: Path) -> None:
    rehearsal = finished(tmp_path, outcomes(gate=False))
    assert write_artifacts(rehearsal) == []
    assert not (tmp_path / RUNS).exists()
    assert NOT_KEPT in decision_markdown(rehearsal.view)
    write_artifacts(finished(tmp_path))
    kept = msgspec.json.decode((tmp_path / RUNS).read_bytes(), type=PastRun)
    assert (kept.decision, kept.scenarios_passed, kept.duration_s) == ("APPROVED", 1, 10.0)


def test_the_table_ends_with_this_run_and_invents_no_figure(tmp_path: Path) -> None:
    add_run(tmp_path, past(1, p95_latency_ms=None))
    run = finished(tmp_path)
    page = decision_markdown(run.view)
    rows = page.partition("## Trend")[2].partition("## Run details")[0].strip().splitlines()
    assert rows[2] == "| 2025-11-21 01:53 | APPROVED | 60 of 60 | 1.5 ms | not measured | 12 s |"
    assert rows[3].startswith("| this run | APPROVED | 1 of 1 |")
    assert "this run" in decision_html(run.view)


def test_figures_that_break_cost_no_decision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr("support.report.finished_run.figures_part", broken)
    run = finished(tmp_path)
    assert run.trend.this is None
    assert "ZeroDivisionError" in run.trend.remark


def test_the_runs_are_drawn_with_the_numbers_of_their_table(tmp_path: Path) -> None:
    add_run(tmp_path, past(1, decision="REJECTED", scenarios_passed=41, p95_latency_ms=88.25))
    add_run(tmp_path, past(2, decision="INCONCLUSIVE"))
    run = finished(tmp_path)
    (picture,) = [chart for chart in run.drawn if chart.name == "trend"]
    words = [text.text for text in Xml.fromstring(picture.svg).iter(f"{SVG}text")]
    for said in ("88.2 ms", "no p95", "REJECTED", "41/60", "INCONCL.", "APPROVED", "this run"):
        assert said in words
    assert "41 of 60 scenarios passed, p95 event latency 88.2 ms" in picture.svg
    page = decision_html(run.view)
    assert page.index('id="trend"') < page.index(picture.svg[:80]) < page.index('id="next"')
    assert page.count("<title>Trend</title>") == 1


def test_no_trend_is_drawn_of_a_first_run_or_a_rehearsal(tmp_path: Path) -> None:
    assert "trend" not in [chart.name for chart in finished(tmp_path).drawn]
    add_run(tmp_path, past(1))
    rehearsal = finished(tmp_path, outcomes(gate=False))
    assert "trend" not in [chart.name for chart in rehearsal.drawn]
