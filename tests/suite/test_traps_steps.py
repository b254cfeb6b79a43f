"""Steps that pretend, give up, or try to take the run down with them."""

from __future__ import annotations

import pytest
from throwaway import GOOD, Suite, agree

ENDS = {
    "it goes wrong": "failed",
    "it breaks": "broken",
    "it is pending": "broken",
    "nobody has written this step": "broken",
    "the step is cancelled": "broken",
    "the async step is cancelled": "broken",
    "the step ends the process with status 0": "broken",
    "the async step ends the process with status 0": "broken",
    "a clean-up is promised that fails": "broken",
    "the deployment cannot do it": "skipped",
    "nobody can say, since the deployment does not offer it": "skipped",
}


@pytest.mark.parametrize("step", ENDS)
def test_a_gate_with_a_step_like_this_is_never_approved_and_goes_on(
    suite: Suite, step: str
) -> None:
    suite.scenario(step)
    ran = suite.run("--tags=@critical")
    agree(ran, "INCONCLUSIVE" if ENDS[step] == "skipped" else "REJECTED")
    assert ran.statuses == {"The trap": ENDS[step], GOOD: "passed"}
    assert ran.shown == {"The trap": ENDS[step], GOOD: "passed"}
    assert "Traceback" not in ran.verdict["reasons"][0]


def test_a_rehearsal_shows_each_of_these_steps_as_it_ended_and_does_not_exit_0(
    suite: Suite,
) -> None:
    scenarios = [f"  Scenario: About “{step}”\n    When {step}\n" for step in ENDS]
    suite.feature("@functional @critical\nFeature: Trap\n" + "".join(scenarios))
    ran = suite.run("--tags=@functional")
    agree(ran, "NO DECISION")
    assert ran.code == 1
    assert ran.shown == ran.statuses == {f"About “{step}”": end for step, end in ENDS.items()}


@pytest.mark.parametrize(
    ("option", "decision"),
    [("--tags=@critical", "REJECTED"), ("--wip", "NO DECISION"), ("--tags=@wip", "NO DECISION")],
)
def test_a_pending_step_under_wip_never_passes(suite: Suite, option: str, decision: str) -> None:
    suite.scenario("it is pending", tags="@wip")
    ran = suite.run(option)
    agree(ran, decision)
    assert ran.code != 0
    assert ran.shown["The trap"] == "broken"


def test_a_scenario_in_a_rule_that_fails_is_seen_by_everybody(suite: Suite) -> None:
    suite.feature("""
        @functional @critical
        Feature: Trap
          Rule: Whatever happens
            Scenario: Inside a rule
              When it goes wrong
    """)
    ran = suite.run("--tags=@critical")
    agree(ran, "REJECTED")
    assert ran.shown == {"Inside a rule": "failed", GOOD: "passed"}


def test_the_loop_goes_on_between_steps_and_under_a_step_that_blocks(suite: Suite) -> None:
    suite.steps("""
        import asyncio, time
        from behave import step

        @step("a clock ticks")
        async def starts(context):
            context.ticks = []
            async def tick():
                while True:
                    context.ticks.append(time.monotonic())
                    await asyncio.sleep(0.01)
            context.clock = asyncio.create_task(tick())

        @step("a step blocks")
        def blocks(context):
            context.since = time.monotonic()
            time.sleep(0.5)

        @step("the clock has kept its pace")
        def kept(context):
            during = [t for t in context.ticks if t > context.since]
            context.session.loop.loop.call_soon_threadsafe(context.clock.cancel)
            assert len(during) >= 25, f"{len(during)} ticks in half a second"
    """)
    suite.scenario("a clock ticks", "a step blocks", "the clock has kept its pace")
    agree(suite.run("--tags=@critical"), "APPROVED")


def test_a_step_that_calls_asyncio_run_leaves_connections_alive(suite: Suite) -> None:
    suite.steps("""
        import asyncio
        from behave import step

        @step("a sync step calls asyncio.run")
        def runs(context):
            asyncio.run(asyncio.sleep(0))
    """)
    suite.scenario(
        "Alice connects",
        "a sync step calls asyncio.run",
        "Alice asks a question",
        "Alice gets the answer",
        "Alice disconnects",
        "Alice's connection was closed cleanly",
        "Alice has received the complete run, in order",
    )
    suite.write(
        "features/functional/trap.feature",
        (suite.folder / "features/functional/trap.feature")
        .read_text()
        .replace("When Alice's", "Then Alice's")
        .replace("When Alice has", "Then Alice has"),
    )
    agree(suite.run("--tags=@critical"), "APPROVED")


def test_another_formatter_with_a_file_leaves_the_allure_results_complete(suite: Suite) -> None:
    suite.scenario("it goes wrong")
    ran = suite.run("-f", "json", "-o", "out.json", "-f", "progress", "--tags=@critical")
    agree(ran, "REJECTED")
    assert ran.shown == {"The trap": "failed", GOOD: "passed"}
    assert (suite.folder / "out.json").stat().st_size > 0


def test_another_formatter_for_allure_is_refused_because_both_would_spoil_each_other(
    suite: Suite,
) -> None:
    ran = suite.run("-f", "allure_behave.formatter:AllureFormatter", "-o", "stock")
    assert ran.code != 0
    assert "every run writes Allure's results itself" in ran.output
    assert ran.left_nothing
