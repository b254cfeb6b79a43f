"""What is selected: a gate run covers every critical scenario, and nothing is no success."""

from __future__ import annotations

import pytest
from throwaway import GOOD, Suite, agree

ANOTHER = """
    @functional @critical
    Feature: Another
      Scenario: Another critical one
        When all is well

      Scenario Outline: Row <name>
        When all is well
        Examples:
          | name |
          | one  |
          | two  |
"""
EXTRA = """
    @functional
    Feature: Extra
      @slow
      Scenario: Not critical
        When all is well
"""


def test_a_suite_without_any_trap_is_approved(suite: Suite) -> None:
    ran = suite.run("--tags=@critical")
    agree(ran, "APPROVED")
    assert ran.shown == {GOOD: "passed"}


@pytest.mark.parametrize(
    "options",
    [
        ["--tags=@critcal"],
        ["--name", "no such scenario"],
        ["--exclude", "feature"],
        ["features/security/isolation.feature", "--tags=@slow"],
    ],
    ids=" ".join,
)
def test_selecting_nothing_is_no_success_and_leaves_no_report(
    suite: Suite, options: list[str]
) -> None:
    ran = suite.run(*options)
    assert ran.code != 0
    assert "Nothing was selected" in ran.output
    assert ran.left_nothing


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--tags=@critical"],
        ["features/security/isolation.feature", "features/functional/another.feature"],
        ["--exclude", "extra"],
        ["--name", "Two users", "--name", "Another", "--name", "Row"],
    ],
    ids=" ".join,
)
def test_whatever_covers_every_critical_scenario_is_a_gate(
    suite: Suite, options: list[str]
) -> None:
    suite.feature(ANOTHER, "functional/another.feature")
    suite.feature(EXTRA, "functional/extra.feature")
    agree(suite.run(*options), "APPROVED")


@pytest.mark.parametrize(
    "options",
    [
        ["--tags=@security"],
        ["features/security/isolation.feature", "features/functional/another.feature:4"],
        ["--exclude", "security"],
        ["--name", "Row one"],
        ["--tags=@slow"],
    ],
    ids=" ".join,
)
def test_whatever_leaves_a_critical_scenario_out_decides_nothing(
    suite: Suite, options: list[str]
) -> None:
    suite.feature(ANOTHER, "functional/another.feature")
    suite.feature(EXTRA, "functional/extra.feature")
    ran = suite.run(*options)
    agree(ran, "NO DECISION")
    assert ran.code == 0


def test_a_rehearsal_that_fails_exits_as_behave_does(suite: Suite) -> None:
    suite.scenario("it goes wrong")
    ran = suite.run("--tags=@functional")
    agree(ran, "NO DECISION")
    assert ran.code == 1
    assert ran.shown == {"The trap": "failed"}


def test_a_failing_gate_that_stops_early_is_rejected_and_lists_what_never_ran(
    suite: Suite,
) -> None:
    suite.scenario("it goes wrong")
    ran = suite.run("--stop")
    agree(ran, "REJECTED")
    assert ran.shown == {"The trap": "failed", GOOD: "unknown"}
    assert ran.statuses == {"The trap": "failed", GOOD: "not_run"}


@pytest.mark.parametrize("options", [["--tags=@critical"], ["--steps-catalog"]], ids=" ".join)
def test_a_dry_run_of_the_gate_decides_nothing_and_never_exits_0(
    suite: Suite, options: list[str]
) -> None:
    ran = suite.run("--dry-run", *options)
    assert ran.code != 0
    assert "dry run decides nothing" in ran.output
    assert ran.left_nothing


def test_only_features_below_the_folder_features_are_collected(suite: Suite) -> None:
    suite.write("notes/draft.feature", "Feature: Draft\n  Scenario: Draft\n    When it breaks\n")
    suite.write("draft.feature", "Feature: Draft\n  Scenario: Draft\n    When it breaks\n")
    ran = suite.run()
    agree(ran, "APPROVED")
    assert ran.shown == {GOOD: "passed"}


def test_a_path_that_is_not_there_is_named(suite: Suite) -> None:
    for path in ("features/gone", "features/gone.feature"):
        ran = suite.run(path)
        assert ran.code != 0
        assert f"there is no feature file or folder {path}" in ran.output
        assert "Traceback" not in ran.output
        assert ran.left_nothing


def test_a_path_given_twice_is_no_second_scenario(suite: Suite) -> None:
    ran = suite.run("features", "features/security")
    agree(ran, "APPROVED")
    assert ran.shown == {GOOD: "passed"}


@pytest.mark.parametrize(
    "twins",
    [
        "Scenario: Twin\n    When all is well\n  Scenario: Twin\n    When it goes wrong\n",
        "Scenario Outline: Twin\n    When all is well\n"
        "    Examples:\n      | x |\n      | 1 |\n      | 1 |\n",
    ],
    ids=["scenarios", "rows"],
)
def test_two_scenarios_that_can_not_be_told_apart_are_refused(suite: Suite, twins: str) -> None:
    suite.feature(f"@functional @critical\nFeature: Trap\n  {twins}")
    ran = suite.run()
    assert ran.code != 0
    assert "two scenarios can not be told apart: “Twin" in ran.output
    assert "functional/trap.feature:" in ran.output
    assert "Traceback" not in ran.output
    assert ran.left_nothing


def test_the_same_name_in_two_rules_or_rows_is_two_scenarios(suite: Suite) -> None:
    suite.feature("""
        @functional @critical
        Feature: Trap
          Rule: One
            Scenario: Same
              When all is well
          Rule: Two
            Scenario: Same
              When it goes wrong
    """)
    ran = suite.run()
    agree(ran, "REJECTED")
    assert sorted(r["status"] for r in ran.results) == ["failed", "passed", "passed"]


VANISHING = {
    "an outline without rows": (
        "Scenario Outline: Trap\n    When it goes wrong\n    Examples:\n      | x |\n",
        "the outline “Trap” at features/functional/trap.feature:3 has no rows",
    ),
    "a misspelt keyword": (
        "Scenaro: Trap\n    When it goes wrong\n  Scenario: Fine\n    When all is well\n",
        "“Scenaro: Trap” below features/functional/trap.feature:2 looks like a keyword",
    ),
    "a keyword in small letters": (
        "Rule: One\n  scenario: Trap\n    When it goes wrong\n  Scenario: B\n    When x\n",
        "“scenario: Trap” below features/functional/trap.feature:3 looks like a keyword",
    ),
    "a feature without scenarios": (
        "People say that it goes wrong.\n",
        "the feature “Trap” in features/functional/trap.feature has no scenario",
    ),
    "no steps": (
        "Scenario: Trap\n",
        "“Trap” at features/functional/trap.feature:3 has no steps of its own",
    ),
    "no steps but those of a background": (
        "Background:\n    Given all is well\n  Scenario: Trap\n",
        "“Trap” at features/functional/trap.feature:5 has no steps of its own",
    ),
}


@pytest.mark.parametrize("what", VANISHING)
def test_what_would_vanish_without_a_word_is_refused(suite: Suite, what: str) -> None:
    text, words = VANISHING[what]
    suite.feature(f"@functional @critical\nFeature: Trap\n  {text}")
    ran = suite.run()
    assert ran.code != 0
    assert words in ran.output
    assert "Traceback" not in ran.output
    assert ran.left_nothing


def test_behaves_own_runner_can_not_pass_the_suite(suite: Suite) -> None:
    ran = suite.run("--runner", "behave.runner:Runner")
    assert ran.code != 0
    assert ran.left_nothing
