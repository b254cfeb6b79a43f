"""Every fault of allure-behave 2.16.2 that was measured, and that the formatter is free of it.

Each suite is run by the real `behave` command. Where it is cheap, the stock formatter is shown to
have the fault still: once it has not, the part of the formatter that corrects it can go.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from report_suite import GREENLIGHT, STOCK, Ran, Suite

MANY = """
@functional
Feature: Talking
  People talk with the agent.

  @critical @A1 @H12
  Scenario: Good
    Given all is well
  Scenario: Wrong
    Given all is well
    When it goes wrong
    Then all is well
  Scenario: Error
    When it breaks
  Scenario: Pending
    When it is pending
  @wip
  Scenario: Work in progress
    When it is pending
  Scenario: Undefined
    When nobody wrote this
  Scenario: Empty
  Scenario: No capability
    Given all is well
    When the deployment cannot do it
    Then all is well
  Scenario: Dirty
    Given a clean-up is promised that fails
  @before
  Scenario: Before
    When all is well
  @after
  Scenario: After
    When all is well
  @skip
  Scenario: Skipped
    When all is well
  @tagged
  Scenario: Tag hook
    When all is well
  @other
  Scenario: Not selected
    When it goes wrong
  Scenario Outline: Row <n>
    When all is well
    Examples:
      | n | what |
      | 1 | tea  |
      | 2 | milk |

  Rule: In a rule
    Why this rule is there.

    @H1
    Scenario: Ruled
      When all is well
    Scenario: Ruled and wrong
      When it goes wrong
"""
HOOKS = """
def before_scenario(context, scenario):
    if "before" in scenario.tags: raise RuntimeError("no deployment")
    if "skip" in scenario.tags: scenario.skip("the deployment cannot resume")

def after_scenario(context, scenario):
    if "after" in scenario.tags: assert False, "a user was left behind"

def after_tag(context, tag):
    if tag == "tagged": raise RuntimeError("fault still on")
"""


def _many(folder: Path, formatter: str) -> Ran:
    suite = Suite(folder)
    suite.feature(MANY)
    suite.environment(HOOKS)
    return suite.run("--tags=not @other", formatter=formatter)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return _many(tmp_path_factory.mktemp("ours"), GREENLIGHT)


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return _many(tmp_path_factory.mktemp("stock"), STOCK)


def test_every_selected_scenario_has_one_result_that_tells_the_truth(many: Ran) -> None:
    assert many.statuses() == {
        "Good": "passed",
        "Wrong": "failed",
        "Error": "broken",
        "Pending": "broken",
        "Work in progress": "broken",
        "Undefined": "broken",
        "Empty": "unknown",
        "No capability": "skipped",
        "Dirty": "broken",
        "Before": "broken",
        "After": "failed",
        "Skipped": "skipped",
        "Tag hook": "broken",
        "Row 1": "passed",
        "Row 2": "passed",
        "Ruled": "passed",
        "Ruled and wrong": "failed",
    }


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Wrong", "When it goes wrong\nBob saw Alice's event"),
        ("Error", "OSError: no route"),
        ("Pending", "not finished yet"),
        ("Work in progress", "not finished yet"),
        ("Undefined", "This step is not defined"),
        ("Empty", "nothing was checked"),
        ("No capability", "the deployment cannot resume"),
        ("Dirty", "The clean-up after this scenario failed: RuntimeError: port still open"),
        ("Before", "The set-up of this scenario failed: RuntimeError: no deployment"),
        ("After", "a user was left behind"),
        ("Skipped", "the deployment cannot resume"),
        ("Tag hook", "RuntimeError: fault still on"),
    ],
)
def test_whatever_did_not_pass_says_why_in_plain_words(many: Ran, name: str, words: str) -> None:
    assert words in many.message(name)


def test_no_step_is_left_without_a_status(many: Ran) -> None:
    steps = [step for result in many.results for step in result.get("steps", [])]
    assert steps
    assert {step.get("status") for step in steps} <= {"passed", "failed", "broken", "skipped"}


def test_labels_speak_of_the_business(many: Ran) -> None:
    labels = [(label["name"], label["value"]) for label in many.one("Good")["labels"]]
    for label in [
        ("epic", "Conversations"),
        ("feature", "Talking"),
        ("severity", "critical"),
        ("tag", "A1"),
        ("tag", "H12"),
    ]:
        assert label in labels
    ruled = {label["name"]: label["value"] for label in many.one("Ruled")["labels"]}
    assert (ruled["story"], ruled["severity"]) == ("In a rule", "normal")
    assert many.one("Good")["description"] == "People talk with the agent."
    assert many.one("Ruled")["description"] == "Why this rule is there."


def test_the_identity_is_that_of_the_census(many: Ran) -> None:
    for result in many.results:
        labels = {label["name"]: label["value"] for label in result["labels"]}
        assert labels["greenlight_id"] == result["historyId"] == result["testCaseId"]
    assert len({result["historyId"] for result in many.results}) == len(many.results)


def test_the_stock_formatter_still_has_the_faults(stock: Ran) -> None:
    statuses = stock.statuses()
    assert "Ruled" not in statuses
    assert "Ruled and wrong" not in statuses
    assert statuses["After"] == statuses["Dirty"] == statuses["Tag hook"] == "passed"
    assert statuses["Before"] == "skipped"
    assert statuses["Work in progress"] is None


NAMESAKES = """
Feature: Same
  Scenario: Twin
    When all is well
  Rule: Other
    Scenario: Twin
      When it goes wrong
  Scenario Outline: Row
    When all is well
    Examples:
      | n |
      | 1 |
      | 2 |
"""


def test_namesakes_never_share_a_history(suite: Suite) -> None:
    suite.feature(NAMESAKES, "security/one.feature")
    suite.feature(NAMESAKES, "resilience/two.feature")
    ran = suite.run()
    assert len(ran.results) == 8
    assert len({result["historyId"] for result in ran.results}) == 8
    epics = {
        label["value"] for r in ran.results for label in r["labels"] if label["name"] == "epic"
    }
    assert epics == {"Privacy & security", "Recovery"}


def test_the_stock_formatter_mixes_namesakes_up(suite: Suite) -> None:
    suite.feature(NAMESAKES, "security/one.feature")
    suite.feature(NAMESAKES, "resilience/two.feature")
    ran = suite.run(formatter=STOCK)
    assert len({result["historyId"] for result in ran.results}) < len(ran.results)


def test_selection_by_name_and_line_is_obeyed(suite: Suite) -> None:
    suite.feature(MANY)
    suite.environment(HOOKS)
    assert set(suite.run("--name=Row 2").statuses()) == {"Row 2"}
    assert set(suite.run("features/functional/some.feature:6").statuses()) == {"Good"}
