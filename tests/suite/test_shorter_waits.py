"""A run that waits in vain again and again waits less long, and says so in its journal."""

from __future__ import annotations

from pathlib import Path

from throwaway import Suite, agree

SAME = """
    @functional @critical
    Feature: The same again
      Scenario Outline: Question <number>
        Given Alice is chatting
        When Alice asks a question
        And Alice gets the answer
        And Alice waits 1.5 seconds for the end of a run
        Then Alice has received the complete run, in order

        Examples:
          | number |
          | 1      |
          | 2      |
          | 3      |
"""
WITH_A_LIMIT = """
    from behave import step

    @step("{user:User} waits 1.5 seconds for the end of a run")
    async def waits(context, user):
        await user.until(lambda: False, "the end of a run", 1.5)
"""


def test_the_third_failed_scenario_waits_less_for_what_two_have_missed(tmp_path: Path) -> None:
    suite = Suite(tmp_path, {})
    suite.steps(WITH_A_LIMIT)
    suite.feature(SAME)
    bundled = ("-D", "reference.bundled=true", "-D", "defect=agent-completed-never-sent")
    ran = suite.run("--tags=@critical", *bundled, "-D", "patience.answer_s=2")
    agree(ran, "REJECTED")
    assert set(ran.statuses.values()) == {"failed"}
    limits = [
        (record["scenario"], record["limit_s"])
        for record in ran.journal
        if record["kind"] == "reconnect_gave_up" and record["waited_for"] == "the end of a run"
    ]
    of_trap = [limit_s for scenario, limit_s in limits if scenario <= "s003"]
    assert of_trap == [2, 1.5, 2, 2, 1.5, 2, 1, 1.5, 1]
