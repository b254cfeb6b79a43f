"""Runs that break, stop, are repeated or oddly asked for: still one true result a scenario.

The second half of the contract with allure-behave 2.16.2; the first is test_allure_formatter.py.
"""

from __future__ import annotations

import json

import pytest
from report_suite import GREENLIGHT, STOCK, Suite

GOOD = """
Feature: {name}
  Scenario: {name} scenario
    When all is well
"""


def test_a_broken_before_feature_leaves_its_scenarios_as_never_run(suite: Suite) -> None:
    suite.feature(GOOD.format(name="First"), "a.feature")
    suite.feature(GOOD.format(name="Second"), "b.feature")
    suite.environment("""
        def before_feature(context, feature):
            if feature.name == "First": raise RuntimeError("no users")
    """)
    ran = suite.run()
    assert ran.statuses() == {"First scenario": "unknown", "Second scenario": "passed"}
    assert "never ran: the set-up of its feature failed. RuntimeError: no users" in ran.message(
        "First scenario"
    )


def test_a_broken_after_feature_and_rule_is_an_error_of_the_run(suite: Suite) -> None:
    suite.feature("""
        Feature: Spoilt
          Rule: Rotten
            Scenario: Fine
              When all is well
    """)
    suite.environment("""
        def after_feature(context, feature): raise RuntimeError("port in use")
        def after_rule(context, rule): raise RuntimeError("rule in use")
    """)
    ran = suite.run()
    assert ran.code == 1
    assert sorted(ran.errors()) == [
        "A hook of the feature “Spoilt” failed: RuntimeError: port in use",
        "A hook of the rule “Rotten” failed: RuntimeError: rule in use",
    ]


@pytest.mark.parametrize("formatter", [GREENLIGHT, STOCK])
def test_a_broken_before_all_leaves_everything_selected_as_never_run(
    suite: Suite, formatter: str
) -> None:
    suite.feature(GOOD.format(name="First"), "a.feature")
    suite.feature("@other\n" + GOOD.format(name="Second").lstrip(), "b.feature")
    suite.environment("""
        def before_all(context): raise RuntimeError("no deployment")
    """)
    ran = suite.run("--tags=not @other", formatter=formatter)
    expected = {"First scenario": "unknown"} if formatter == GREENLIGHT else {}
    assert (ran.code, ran.statuses()) == (1, expected)


@pytest.mark.parametrize("step", ["someone presses Ctrl-C", "the run is cancelled"])
def test_an_aborted_run_tells_what_it_never_came_to(suite: Suite, step: str) -> None:
    suite.feature(f"""
        Feature: Torn
          Scenario: Done
            When all is well
          Scenario: Under way
            When {step}
            Then all is well
          Scenario: Not begun
            When all is well
    """)
    suite.feature(GOOD.format(name="Later"), "functional/z.feature")
    ran = suite.run()
    assert ran.code != 0
    assert ran.statuses() == {
        "Done": "passed",
        "Under way": "unknown" if step == "someone presses Ctrl-C" else "broken",
        "Not begun": "unknown",
        "Later scenario": "unknown",
    }
    assert "never ran" in ran.message("Later scenario")
    for entry in ran.one("Under way")["steps"]:
        assert entry["status"] in ("broken", "skipped")


def test_stop_at_the_first_failure_tells_what_it_never_came_to(suite: Suite) -> None:
    suite.feature("""
        Feature: Stop
          Scenario: Wrong
            When it goes wrong
          Scenario: Not begun
            When all is well
    """)
    ran = suite.run("--stop")
    assert ran.statuses() == {"Wrong": "failed", "Not begun": "unknown"}


def test_a_dry_run_has_passed_nothing(suite: Suite) -> None:
    suite.feature(GOOD.format(name="First"))
    ran = suite.run("--dry-run")
    assert ran.statuses() == {"First scenario": "unknown"}
    assert "dry run" in ran.message("First scenario")


@pytest.mark.parametrize("options", [[], ["--no-skipped"]])
def test_what_was_not_selected_makes_no_noise_and_what_cannot_be_done_is_shown(
    suite: Suite, options: list[str]
) -> None:
    suite.feature("""
        Feature: Some
          Scenario: In
            When all is well
          @other
          Scenario: Out
            When all is well
          Scenario: Cannot
            When all is well
          Scenario: After it
            When all is well
    """)
    suite.feature(
        """
        Feature: Whole feature
          Scenario: Cannot either
            When all is well
    """,
        "b.feature",
    )
    suite.environment("""
        def before_feature(context, feature):
            if feature.name == "Whole feature": feature.skip("the deployment has no metrics")
        def before_scenario(context, scenario):
            if scenario.name == "Cannot": scenario.skip("the deployment cannot resume")
    """)
    ran = suite.run("--tags=not @other", *options)
    assert ran.statuses() == {
        "In": "passed",
        "Cannot": "skipped",
        "After it": "passed",
        "Cannot either": "skipped",
    }
    assert ran.message("Cannot") == "the deployment cannot resume"
    assert ran.message("Cannot either") == "the deployment has no metrics"
    assert [step["name"] for step in ran.one("After it")["steps"]] == ["When all is well"]


