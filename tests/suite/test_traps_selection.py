"""What is selected: a gate run covers every critical scenario, and nothing is no success."""

from __future__ import annotations

import pytest
from throwaway import BEHAVE, GATE, GOOD, Suite, agree

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
def test_two_scenarios_of_the_same_name_are_refused(suite: Suite, twins: str) -> None:
    suite.feature(f"@functional @critical\nFeature: Trap\n  {twins}")
    ran = suite.run()
    assert ran.code != 0
    assert "two scenarios have the same name: “Twin" in ran.output
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


NARROWING = {
    "behave.ini": "[behave]\nexclude_re = another\n",
    ".behaverc": "[behave]\ninclude_re = isolation\n",
    "setup.cfg": "[behave]\nname = Two users\n",
    "tox.ini": "[behave]\npaths = features/security\n",
}


@pytest.mark.parametrize("file", NARROWING)
def test_a_gate_that_a_configuration_file_narrows_is_none_and_never_exits_0(
    suite: Suite, file: str
) -> None:
    suite.feature(ANOTHER, "functional/another.feature")
    # behave reads all of these, and the one that it reads last wins.
    runner = "runner = support.run.runner:GateRunner\n"
    suite.write(file, NARROWING[file] + runner)
    for option in ("--tags=@critical", "--tags=critical", "-t@critical"):
        ran = suite.run(option)
        assert ran.code != 0, ran.output
        assert "this is no gate run: 3 critical scenarios were left out" in ran.output
        assert ran.left_nothing


def test_a_gate_that_pyproject_narrows_is_none_and_never_exits_0(suite: Suite) -> None:
    suite.feature(ANOTHER, "functional/another.feature")
    project = suite.folder / "pyproject.toml"
    text = project.read_text("utf-8").replace("[tool.behave]", '[tool.behave]\nname = ["Row"]')
    project.write_text(text, "utf-8")
    ran = suite.run("--tags=@critical")
    assert ran.code != 0
    assert "this is no gate run: 2 critical scenarios were left out" in ran.output
    assert ran.left_nothing


@pytest.mark.parametrize(
    "options",
    [
        ["--tags=@critical", "--exclude", "another"],
        ["--tags=@critical", "--include", "isolation"],
        ["-D", "gate=true", "--tags=@security"],
        ["-D", "gate=true", "--tags=@critical", "--tags=@security"],
        ["-D", "gate=true", "--tags=@critical", "--name", "Row"],
        ["-D", "gate=true", "--tags=@critical", "features/security"],
        ["-D", "gate=true", "features/functional/another.feature"],
        ["-D", "gate=true", "--tags=@critical", "--wip"],
        ["-D", "gate=true", "--tags=@critical", "--dry-run"],
    ],
    ids=" ".join,
)
def test_a_gate_that_further_options_narrow_is_none_and_never_exits_0(
    suite: Suite, options: list[str]
) -> None:
    suite.feature(ANOTHER, "functional/another.feature")
    ran = suite.run(*options)
    assert ran.code != 0, ran.output
    assert "Traceback" not in ran.output
    assert ran.left_nothing


def test_a_whole_gate_run_may_be_demanded(suite: Suite) -> None:
    agree(suite.run("-D", "gate=true"), "APPROVED")
    ran = suite.run("-D", "gate=perhaps")
    assert ran.code != 0
    assert "-D gate is true or false, not 'perhaps'" in ran.output


@pytest.mark.parametrize(
    "options",
    [["--tags=@critical", "features/security"], ["--tags=@critical", "--name", "Two users"]],
    ids=" ".join,
)
def test_asking_for_less_in_so_many_words_is_a_rehearsal(suite: Suite, options: list[str]) -> None:
    suite.feature(ANOTHER, "functional/another.feature")
    ran = suite.run(*options)
    agree(ran, "NO DECISION")
    assert ran.code == 0


@pytest.mark.parametrize("command", [BEHAVE, GATE], ids=["behave", "greenlight gate"])
@pytest.mark.parametrize("way", ["option", "file"])
def test_behaves_own_runner_is_refused_in_a_line(
    suite: Suite, way: str, command: tuple[str, ...]
) -> None:
    options = ["--runner", "behave.runner:Runner"] if way == "option" else []
    if way == "file":
        suite.write("behave.ini", "[behave]\nrunner = behave.runner:Runner\n")
    if command == BEHAVE:
        options.append("--tags=@critical")
    ran = suite.run(*options, command=command)
    assert ran.code != 0
    assert "ConfigError: this suite runs with its own runner" in ran.output
    assert "Traceback" not in ran.output
    assert ran.left_nothing


@pytest.mark.parametrize("command", [BEHAVE, GATE], ids=["behave", "greenlight gate"])
@pytest.mark.parametrize("way", ["-O", "-OO", "PYTHONOPTIMIZE"])
def test_a_python_without_assertions_is_refused(
    suite: Suite, way: str, command: tuple[str, ...]
) -> None:
    env = {"PYTHONOPTIMIZE": "1"} if way == "PYTHONOPTIMIZE" else {}
    first = () if env else (way,)
    options = ["--tags=@critical"] if command == BEHAVE else []
    ran = suite.run(*options, env=env, command=(*first, *command))
    assert ran.code != 0
    assert "Python runs without assertions here" in ran.output
    assert "Traceback" not in ran.output
    assert ran.left_nothing


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        ("needs.rough_handling", "is now called @needs.protocol_violations"),
        ("needs.resumee", "is unknown; did you mean @needs.resume?"),
        ("own_service.slow", "is unknown; did you mean @own_service.slow_heartbeat?"),
    ],
)
def test_a_tag_that_would_leave_a_scenario_out_for_ever_is_refused(
    suite: Suite, tag: str, message: str
) -> None:
    suite.feature(
        f"""
        @functional
        Feature: Trap

          @critical @{tag}
          Scenario: Nobody can ever run this
            Given all is well
        """
    )
    ran = suite.run("--tags=@critical")
    assert ran.code != 0
    assert f"the tag @{tag} at features/functional/" in ran.output
    assert message in ran.output


def test_an_old_tag_on_the_command_line_is_named(suite: Suite) -> None:
    ran = suite.run("--tags=@needs.rough_handling")
    assert ran.code != 0
    assert "the tag @needs.rough_handling at --tags is now called" in ran.output
