"""Hooks and clean-ups that fail, or that behave would never await."""

from __future__ import annotations

import pytest
from throwaway import GOOD, Suite, agree

HOOKS = {
    "before_all": "context",
    "after_all": "context",
    "before_feature": "context, feature",
    "after_feature": "context, feature",
    "before_rule": "context, rule",
    "after_rule": "context, rule",
    "before_tag": "context, tag",
    "after_tag": "context, tag",
    "before_step": "context, step",
    "after_step": "context, step",
}
RULE = """
    @functional @critical
    Feature: Trap
      Rule: Always
        @row
        Scenario: The trap
          When all is well
"""
PATCHED = """
    _before, _after = before_scenario, after_scenario
    def before_scenario(context, scenario):
        _before(context, scenario)
        {before}
    def after_scenario(context, scenario):
        _after(context, scenario)
        {after}
"""
BREAKS = 'raise RuntimeError("no port left")'


def spoil(suite: Suite, hook: str, what: str) -> None:
    """Let `what` happen in `hook`, after what the suite's own hook does."""
    if hook in HOOKS:
        suite.hooks(f"def {hook}({HOOKS[hook]}):\n    {what}\n")
    else:
        before, after = (what, "pass") if hook == "before_scenario" else ("pass", what)
        suite.hooks(PATCHED.format(before=before, after=after))


@pytest.mark.parametrize("hook", [*HOOKS, "before_scenario", "after_scenario"])
def test_a_gate_with_a_hook_that_breaks_is_never_approved(suite: Suite, hook: str) -> None:
    suite.feature(RULE)
    spoil(suite, hook, BREAKS)
    ran = suite.run("--tags=@critical")
    assert ran.decision in ("REJECTED", "INCONCLUSIVE")
    agree(ran, ran.decision)
    assert "no port left" in ran.reasons
    assert "ABORTED" not in ran.output


@pytest.mark.parametrize("hook", ["before_all", "after_feature", "after_all"])
def test_a_rehearsal_with_a_hook_that_breaks_does_not_exit_0(suite: Suite, hook: str) -> None:
    suite.feature(RULE)
    spoil(suite, hook, BREAKS)
    ran = suite.run("--tags=@functional")
    agree(ran, "NO DECISION")
    assert ran.code == 1
    assert "no port left" in ran.reasons


def test_async_hooks_are_refused_by_name(suite: Suite) -> None:
    hooks = {**HOOKS, "before_scenario": "context, scenario", "after_scenario": "context, scenario"}
    for hook, parameters in hooks.items():
        suite.hooks(f"async def {hook}({parameters}): pass\n")
    ran = suite.run("--tags=@critical")
    assert ran.code != 0
    assert "async hooks are never awaited by behave: " in ran.output
    for hook in hooks:
        assert hook in ran.output
    assert "Traceback" not in ran.output
    assert ran.left_nothing


@pytest.mark.parametrize("hook", ["before_all", "before_feature", "before_scenario", "step"])
def test_a_clean_up_that_breaks_is_never_a_success(suite: Suite, hook: str) -> None:
    suite.feature(RULE)
    if hook == "step":
        suite.scenario("a clean-up is promised that fails")
    else:
        suite.hooks("def close_port(): raise RuntimeError('port still open')\n")
        spoil(suite, hook, "context.add_cleanup(close_port)")
    ran = suite.run("--tags=@critical")
    assert ran.code != 0
    assert ran.decision in ("REJECTED", "INCONCLUSIVE")
    agree(ran, ran.decision)
    assert "port still open" in ran.reasons


def test_an_async_clean_up_is_refused_where_it_is_promised(suite: Suite) -> None:
    suite.steps("""
        from behave import step

        @step("an async clean-up is promised")
        def promises(context):
            async def tidy(): pass
            context.add_cleanup(tidy)
    """)
    suite.scenario("an async clean-up is promised")
    ran = suite.run("--tags=@critical")
    agree(ran, "REJECTED")
    assert ran.statuses == {"The trap": "broken", GOOD: "passed"}
    assert "the clean-up tidy is async" in ran.reasons


@pytest.mark.parametrize(
    ("hook", "error"),
    [
        ("before_all", "SystemExit(0)"),
        ("before_scenario", "asyncio.CancelledError()"),
        ("after_scenario", "SystemExit(0)"),
        ("after_all", "asyncio.CancelledError()"),
    ],
)
def test_a_hook_that_tries_to_end_the_process_is_no_success(
    suite: Suite, hook: str, error: str
) -> None:
    suite.hooks("import asyncio\n")
    spoil(suite, hook, f"raise {error}")
    ran = suite.run("--tags=@critical")
    assert ran.code != 0
    assert ran.decision in ("REJECTED", "INCONCLUSIVE")
    agree(ran, ran.decision)


@pytest.mark.parametrize("error", ["SystemExit(0)", "asyncio.CancelledError()"])
def test_a_clean_up_that_tries_to_end_the_process_is_no_success(suite: Suite, error: str) -> None:
    suite.hooks(f"import asyncio\ndef tidy():\n    raise {error}\n")
    spoil(suite, "before_scenario", "context.add_cleanup(tidy)")
    ran = suite.run("--tags=@critical")
    assert ran.code != 0
    assert ran.decision in ("REJECTED", "INCONCLUSIVE")
    agree(ran, ran.decision)


def test_a_hook_that_stops_the_run_is_named_as_the_cause(suite: Suite) -> None:
    suite.feature(RULE)
    spoil(suite, "after_scenario", 'context.abort(reason="the lab closes")')
    ran = suite.run("--tags=@critical")
    agree(ran, "INCONCLUSIVE")
    assert "The run was stopped: the lab closes." in ran.reasons
    assert "By user" not in ran.output
