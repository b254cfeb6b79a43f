"""What a results directory says of the whole run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from report_samples import LIMITED, outcome, verdict

from support.approval.model import CiJob, Decision, Verdict
from support.report.allure.run_level import write_run_level
from support.report.charts import Chart
from support.report.view import view_of


def run_globals(folder: Path) -> dict[str, list[dict[str, str]]]:
    (path,) = folder.glob("*-globals.json")
    found: dict[str, list[dict[str, str]]] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("decision", ["REJECTED", "INCONCLUSIVE", "NO DECISION"])
def test_anything_but_an_approval_is_an_error_with_its_reasons(
    tmp_path: Path, decision: Decision
) -> None:
    write_run_level(tmp_path, view_of(verdict(decision), [outcome()]))
    (error,) = run_globals(tmp_path)["errors"]
    assert error["message"].startswith(f"{decision}: ")
    assert "Bob received 2 events" in error["message"]
    assert "What to do now: " in error["message"]


def test_an_approval_is_no_error(tmp_path: Path) -> None:
    write_run_level(tmp_path, view_of(verdict("APPROVED"), [outcome()]))
    assert "errors" not in run_globals(tmp_path)


@pytest.mark.parametrize(("judged", "heading"), LIMITED)
def test_what_an_approval_is_limited_to_is_said(
    tmp_path: Path, judged: Verdict, heading: str
) -> None:
    write_run_level(tmp_path, view_of(judged, [outcome()]))
    assert run_globals(tmp_path)["attachments"][0]["name"] == f"Decision: {heading}"
    lines = (tmp_path / "environment.properties").read_text(encoding="utf-8").splitlines()
    assert f"Decision={heading}" in lines


def test_the_decision_page_and_pictures_are_attached_once_however_often_told(
    tmp_path: Path,
) -> None:
    picture = tmp_path / "latency.png"
    picture.write_bytes(b"\x89PNG")
    folder = tmp_path / "results"
    for _ in range(2):
        write_run_level(
            folder,
            view_of(verdict(), [outcome()]),
            charts=[Chart("events", "Events by type", "<svg/>")],
            attachments={"Latency": picture},
        )
    shown = run_globals(folder)["attachments"]
    assert [(a["name"], a["type"]) for a in shown] == [
        ("Decision: REJECTED", "text/html"),
        ("Decision as text (decision.md)", "text/markdown"),
        ("Chart: Events by type", "image/svg+xml"),
        ("Latency", "image/png"),
    ]
    assert all((folder / a["source"]).is_file() for a in shown)


def test_surroundings_are_listed_without_secrets(tmp_path: Path) -> None:
    judged = verdict(
        target="wss://alice:hunter22@chat.example/ws?token=abcdef",
        build="a\nb = c:d",
        ci=CiJob(service="Jenkins", url="https://ci.example/job/gate/15/", ref="main"),
    )
    write_run_level(tmp_path, view_of(judged))
    lines = (tmp_path / "environment.properties").read_text(encoding="utf-8").splitlines()
    listed = dict(line.split("=", 1) for line in lines)
    assert listed["Decision"] == "REJECTED"
    assert listed["Deployment"] == "wss://chat.example/ws"
    assert listed["Build"] == "a b = c:d"
    assert listed["CI\\ job"] == "Jenkins, https://ci.example/job/gate/15/"
    assert listed["CI\\ job's\\ commit"] == "main"
    assert listed["behave"] == "1.3.3"
    everything = "".join(p.read_text(encoding="utf-8") for p in tmp_path.iterdir())
    assert "hunter22" not in everything
    assert "abcdef" not in everything
