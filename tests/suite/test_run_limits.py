"""When a run ends early: its time is up, or it can only be rejected."""

from __future__ import annotations

import pytest
from throwaway import GOOD, Ran, Suite, agree

from support.approval import Outcome
from support.config import Environment
from support.run.cost import Expected
from support.run.parallel.limits import Limits
from support.run.parallel.schedule import Schedule

RUN = ("-m", "support.cli", "run")
BASIC = """
    @functional @critical
    Feature: Basic
      @B1
      Scenario: Nobody can connect
        When it goes wrong
      Scenario: Much later
        When all is well
      Scenario: Later still
        When all is well
"""


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def outcome(status: str = "failed", name: str = "It") -> Outcome:
    return Outcome(
        id=name, feature="F", name=name, path="f", line=1, category="security", status=status
    )


def limits(clock: Clock, *, gate: bool = True, **settings: object) -> Limits:
    return Limits(Environment(**settings), gate=gate, clock=clock)


def never_ran(ran: Ran) -> dict[str, str]:
    """Why scenarios never ran, by their names."""
    return {gap["what"]: gap["why"] for gap in ran.verdict["not_assessed"]}


def test_a_run_has_ten_minutes_or_what_it_is_given() -> None:
    clock = Clock()
    usual, given = limits(clock), limits(clock, patience={"whole_run_s": "20m"})
    clock.now = 599
    assert not usual.time_is_up()
    clock.now = 601
    assert "ended after 10 min" in usual.time_is_up()
    assert not given.time_is_up()


def test_a_slow_deployment_has_more_time_unless_it_is_said() -> None:
    clock, slow = Clock(), Expected(scenarios=100, turns=1000)
    usual = limits(clock, chat_url="ws://x.test")
    given = limits(clock, chat_url="ws://x.test", patience={"whole_run_s": 600})
    for one in (usual, given):
        one.expect(slow)
    clock.now = 700
    assert (usual.time_is_up(), bool(given.time_is_up())) == ("", True)


@pytest.mark.parametrize(
    ("failed_s", "ended_s"), [(5, 65), (20, 80), (45, 80), (60, 90), (200, 230)]
)
def test_after_a_failure_a_gate_goes_on_for_a_minute_or_less_where_it_came_late(
    failed_s: float, ended_s: float
) -> None:
    clock = Clock()
    gate = limits(clock)
    assert not gate.rejects(outcome("passed"))
    clock.now = failed_s
    assert not gate.decided()
    assert gate.rejects(outcome())
    clock.now = ended_s - 1
    gate.rejects(outcome())
    assert not gate.decided()
    clock.now = ended_s + 1
    assert "after its first failure: it can only be rejected" in gate.decided()


@pytest.mark.parametrize(
    ("after_s", "failed_s", "after"), [(600, 100, "10 min"), (60, 200, "1 min")]
)
def test_a_time_that_was_set_is_not_shortened_by_a_late_failure(
    after_s: int, failed_s: int, after: str
) -> None:
    clock = Clock()
    gate = limits(clock, patience={"after_rejection_s": after_s})
    clock.now = failed_s
    gate.rejects(outcome())
    clock.now = failed_s + after_s - 1
    assert not gate.decided()
    clock.now = failed_s + after_s + 1
    assert f"ended {after} after its first failure" in gate.decided()


@pytest.mark.parametrize("status", ["passed", "skipped", "not_run"])
def test_what_does_not_fail_decides_nothing(status: str) -> None:
    assert not limits(Clock()).rejects(outcome(status))


def test_a_rehearsal_is_not_rejected_and_a_known_failure_rejects_nothing() -> None:
    known = {
        "scenario": "It",
        "owner": "me",
        "reason": "known",
        "expires": "2999-01-01",
    }
    assert not limits(Clock(), gate=False).rejects(outcome())
    accepting = limits(Clock(), policy={"accepted_failures": [known]})
    assert not accepting.rejects(outcome())
    assert accepting.rejects(outcome(name="Another"))


def test_no_stage_begins_while_an_earlier_one_runs() -> None:
    tags = {1: set[str](), 2: {"regression.isolation"}, 3: {"B1"}, 4: {"B1"}}
    schedule = Schedule(tags, {}, own_services=True, staged=True)
    assert [schedule.take([]), schedule.take([3]), schedule.take([3, 4])] == [3, 4, None]
    assert schedule.stage(3) == "connectivity"
    assert [schedule.take([]), schedule.take([2])] == [2, None]
    assert schedule.take([]) == 1
    assert schedule.stage(1) == ""


def test_a_failure_of_a_basic_scenario_ends_a_run_in_stages(suite: Suite) -> None:
    suite.feature(BASIC, "functional/basic.feature")
    ran = suite.run("--stages", "--jobs", "2", command=RUN)
    agree(ran, "REJECTED")
    assert ran.statuses == {
        "Nobody can connect": "failed",
        "Much later": "not_run",
        "Later still": "not_run",
        GOOD: "not_run",
    }
    assert "“Nobody can connect” failed" in ran.reasons
    assert "the run ended with its stage “connectivity”" in never_ran(ran)["Later still"]
    assert "Nobody can connect" in ran.verdict["reasons"][0]


def test_a_rejected_run_ends_when_its_time_for_more_is_over(suite: Suite) -> None:
    suite.steps("""
        import asyncio
        from behave import step

        @step("somebody waits for long")
        async def waits(context): await asyncio.sleep(60)
    """)
    suite.feature("""
        @functional @critical
        Feature: Traps
          Scenario: It fails
            When it goes wrong
          Scenario: It waits
            When somebody waits for long
    """)
    ran = suite.run("--jobs", "3", "-D", "patience.after_rejection_s=0", command=RUN)
    agree(ran, "REJECTED")
    assert ran.statuses["It waits"] == "not_run"
    assert "it can only be rejected" in never_ran(ran)["It waits"]
    assert "It fails" in ran.verdict["reasons"][0]
    assert "it can only be rejected" not in ran.reasons


def test_a_run_that_takes_too_long_decides_nothing(suite: Suite) -> None:
    suite.steps("""
        import time
        from behave import step

        @step("a step hangs")
        def hangs(context): time.sleep(60)
    """)
    suite.scenario("a step hangs")
    ran = suite.run("--jobs", "2", "--timeout", "3s", command=RUN)
    agree(ran, "INCONCLUSIVE")
    assert "The run was ended after 3" in ran.reasons
    assert ran.statuses["The trap"] == "not_run"


def test_categories_are_a_rehearsal(suite: Suite) -> None:
    suite.scenario("all is well")
    ran = suite.run("--categories", "functional", command=RUN)
    assert (ran.code, ran.decision) == (0, "NO DECISION")
    assert ran.statuses == {"The trap": "passed"}


def test_a_rehearsal_that_fails_does_not_exit_0(suite: Suite) -> None:
    suite.scenario("it goes wrong")
    ran = suite.run("--tags", "@functional", "--ci", command=RUN)
    assert (ran.code, ran.decision) == (1, "NO DECISION")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--categories", "safety"), "there is no category 'safety'"),
        (("--timeout", "soon"), "'soon' is no duration such as 90s, 10m or 1h"),
        (("--jobs", "0"), "'0' is neither a number from 1 to 64 nor auto"),
        (("--performance-threshold", "0"), "0"),
        (("--environment", "nowhere"), "there is no environment 'nowhere'"),
    ],
)
def test_values_that_mean_nothing_are_refused(
    suite: Suite, options: tuple[str, ...], words: str
) -> None:
    ran = suite.run(*options, command=RUN)
    assert ran.code != 0
    assert words in ran.output
    assert ran.left_nothing
