"""What real runs leave behind, whatever their end: every file there, and all of one mind."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from shutil import copytree
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
import strange_targets as strange
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from reference_process import Reference
from test_bad_input import TROUBLE, waiting
from throwaway import GOOD, Ran, Suite, agree

from support.cli import main
from support.report.artifacts import FILES
from support.report.render import for_markdown
from support.report.trend import RUNS
from support.report.validation_report import schema

BUNDLE = {"journal.jsonl.gz", "outcomes.json", "policy.json", "manifest.json", "verdict.json"}
DECISION = {"decision.html", "decision.md"}


def report(ran: Ran) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ran.folder / "validation_report.json").read_text("utf-8"))
    Draft202012Validator(json.loads(schema())).validate(found)
    return found


def consistent(ran: Ran, decision: str) -> dict[str, Any]:
    """Fail unless every file is there and tells of the same decision and scenarios; the report."""
    agree(ran, decision)
    for name in (*FILES, *BUNDLE, *DECISION):
        assert (ran.folder / name).is_file(), f"{name} is missing\n{ran.output}"
    assert "could not be written" not in ran.output
    found = report(ran)
    assert found["deployment"]["decision"] == decision
    assert found["deployment"]["evidence_sha256"] == ran.verdict["bundle_digest"]
    assert found["deployment"]["reasons"] == ran.verdict["reasons"]
    assert {s["name"]: s["status"] for s in found["execution"]["scenarios"]} == ran.statuses
    assert found["session"]["run_id"] == ran.folder.name
    root = junit(ran)
    wrong = int(root.get("failures", "")) + int(root.get("errors", ""))
    assert (wrong == 0) is (decision in ("APPROVED", "NO DECISION"))
    assert decision in (ran.folder / "badge.svg").read_text("utf-8")
    log = (ran.folder / "execution.log").read_text("utf-8")
    assert re.search(rf"Z INFO +{decision}: ", log)
    alerts = (ran.folder / "alerts.log").read_text("utf-8")
    assert ("CRITICAL" in alerts) is (decision not in ("APPROVED", "NO DECISION"))
    summary = json.loads((ran.folder / "monitoring/summary.json").read_text("utf-8"))
    assert summary["figures"] == found["monitoring"]["figures"]
    assert summary["decision"] == decision
    patterns = json.loads((ran.folder / "monitoring/failure_patterns.json").read_text("utf-8"))
    assert patterns["found"] == found["compliance"]["patterns"]
    markdown = (ran.folder / "decision.md").read_text("utf-8")
    for regression in found["regressions"]:
        assert f"{regression['state']}: " in markdown
        assert f"({for_markdown(regression['name'])})" in markdown
    return found


def junit(ran: Ran) -> Xml.Element:
    return Xml.parse(ran.folder / "junit.xml").getroot()


def history(suite: Suite) -> list[dict[str, Any]]:
    lines = (suite.reports / RUNS).read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_an_approved_run_leaves_everything_and_measured_something(suite: Suite) -> None:
    found = consistent(suite.run("--tags=@critical"), "APPROVED")
    figures = found["monitoring"]["figures"]
    normal = figures["normal_service"]
    assert normal["questions_asked"] == normal["questions_ended"] == 2
    assert figures["isolation"]["fences_held"] > 0
    assert figures["isolation"]["leaked_messages"] == 0
    assert normal["connect"]["longest"]["value"] > 0
    assert found["session"]["dialect"] == "agent-chat-v1"
    assert found["health"]["score"] == 100
    assert [run["decision"] for run in history(suite)] == ["APPROVED"]
    assert "no earlier runs" in (suite.reports / "latest/decision.md").read_text("utf-8")


def test_a_rejected_run_is_rejected_in_every_file(suite: Suite) -> None:
    suite.scenario("it goes wrong", tags="@regression.connection_leak")
    found = consistent(suite.run("--tags=@critical"), "REJECTED")
    states = {r["name"]: r for r in found["regressions"]}
    assert states["connection_leak"]["state"] == "broken"
    assert states["connection_leak"]["guards"] == ["The trap"]
    assert states["isolation"]["state"] == "not assessed"
    assert found["health"]["level"] in ("Degraded", "Critical")


def test_a_target_that_is_not_there_leaves_everything_and_no_figure(suite: Suite) -> None:
    with strange.refusing() as url:
        ran = suite.run("--tags=@critical", env={"GREENLIGHT_CHAT_URL": url})
    found = consistent(ran, "INCONCLUSIVE")
    assert "cannot be reached" in found["session"]["aborted"]
    assert (
        found["monitoring"]["figures"]["normal_service"]["event_latency"]["average"]["value"]
        is None
    )
    assert found["health"]["score"] is None
    assert found["execution"]["totals"]["not_run"] == 1
    assert history(suite)[0]["average_latency_ms"] is None


def test_a_run_ended_by_ctrl_c_leaves_everything(suite: Suite) -> None:
    suite.steps(TROUBLE)
    suite.scenario("Alice connects", "somebody waits in an async step")
    process = suite.start("--tags=@critical")
    waiting(suite, process)
    process.send_signal(2)
    ran = suite.ended(process)
    found = consistent(ran, ran.decision)
    assert "interrupted by Ctrl-C" in found["session"]["aborted"]
    assert found["execution"]["totals"]["passed"] == 0
    assert "ended early: The run was interrupted" in (ran.folder / "execution.log").read_text()


def test_a_run_whose_suite_breaks_leaves_everything(suite: Suite) -> None:
    suite.hooks("""
        def after_all(context):
            raise OSError("no route")
    """)
    found = consistent(suite.run("--tags=@critical"), "INCONCLUSIVE")
    assert "no route" in found["session"]["harness_errors"][0]


def test_a_rehearsal_leaves_everything_and_no_trace_in_the_history(suite: Suite) -> None:
    suite.scenario("all is well")
    found = consistent(suite.run(f"--name={GOOD}"), "NO DECISION")
    assert found["session"]["kind"] == "rehearsal"
    assert found["health"]["level"] == "Unknown"
    assert not (suite.reports / RUNS).exists()


def test_later_runs_show_earlier_ones_and_skip_what_they_cannot_read(suite: Suite) -> None:
    path = suite.folder / "env.toml"
    text = path.read_text("utf-8").replace('"memory_growth"', '"memory_growth", "degradation"')
    path.write_text(text, "utf-8")  # one scenario is too little for a comparison
    suite.run("--tags=@critical")
    with (suite.reports / RUNS).open("a", encoding="utf-8") as file:
        file.write("half a li\n")
    again = suite.run("--tags=@critical")
    assert "APPROVED" in again.output
    latest = suite.reports / "latest"
    found = json.loads((latest / "validation_report.json").read_text("utf-8"))
    assert [run["decision"] for run in found["trend"]["earlier"]] == ["APPROVED"]
    assert found["trend"]["remark"] == "1 of the records of earlier runs cannot be read."
    page = (latest / "decision.html").read_text("utf-8")
    assert "this run" in page
    assert found["trend"]["remark"] in page
    assert len((suite.reports / RUNS).read_text("utf-8").splitlines()) == 3


def test_junit_agrees_with_behaves_own_where_behaves_is_right(suite: Suite) -> None:
    suite.feature("""
        @functional @critical
        Feature: Ends
          Scenario: Good
            When all is well
          Scenario: Bad <&> “worse”
            When it goes wrong
          Scenario: Lacking
            When the deployment cannot do it
          Scenario Outline: Row
            When <step>
            Examples:
              | step           |
              | all is well    |
              | it goes wrong  |
        """)
    folder = suite.folder / "theirs"
    ran = suite.run("--tags=@critical", "--junit", f"--junit-directory={folder}", "--show-skipped")
    consistent(ran, "REJECTED")
    theirs: Counter[tuple[str, str]] = Counter()
    for path in folder.glob("*.xml"):
        for case in Xml.parse(path).getroot().iter("testcase"):
            name = str(case.get("name")).split(" -- @")[0]
            theirs[name, _end(case)] += 1
    ours: Counter[tuple[str, str]] = Counter()
    for case in junit(ran).iter("testcase"):
        if case.get("line"):
            ours[str(case.get("name")).split(" (")[0], _end(case)] += 1
    assert ours == theirs


def _end(case: Xml.Element) -> str:
    return next((c.tag for c in case if c.tag in ("failure", "error", "skipped")), "passed")


def test_a_workflow_is_reported_and_no_secret_with_it(suite: Suite, tmp_path: Path) -> None:
    told = {"GITHUB_STEP_SUMMARY": tmp_path / "summary.md", "GITHUB_OUTPUT": tmp_path / "outputs"}
    ran = suite.run("--tags=@critical", env={name: str(path) for name, path in told.items()})
    consistent(ran, "APPROVED")
    text = "".join(path.read_text("utf-8") for path in told.values())
    assert "# ✔ APPROVED" in text
    assert re.search(r"approved<<(end-\w+)\ntrue\n\1\n", text)
    assert "reports/latest/decision.html" in text
    assert suite.address["GREENLIGHT_JWT_SECRET"] not in text


def test_a_workflow_file_that_cannot_be_written_is_reported_and_the_verdict_stands(
    suite: Suite, tmp_path: Path
) -> None:
    ran = suite.run("--tags=@critical", env={"GITHUB_OUTPUT": str(tmp_path)})
    assert "GITHUB_OUTPUT could not be written: Is a directory." in ran.output
    assert (ran.code, ran.decision) == (0, "APPROVED")


def test_a_report_file_that_cannot_be_written_is_reported_and_the_verdict_stands(
    suite: Suite,
) -> None:
    suite.hooks("""
        def after_all(context):
            (context.session.run_dir / "junit.xml").mkdir()
        """)
    ran = suite.run("--tags=@critical")
    assert "junit.xml could not be written: Is a directory." in ran.output
    assert (ran.code, ran.decision) == (0, "APPROVED")
    report(ran)


def test_the_latency_limit_of_the_command_line_is_the_one_that_is_judged_by(
    suite: Suite,
) -> None:
    suite.feature("""
        @performance @critical
        Feature: Many events
          Scenario: A few at work
            Given Alice and Bob are chatting
            When everyone asks a question
            Then everyone has received the complete run, in order
          Scenario: And a few more
            Given Alice and Bob are chatting
            When everyone asks a question
            Then everyone has received the complete run, in order
        """)
    left = "event_delivery,operations,connections,p95_latency,p99_latency,memory_growth,recovery"
    flags = ("-D", f"policy.leave_out={left}", "-D", "latency_ms=750")
    ran = suite.run("--tags=@critical", *flags)
    agree(ran, "APPROVED")
    policy = json.loads((ran.folder / "policy.json").read_text("utf-8"))
    assert policy["average_latency_ms"] == 750
    (limited,) = [c for c in ran.verdict["criteria"] if c["name"] == "average_latency"]
    assert limited["limit"] == "≤ 750 ms"
    assert limited["required"]
    assert limited["state"] == "pass", limited


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory, reference: Reference) -> Path:
    """The folder of an approved run."""
    suite = Suite(tmp_path_factory.mktemp("left"), reference.address)
    return suite.run("--tags=@critical").folder


def test_an_edited_verdict_beside_its_bundle_is_noticed_and_exits_3(
    bundle: Path, tmp_path: Path
) -> None:
    copy = Path(copytree(bundle, tmp_path / "bundle"))
    text = (copy / "verdict.json").read_text("utf-8")
    (copy / "verdict.json").write_text(text.replace("APPROVED", "REJECTED"), "utf-8")
    judged = CliRunner().invoke(main, ["judge", str(copy)])
    assert judged.exit_code == 3
    assert "ALTERED after the run: verdict.json." in judged.stdout
    assert "verdict.json differs from what its evidence gives in: decision." in judged.stdout


@pytest.mark.parametrize("files", [("journal.jsonl.gz", "outcomes.json", "policy.json")])
def test_the_bare_bundle_is_enough_to_judge(
    bundle: Path, tmp_path: Path, files: tuple[str, ...]
) -> None:
    for name in (*files, "manifest.json"):
        (tmp_path / name).write_bytes((bundle / name).read_bytes())
    judged = CliRunner().invoke(main, ["judge", str(tmp_path)])
    assert judged.exit_code == 0
    assert "The evidence is consistent, not signed." in judged.stdout
