"""A deployment that does not come back after a scenario: that one fails, not the next."""

from __future__ import annotations

from pathlib import Path

from reference_process import Reference
from throwaway import GOOD, ROOT, Suite, agree

LEFT_DOWN = """
    @functional @critical
    Feature: A part of the service is down
      Scenario: It is left stopped
        Given Alice is chatting
        And no restart is waited for long
        When the {part} goes down
"""

SHORT = """
    from behave import given
    from support.run import control, session

    @given("no restart is waited for long")
    def not_long(context): control.RESTART_S = session.RESTART_S = 3.0
"""


def test_a_deployment_that_stays_down_fails_the_scenario_that_stopped_it(
    tmp_path: Path, own_reference: Reference
) -> None:
    suite = Suite(tmp_path, own_reference.address)
    suite.feature(LEFT_DOWN.format(part="chat service"))
    suite.steps(SHORT)
    pids = own_reference.pids
    ended = f"for i in $(seq 100); do kill -0 {pids['chat']} || break; sleep 0.1; done"
    stop = f"kill -KILL {pids['supervisor']} && kill -TERM {pids['chat']} && {ended}"
    control = {"stop": stop, "start": "true", "kill": stop}
    options = [f"-Dcontrol.{action}={command}" for action, command in control.items()]
    ran = suite.run("--tags=@critical", *options)
    assert ran.statuses["It is left stopped"] == "failed"
    assert ran.statuses[GOOD] not in ("passed", "failed")
    assert "after it was started again, the chat backend at" in ran.reasons
    assert "The deployment was lost in the middle of the run" in ran.output
    agree(ran, "REJECTED")


def test_a_service_that_stays_unhealthy_fails_the_scenario_that_stopped_its_store(
    tmp_path: Path,
) -> None:
    suite = Suite(tmp_path, {})
    suite.write("env.toml", (ROOT / "support/config/environments/local.toml").read_text("utf-8"))
    suite.feature(LEFT_DOWN.format(part="store"))
    suite.steps(SHORT)
    ran = suite.run("--tags=@critical", "-Ddefect=unwell-after-outage")
    assert ran.statuses["It is left stopped"] == "failed"
    assert "after it was started again, the service was not healthy within 3 s" in ran.reasons
    agree(ran, "REJECTED")
