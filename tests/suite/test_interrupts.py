"""A run that is interrupted, at any moment: a verdict is sealed, and what was cut fails nothing."""

from __future__ import annotations

import os
import signal
import stat

import pytest
from throwaway import GOOD, Suite, agree

MOMENTS = {
    "in a step": "",
    "before all": "def before_all(context): signalled()",
    "before a feature": "def before_feature(context, feature): signalled(feature)",
    "before a tag": "def before_tag(context, tag): signalled()",
    "before a step": "def before_step(context, step): signalled(step)",
    "after a step": "def after_step(context, step): signalled(step)",
    "before a scenario": """
        _before = before_scenario
        def before_scenario(context, scenario):
            signalled(scenario)
            _before(context, scenario)
        """,
    "at the end of the preparation of a scenario": """
        _before = before_scenario
        def before_scenario(context, scenario):
            _before(context, scenario)
            signalled(scenario)
        """,
    "after a scenario": """
        _after = after_scenario
        def after_scenario(context, scenario):
            signalled(scenario)
            _after(context, scenario)
        """,
    "in a clean-up": """
        _before = before_scenario
        def before_scenario(context, scenario):
            _before(context, scenario)
            context.add_cleanup(signalled, scenario)
        """,
    "after a feature": "def after_feature(context, feature): signalled(feature)",
    "after all": "def after_all(context): signalled()",
    "while the run is closed": """
        def after_all(context):
            close = context.session.close
            def closing():
                signalled()
                close()
            context.session.close = closing
        """,
}
SIGNALLED = """
import os, signal
def signalled(element=None):
    if element is None or "rap" in element.name or "in a step" in element.name:
        for _ in range(3):
            os.kill(os.getpid(), signal.{name})
"""
TRAP = """
    @functional @critical
    Feature: A trap
      Scenario: The trap
        Given Alice is chatting
        When a signal arrives in a step, if it is to
        And Alice asks a question
      Scenario: Another
        When all is well
"""
STEPS = """
    import os, signal
    from behave import step

    @step("a signal arrives in a step, if it is to")
    def arrives(context):
        for number in map(int, filter(None, [os.environ.get("SIGNAL")])):
            os.kill(os.getpid(), number)

    @step("a signal arrives, and the step swallows it")
    def swallows(context):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except BaseException:
            assert False, "it went wrong because of the signal"

    @step("Alice's question is left without an answer")
    async def asks(context):
        await context.session.person("Alice").ask("slow")
        os.kill(os.getpid(), signal.SIGTERM)
"""


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_healthy_run_that_is_interrupted_is_inconclusive(
    suite: Suite, moment: str, name: str
) -> None:
    suite.steps(STEPS)
    suite.feature(TRAP)
    suite.hooks(SIGNALLED.format(name=name))
    suite.hooks(MOMENTS[moment])
    number = str(int(getattr(signal, name))) if moment == "in a step" else ""
    ran = suite.run("--tags=@critical", env={"SIGNAL": number})
    agree(ran, "INCONCLUSIVE" if moment != "while the run is closed" else "APPROVED")
    assert set(ran.statuses.values()) <= {"passed", "not_run"}, ran.statuses
    assert "Traceback" not in ran.output
    if ran.decision == "INCONCLUSIVE":
        assert "The run was interrupted by" in ran.verdict["reasons"][0]


@pytest.mark.parametrize("moment", ["in a step", "after a scenario"])
def test_what_failed_before_the_interruption_rejects_and_the_cut_is_reported(
    suite: Suite, moment: str
) -> None:
    suite.steps(STEPS)
    suite.feature("@functional @critical\nFeature: A\n  Scenario: Bad\n    When it goes wrong\n")
    suite.feature(TRAP, "functional/z.feature")
    suite.hooks(SIGNALLED.format(name="SIGTERM"))
    suite.hooks(MOMENTS[moment])
    ran = suite.run("--tags=@critical", env={"SIGNAL": "15" if moment == "in a step" else ""})
    agree(ran, "REJECTED")
    assert ran.statuses["Bad"] == "failed"
    assert ran.statuses[GOOD] == "not_run"
    assert "The run was interrupted by SIGTERM" in ran.reasons
    assert "Bob saw Alice" in ran.reasons
    page = (ran.folder / "decision.md").read_text("utf-8")
    assert "interrupted by SIGTERM" in page


