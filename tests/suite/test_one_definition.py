"""Each figure is defined once: whatever file shows it, it is the one that the journal gives, and
terminal, pages, JSON, JUnit, Prometheus, badge, pictures and GitHub say the same."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest
from recomputed import disagreements, recomputed
from reference_process import Reference
from run_files import journal_lines, write_lines
from said_everywhere import contradictions
from test_bad_input import TROUBLE, waiting
from throwaway import ROOT, Ran, Suite

#: Enough of everything: events, pings, cuts and recoveries, refusals.
FEATURES = (
    "functional/agent_events.feature",
    "functional/connection.feature",
    "resilience/recovery.feature",
)


#: Its scenario is hit by the end of the run in the middle of what it measures.
WAITS = """
    @security @critical
    Feature: Waiting
      Scenario: The run ends before it does
        Given Alice and Bob are chatting
        When everyone asks a question
        Then everyone has received the complete run, in order
        When somebody waits in an async step
"""


def made(folder: Path, reference: Reference, features: Sequence[str] = FEATURES) -> Suite:
    suite = Suite(folder, reference.address)
    for feature in features:
        deployment = suite.folder / "features" / feature
        deployment.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "features" / feature, deployment)
    return suite


def github(folder: Path) -> dict[str, str]:
    """What GitHub asks for: a summary, and outputs for later steps."""
    names = ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")
    return {name: str(folder / f"{name}.txt") for name in names}


@pytest.fixture(scope="module")
def approved(tmp_path_factory: pytest.TempPathFactory, reference: Reference) -> Ran:
    folder = tmp_path_factory.mktemp("approved")
    return made(folder, reference).run("--tags=@critical", env=github(folder), within_s=200)


@pytest.fixture(scope="module")
def rejected(tmp_path_factory: pytest.TempPathFactory, reference: Reference) -> Ran:
    folder = tmp_path_factory.mktemp("rejected")
    suite = made(folder, reference)
    suite.scenario("it goes wrong")
    return suite.run("--tags=@critical", env=github(folder), within_s=200)


@pytest.fixture(scope="module")
def cut_short(tmp_path_factory: pytest.TempPathFactory, reference: Reference) -> Ran:
    """Rejected, and ended by Ctrl-C in the middle of a scenario."""
    folder = tmp_path_factory.mktemp("cut")
    suite = made(folder, reference, FEATURES[:1])
    suite.scenario("it goes wrong")
    suite.steps(TROUBLE)
    suite.feature(WAITS, "security/waiting.feature")
    process = suite.start("--tags=@critical", env=github(folder))
    waiting(suite, process, within_s=60)
    process.send_signal(signal.SIGINT)
    return suite.ended(process)


def places_that_differ(ran: Ran, folder: Path | None = None) -> list[str]:
    """Figures that are not the journal's, and words that are not the verdict's."""
    where = folder or ran.folder
    told = [Path(path).read_text("utf-8") for path in github(ran.reports.parent).values()]
    return [*disagreements(where, ran.output), *contradictions(where, ran.output, *told)]


def test_every_place_tells_of_an_approved_run_as_its_journal_and_verdict(approved: Ran) -> None:
    assert approved.decision == "APPROVED", approved.output
    assert places_that_differ(approved) == []


def test_every_place_tells_of_a_rejected_run_as_its_journal_and_verdict(rejected: Ran) -> None:
    assert rejected.decision == "REJECTED", rejected.output
    assert places_that_differ(rejected) == []


def test_no_figure_of_the_verdict_counts_a_scenario_that_was_cut_short(cut_short: Ran) -> None:
    assert cut_short.decision == "REJECTED", cut_short.output
    ends = {
        r.get("status"): r["scenario"] for r in cut_short.journal if r["kind"] == "scenario_ended"
    }
    received = [
        r for r in cut_short.journal if r["kind"] == "frame" and r["scenario"] == ends["cut_short"]
    ]
    assert received
    assert places_that_differ(cut_short) == []


def test_there_was_something_to_compare_in_normal_service_and_under_faults(approved: Ran) -> None:
    found = recomputed(approved.folder)
    for kind in ("normal_service", "under_fault"):
        assert found[kind]["scenarios"] > 3
        assert len(found[kind]["event_latency"]) > 20
        assert len(found[kind]["connect"]) > 5
    assert found["normal_service"]["ping_round_trip"]


@pytest.mark.parametrize(
    ("name", "true", "false"),
    [
        ("metrics.prom", 'user="others"} 0.0', 'user="others"} 7.0'),
        ("junit.xml", '<testsuites name="greenlight" tests="', '<testsuites name="g" tests="1'),
        ("monitoring/events.svg", " of ", " out of "),
        ("verdict.json", '"latency_average_ms": ', '"latency_average_ms": 9'),
        ("badge.svg", "APPROVED", "REJECTED"),
        ("pull_request.md", " scenarios passed", "0 scenarios passed"),
        ("junit.xml", 'value="pass: 0 leaks in ', 'value="pass: 7 leaks in '),
        ("execution.log", " scenarios passed in", "0 scenarios passed in"),
    ],
)
def test_a_file_that_shows_another_figure_is_noticed(
    approved: Ran, tmp_path: Path, name: str, true: str, false: str
) -> None:
    copy = tmp_path / approved.folder.name
    shutil.copytree(approved.folder, copy)
    shutil.copy(approved.reports / "runs.jsonl", tmp_path)
    text = (copy / name).read_text("utf-8")
    assert true in text
    (copy / name).write_text(text.replace(true, false), "utf-8")
    assert places_that_differ(approved, copy) != []


def test_a_journal_with_an_event_more_is_noticed(approved: Ran, tmp_path: Path) -> None:
    copy = tmp_path / approved.folder.name
    shutil.copytree(approved.folder, copy)
    shutil.copy(approved.reports / "runs.jsonl", tmp_path)
    lines = journal_lines(copy)
    more = next(line for line in lines if b'"fact":"event"' in line)
    assert json.loads(more)["kind"] == "frame"
    write_lines(copy, [*lines, more])
    assert any("events" in sentence for sentence in disagreements(copy))
