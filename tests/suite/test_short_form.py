"""What a run prints: a line per feature where there are many scenarios, every step where few."""

from __future__ import annotations

import re

import pytest
from throwaway import Ran, Suite, agree

MANY = 24
PLAIN = re.compile(r"^\d\d:\d\d:\d\dZ \S")


@pytest.fixture
def many(suite: Suite) -> Suite:
    scenarios = "".join(f"  Scenario: Nr {n}\n    When all is well\n" for n in range(MANY - 2))
    scenarios += "  Scenario: Bad\n    When it goes wrong\n"
    scenarios += "  Scenario: Lacking\n    When the deployment cannot do it\n"
    suite.feature(f"@functional @critical\nFeature: Many\n{scenarios}", "functional/many.feature")
    return suite


def assert_log_has_every_step(ran: Ran) -> None:
    log = (ran.folder / "execution.log").read_text("utf-8")
    assert len(re.findall(r"Z INFO +s\d+ When all is well: passed in ", log)) == MANY - 2
    assert len(re.findall(r"Z ERROR +s\d+ When it goes wrong: failed in ", log)) == 1


def test_many_scenarios_are_a_line_per_feature_and_one_per_failure(many: Suite) -> None:
    ran = many.run("--tags=@critical")
    agree(ran, "REJECTED")
    before = ran.output.split("features passed")[0]
    shown = [line for line in before.splitlines() if PLAIN.match(line)]
    place = "features/functional/many.feature:"
    failure = next(line for line in shown if place in line)
    assert re.search(rf"✘ {place}\d+ Bad: When it goes wrong", failure)
    feature = next(line for line in shown if "Many" in line)
    assert re.search(rf"✘ \[{MANY}/{MANY + 1}\] Many: 22 passed, 1 skipped, 1 failed, ", feature)
    assert len(shown) == 4  # the first says how many, and there is the feature on isolation
    assert "When all is well" not in ran.output
    assert "SKIP" not in ran.output
    assert "\x1b" not in ran.output
    assert re.search(rf"^Rerun     behave {place}\d+$", ran.output, re.MULTILINE)
    assert ran.output.index("REJECTED") < ran.output.index("Rerun") < ran.output.index("Report ")
    assert_log_has_every_step(ran)


@pytest.mark.parametrize("option", ["--verbose", "--format=pretty", "--format=plain"])
def test_every_step_is_shown_to_those_who_ask(many: Suite, option: str) -> None:
    ran = many.run("--tags=@critical", option)
    agree(ran, "REJECTED")
    assert ran.output.count("When all is well") == MANY - 2


def test_every_step_is_shown_to_those_who_ask_on_several_processes(many: Suite) -> None:
    ran = many.run("--tags=@critical", "-D", "jobs=2", "--format=pretty")
    agree(ran, "REJECTED")
    assert ran.output.count("When all is well ... passed") == MANY - 2
    assert_log_has_every_step(ran)


def test_few_scenarios_show_their_steps(many: Suite) -> None:
    ran = many.run("--tags=@security")
    assert "Given Alice and Bob are chatting" in ran.output
    assert not any(PLAIN.match(line) for line in ran.output.splitlines())


def test_how_many_runs_are_kept_is_a_setting(suite: Suite) -> None:
    folders = [suite.run("--tags=@security", "-D", "reports_kept=1").folder for _ in range(2)]
    assert [folder.exists() for folder in folders] == [False, True]


def test_github_is_told_which_scenario_failed_and_where(suite: Suite) -> None:
    suite.scenario("it goes wrong")
    ran = suite.run("--tags=@critical", env={"GITHUB_ACTIONS": "true"})
    agree(ran, "REJECTED")
    told = [line for line in ran.output.splitlines() if line.startswith("::")]
    assert len(told) == 1
    assert re.match(
        r"::error file=features/[\w/.]+,line=\d+,title=\w.*::When it goes wrong", told[0]
    )