def test_results_of_an_earlier_run_are_gone(suite: Suite) -> None:
    suite.feature(GOOD.format(name="First"))
    suite.run()
    suite.feature(GOOD.format(name="Second"))
    assert set(suite.run().statuses()) == {"Second scenario"}


def test_the_stock_formatter_merges_stale_results_in(suite: Suite) -> None:
    suite.feature(GOOD.format(name="First"))
    suite.run(formatter=STOCK)
    suite.feature(GOOD.format(name="Second"))
    assert set(suite.run(formatter=STOCK).statuses()) == {"First scenario", "Second scenario"}


def test_a_folder_with_anything_else_in_it_is_refused_untouched(suite: Suite) -> None:
    suite.feature(GOOD.format(name="First"))
    suite.write("allure-results/thesis.txt", "years of work")
    suite.write("allure-results/a-result.json", "{}")
    ran = suite.run()
    assert ran.code != 0
    assert "thesis.txt" in ran.output
    assert "Traceback" not in ran.output
    assert sorted(p.name for p in suite.directory.iterdir()) == ["a-result.json", "thesis.txt"]


def test_without_its_own_folder_the_formatter_says_so(suite: Suite) -> None:
    suite.feature(GOOD.format(name="First"))
    for options in (["-f", GREENLIGHT], ["-f", "plain", "-f", GREENLIGHT, "-o", "plain.txt"]):
        ran = suite.run_bare(*options)
        assert ran.code != 0
        assert "needs its own -o" in ran.output
        assert "Traceback" not in ran.output


def test_other_formatters_work_beside_it(suite: Suite) -> None:
    suite.feature(GOOD.format(name="First"))
    # -o pairs with -f by position, so the one without a file of its own comes last.
    ours = ["-f", GREENLIGHT, "-o", str(suite.directory)]
    ran = suite.run_bare(*ours, "-f", "json", "-o", "out.json", "-f", "plain")
    assert ran.statuses() == {"First scenario": "passed"}
    assert "First scenario" in ran.output
    assert "First scenario" in (suite.folder / "out.json").read_text()


def test_it_is_refused_twice_in_one_run(suite: Suite) -> None:
    suite.feature(GOOD.format(name="First"))
    ran = suite.run_bare("-f", GREENLIGHT, "-o", "one", "-f", GREENLIGHT, "-o", "two")
    assert ran.code != 0
    assert "only once" in ran.output
    assert "Traceback" not in ran.output


def test_attachments_reach_the_scenario_or_the_run_from_any_hook(suite: Suite) -> None:
    suite.feature(GOOD.format(name="First"))
    suite.environment("""
        import allure
        def before_all(context): allure.attach("a", "of the run")
        def before_feature(context, feature): allure.attach("b", "of the feature")
        def after_scenario(context, scenario): allure.attach("c", "conversation")
        def after_all(context):
            allure.global_attach("d", "picture")
            allure.global_error("REJECTED")
    """)
    ran = suite.run()
    attached = [entry["name"] for entry in ran.one("First scenario")["attachments"]]
    assert attached == ["conversation"]
    found = [json.loads(f.read_text()) for f in ran.directory.glob("*-globals.json")]
    names = sorted(a["name"] for entry in found for a in entry.get("attachments", []))
    assert names == ["of the feature", "of the run", "picture"]
    assert ran.errors() == ["REJECTED"]


def test_no_variable_of_the_environment_can_drop_a_scenario(suite: Suite) -> None:
    suite.feature(GOOD.format(name="First"))
    suite.write("plan.json", '{"version": "1.0", "tests": [{"selector": "nothing"}]}')
    plan = {"ALLURE_TESTPLAN_PATH": str(suite.folder / "plan.json")}
    assert suite.run(env=plan).statuses() == {"First scenario": "passed"}
    suite.directory = suite.folder / "stock-results"
    assert suite.run(env=plan, formatter=STOCK).statuses() == {"First scenario": "skipped"}


def test_a_token_in_an_error_never_reaches_a_result(suite: Suite) -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"
    suite.feature(GOOD.format(name="First"))
    suite.environment(f"""
        def after_scenario(context, scenario): raise RuntimeError("refused: Bearer {token}")
        def after_feature(context, feature): raise RuntimeError("password=hunter22 {token}")
    """)
    ran = suite.run()
    assert len(ran.results) == 1
    assert len(ran.errors()) == 1
    for path in ran.directory.iterdir():
        assert token not in path.read_text()
        assert "hunter22" not in path.read_text()


def test_a_trace_shows_the_place_in_the_suite_and_nothing_of_the_framework(suite: Suite) -> None:
    suite.write(
        "features/steps/more.py",
        """
        from behave import step
        from support.checks.unmet import Unmet

        @step("a check does not pass")
        def unmet(context): raise Unmet("Bob saw it", ())
        """,
    )
    suite.feature("""
        Feature: Some
          Scenario: Breaks
            When it breaks
          Scenario: Fails
            When a check does not pass
    """)
    ran = suite.run()
    trace = ran.one("Breaks")["statusDetails"]["trace"]
    assert "all.py" in trace
    assert "site-packages" not in trace
    assert "trace" not in ran.one("Fails")["statusDetails"]
    assert "Bob saw it" in ran.message("Fails")
