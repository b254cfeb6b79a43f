"""Each figure is defined once: whatever file shows it, it is the one that the journal gives."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from recomputed import disagreements, recomputed
from reference_process import Reference
from run_files import journal_lines, write_lines
from throwaway import ROOT, Ran, Suite

#: Enough of everything: events, pings, cuts and recoveries, refusals.
FEATURES = (
    "functional/agent_events.feature",
    "functional/connection.feature",
    "resilience/recovery.feature",
)


def gate(folder: Path, reference: Reference, *, rejected: bool) -> Ran:
    suite = Suite(folder, reference.address)
    for feature in FEATURES:
        deployment = suite.folder / "features" / feature
        deployment.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "features" / feature, deployment)
    if rejected:
        suite.scenario("it goes wrong")
    return suite.run("--tags=@critical", within_s=200)


@pytest.fixture(scope="module")
def approved(tmp_path_factory: pytest.TempPathFactory, reference: Reference) -> Ran:
    return gate(tmp_path_factory.mktemp("approved"), reference, rejected=False)


@pytest.fixture(scope="module")
def rejected(tmp_path_factory: pytest.TempPathFactory, reference: Reference) -> Ran:
    return gate(tmp_path_factory.mktemp("rejected"), reference, rejected=True)


def test_every_file_of_an_approved_run_shows_the_figures_of_its_journal(approved: Ran) -> None:
    assert approved.decision == "APPROVED", approved.output
    assert disagreements(approved.folder, approved.output) == []


def test_every_file_of_a_rejected_run_shows_the_figures_of_its_journal(rejected: Ran) -> None:
    assert rejected.decision == "REJECTED", rejected.output
    assert disagreements(rejected.folder, rejected.output) == []


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
    assert disagreements(copy) != []


def test_a_journal_with_an_event_more_is_noticed(approved: Ran, tmp_path: Path) -> None:
    copy = tmp_path / approved.folder.name
    shutil.copytree(approved.folder, copy)
    shutil.copy(approved.reports / "runs.jsonl", tmp_path)
    lines = journal_lines(copy)
    more = next(line for line in lines if b'"fact":"event"' in line)
    assert json.loads(more)["kind"] == "frame"
    write_lines(copy, [*lines, more])
    assert any("events" in sentence for sentence in disagreements(copy))
