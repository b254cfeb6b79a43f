"""A run on several processes: one journal, one verdict, the same as that of one process."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psutil
import pytest
from test_bad_input import TROUBLE, waiting
from test_gate_command import ENDING
from throwaway import GATE, Ran, Suite, agree

ON_TWO = ("--tags=@critical", "-D", "jobs=2")
OWN_SERVICES = ("-D", "reference.bundled=true")
SHAPES = """
    @functional @critical
    Feature: Every shape of a scenario
      Background:
        Given Alice and Bob are chatting

      Scenario: By itself
        When Alice asks a question

      Scenario Outline: In an outline
        When <name> asks a question

        Examples:
          | name  |
          | Alice |
          | Bob   |

      Rule: There are rules
        Scenario: In a rule
          When Alice asks a question
"""


def processes_of(suite: Suite) -> list[psutil.Process]:
    """Every process that a run of this suite has started and that still runs."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("GREENLIGHT_REPORTS") == str(suite.reports):
                found.append(process)
        except psutil.Error:
            continue
    return found


def all_ended(suite: Suite, within_s: float = 15.0) -> bool:
    deadline = time.monotonic() + within_s
    while left := processes_of(suite):
        if time.monotonic() > deadline:
            return False
        psutil.wait_procs(left, timeout=0.2)
    return True


def assert_one_journal(ran: Ran) -> None:
    """Records numbered from 1, one head, and nothing left of the journals of the workers."""
    assert [r["seq"] for r in ran.journal] == list(range(1, len(ran.journal) + 1))
    assert [r["kind"] for r in ran.journal].count("opened") == 1
    assert ran.journal[0]["kind"] == "opened"
    assert [p.name for p in ran.folder.glob("journal*")] == ["journal.jsonl.gz"]


def test_every_scenario_runs_once_whatever_it_stands_in(suite: Suite) -> None:
    suite.feature(SHAPES)
    alone = suite.run("--tags=@critical")
    agree(alone, "APPROVED")
    on_two = Suite.run(_beside(suite), *ON_TWO)
    agree(on_two, "APPROVED")
    assert on_two.statuses == alone.statuses
    assert on_two.shown == alone.shown
    assert_one_journal(on_two)
    started = [r for r in on_two.journal if r["kind"] == "scenario_started"]
    assert len({r["scenario"] for r in started}) == len(started) == 5


def test_bundled_services_are_compared_each_with_itself(tmp_path: Path) -> None:
    suite = Suite(tmp_path, {})
    suite.feature(SHAPES)
    ran = suite.run(*ON_TWO, *OWN_SERVICES)
    agree(ran, "APPROVED")
    looks = [r for r in ran.journal if r.get("name") == "target_memory_bytes"]
    assert {look.get("service", 0) for look in looks} == {0, 1}
    assert all_ended(suite)


def test_what_fails_is_rejected_for_the_same_reason(suite: Suite) -> None:
    suite.scenario("Alice connects", "it goes wrong")
    alone = suite.run("--tags=@critical")
    on_two = Suite.run(_beside(suite), *ON_TWO)
    agree(on_two, "REJECTED")
    assert on_two.reasons == alone.reasons
    assert "✘ features/functional/trap.feature:4 The trap: " in on_two.output, on_two.output


@pytest.mark.parametrize(
    ("step", "how"),
    [
        ("the process ends with os._exit", "with status 0"),
        ("the process becomes another", "with status 0"),
        ("the process crashes", "by signal 11"),
        ("the process is killed", "by signal 9"),
    ],
)
def test_a_worker_that_ends_decides_nothing_and_keeps_what_it_saw(
    suite: Suite, step: str, how: str
) -> None:
    suite.steps(ENDING)
    suite.scenario("Alice connects", step)
    ran = suite.run(*ON_TWO)
    agree(ran, "INCONCLUSIVE")
    assert f"A process of the run ended {how} in the middle of “The trap”." in ran.reasons
    assert ran.statuses["The trap"] == "not_run"
    assert any(record["kind"] == "connected" for record in ran.journal)
    assert_one_journal(ran)
    assert all_ended(suite)


@pytest.mark.parametrize(
    ("number", "step"),
    [
        (signal.SIGINT, "an async step"),
        (signal.SIGTERM, "a sync step"),
        (signal.SIGHUP, "a sync step"),
    ],
)
def test_a_signal_ends_all_of_it_in_good_order(
    tmp_path: Path, number: signal.Signals, step: str
) -> None:
    suite = Suite(tmp_path, {})
    suite.steps(TROUBLE)
    suite.scenario("Alice connects", f"somebody waits in {step}")
    process = suite.start(*ON_TWO, *OWN_SERVICES)
    waiting(suite, process)
    process.send_signal(number)
    ran = suite.ended(process, within_s=20)
    agree(ran, "INCONCLUSIVE")
    assert "The run was interrupted by" in ran.reasons
    assert ran.statuses["The trap"] == "not_run"
    assert any(record["kind"] == "connected" for record in ran.journal)
    assert all_ended(suite)


def test_a_parent_that_is_killed_leaves_nobody_behind(tmp_path: Path) -> None:
    suite = Suite(tmp_path, {})
    suite.steps(TROUBLE)
    suite.scenario("Alice connects", "somebody waits in a sync step")
    process = suite.start(*ON_TWO, *OWN_SERVICES)
    waiting(suite, process)
    assert len(processes_of(suite)) >= 5, "the parent, two workers, two services"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert all_ended(suite, within_s=30)


def test_ctrl_c_in_a_terminal_reaches_everybody_and_the_verdict_is_sealed(suite: Suite) -> None:
    suite.steps(TROUBLE)
    suite.scenario("Alice connects", "somebody waits in a sync step")
    process = suite.start(*ON_TWO[1:], command=GATE)
    waiting(suite, process)
    for _ in range(3):
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.01)
    ran = suite.ended(process, within_s=20)
    agree(ran, "INCONCLUSIVE")
    assert all_ended(suite)


def test_what_needs_an_order_runs_one_after_the_other(suite: Suite) -> None:
    suite.scenario("all is well")
    ran = suite.run(*ON_TWO, "-f", "plain")
    agree(ran, "APPROVED")
    assert "Scenarios run one after the other: another format was asked for" in ran.output


def _beside(suite: Suite) -> Suite:
    """The same suite, with another folder for its reports."""
    suite.reports = suite.reports.with_name("reports-on-two")
    return suite