def test_a_step_that_fails_because_of_the_signal_is_not_assessed(suite: Suite) -> None:
    suite.steps(STEPS)
    suite.scenario("a signal arrives, and the step swallows it")
    ran = suite.run("--tags=@critical")
    agree(ran, "INCONCLUSIVE")
    assert ran.statuses == {"The trap": "not_run", GOOD: "not_run"}


def test_a_question_that_the_interruption_leaves_open_fails_no_criterion(suite: Suite) -> None:
    """Everything that was asked to succeed must have been answered: but not what was cut short."""
    text = (suite.folder / "env.toml").read_text("utf-8")
    (suite.folder / "env.toml").write_text(text.replace('"event_delivery", "operations",', ""))
    suite.steps(STEPS)
    suite.scenario("Alice connects", "Alice's question is left without an answer")
    ran = suite.run("--tags=@critical")
    agree(ran, "INCONCLUSIVE")
    assert ran.statuses["The trap"] == "not_run"


@pytest.mark.parametrize(
    "error", ["KeyboardInterrupt()", "GeneratorExit()", "BaseException('gone')", "Own('gone')"]
)
@pytest.mark.parametrize("kind", ["def", "async def"])
def test_whatever_a_step_raises_ends_the_step_alone(suite: Suite, error: str, kind: str) -> None:
    suite.steps(f"""
        from behave import step

        class Own(BaseException): pass

        @step("something else is raised")
        {kind} raises(context): raise {error}
    """)
    suite.scenario("something else is raised")
    ran = suite.run("--tags=@critical")
    agree(ran, "REJECTED")
    assert ran.statuses == {"The trap": "broken", GOOD: "passed"}
    assert "it tried to end the whole run" in ran.reasons


def test_a_thread_that_a_step_leaves_running_does_not_keep_the_process(suite: Suite) -> None:
    suite.steps("""
        import threading
        from behave import step

        @step("a thread is left running")
        def leaves(context):
            threading.Thread(target=threading.Event().wait, name="the-forgotten").start()
    """)
    suite.scenario("a thread is left running", "Alice connects")
    ran = suite.run("--tags=@critical", within_s=20)
    agree(ran, ran.decision)
    assert "A step left threads running (the-forgotten)" in ran.output


def test_from_its_first_second_latest_is_this_run(suite: Suite) -> None:
    assert suite.run("--tags=@critical").code == 0
    suite.hooks("""
        import json, pathlib
        def before_all(context):
            latest = context.session.run_dir.parent / "latest"
            assert latest.resolve() == context.session.run_dir.resolve()
            assert json.loads((latest / "verdict.json").read_text())["decision"] == "RUNNING"
            assert "RUNNING" in (latest / "decision.html").read_text()
            assert "RUNNING" in (latest / "decision.md").read_text()
    """)
    ran = suite.run("--tags=@critical")
    assert "1 scenario passed, 0 failed" in ran.output
    assert "The suite itself broke" not in ran.output
    assert "hook before_all" not in ran.output
    assert "RUNNING" not in (ran.reports / "latest" / "decision.html").read_text("utf-8")


def test_only_the_owner_may_read_what_a_run_leaves(suite: Suite) -> None:
    ran = suite.run("--tags=@critical", "-f", "json", "-o", "out.json", before=lambda: _open())
    assert ran.code == 0
    for path in (ran.folder, *ran.folder.rglob("*")):
        mode = stat.S_IMODE(path.lstat().st_mode)
        if not path.is_symlink():
            assert mode in (0o600, 0o700), f"{path}: {mode:o}"


def _open() -> None:
    os.umask(0)
