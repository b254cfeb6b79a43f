"""A deployment that does not come back after a scenario: that one fails, and no other is begun."""

from __future__ import annotations

from pathlib import Path

from reference_process import Reference
from throwaway import GOOD, Suite, agree

LEFT_DOWN = """
    @functional @critical
    Feature: A part of the service is down
      Scenario: It is left stopped
        Given Alice is chatting
        And no restart is waited for long
        When the chat service goes down
"""

SHORT = """
    from behave import given
    from support.run import control, session

    @given("no restart is waited for long")
    def not_long(context): control.RESTART_S = session.RESTART_S = 0.5
"""


def test_a_deployment_that_stays_down_fails_the_scenario_that_stopped_it(
    tmp_path: Path, own_reference: Reference
) -> None:
    suite = Suite(tmp_path, own_reference.address)
    suite.feature(LEFT_DOWN)
    suite.steps(SHORT)
    pids = own_reference.pids
    stop = f"kill -KILL {pids['supervisor']} && kill -TERM {pids['chat']}"
    control = {"stop": stop, "start": "true", "kill": stop}
    options = [f"-Dcontrol.{action}={command}" for action, command in control.items()]
    ran = suite.run("--tags=@critical", *options)
    assert ran.statuses["It is left stopped"] == "failed"
    assert ran.statuses[GOOD] not in ("passed", "failed")
    assert "after it was started again, the chat backend at" in ran.reasons
    assert "The deployment was lost in the middle of the run" in ran.output
    agree(ran, "REJECTED")
