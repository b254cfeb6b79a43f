"""The command that runs again what has failed."""

from __future__ import annotations

import pytest

from support.approval import Outcome, Outcomes
from support.config.environment import REFERENCE_NAME
from support.report.rerun import MOST, Rerun, rerun


def outcome(number: int, status: str) -> Outcome:
    return Outcome(
        id=str(number),
        feature="Chatting",
        name=f"Nr {number}",
        path="features/a.feature",
        line=number,
        category="functional",
        status=status,
    )


def outcomes(
    *statuses: str,
    command: str = "behave --tags=@critical",
    environment: str = "local",
    target: str = REFERENCE_NAME,
    own: bool = False,
) -> Outcomes:
    scenarios = [outcome(number, status) for number, status in enumerate(statuses, start=1)]
    return Outcomes(
        gate=True,
        environment=environment,
        target=target,
        build="1",
        started=0.0,
        finished=1.0,
        command=command,
        scenarios=scenarios,
        own_environment=own,
    )


def test_only_what_failed_is_run_again() -> None:
    found = rerun(outcomes("passed", "failed", "skipped", "broken", "not_run"))
    assert found == Rerun("behave features/a.feature:2 features/a.feature:4")


def test_of_one_scenario_alone() -> None:
    given = outcomes("passed", "failed", "failed")
    assert rerun(given, "3") == Rerun("behave features/a.feature:3")
    assert rerun(given, "1") is None, "it has passed"


def test_without_a_failure_there_is_nothing_to_run_again() -> None:
    assert rerun(outcomes("passed", "skipped")) is None


def test_it_goes_against_the_same_deployment() -> None:
    given = "gate -D environment=staging -D chat_secret=… -D gate=true -D defect=slow"
    found = rerun(outcomes("failed", command=given, environment="staging"))
    command = "behave -D environment=staging -D defect=slow features/a.feature:1"
    assert found == Rerun(command, "with the same settings, GREENLIGHT_… and -D")


def test_it_goes_with_the_same_settings() -> None:
    given = "behave -Ddefect=slow -D 'environment=my own.toml' -D latency_ms=1 -D jobs=2 -D html=no"
    found = rerun(outcomes("failed", command=given, own=True))
    command = "behave -D defect=slow -D 'environment=my own.toml' -D latency_ms=1"
    assert found == Rerun(f"{command} features/a.feature:1")


def test_the_command_of_an_older_run_was_not_quoted() -> None:
    found = rerun(outcomes("failed", command="behave -D defect=it's"))
    assert found == Rerun("""behave -D 'defect=it'"'"'s' features/a.feature:1""")


def test_an_environment_that_a_variable_named_is_named_by_the_command() -> None:
    found = rerun(outcomes("failed", command="gate -D defect=slow", environment="staging"))
    command = "behave -D environment=staging -D defect=slow features/a.feature:1"
    assert found == Rerun(command)


def test_who_reruns_against_a_deployment_is_told_to_give_its_settings_again() -> None:
    found = rerun(outcomes("failed", target="wss://chat.example.org"))
    words = "with the same settings, GREENLIGHT_… and -D"
    assert found == Rerun("behave features/a.feature:1", words)
    assert rerun(outcomes("failed", environment="of-my-own")) == found


@pytest.mark.parametrize("name", ["local", "staging"])
def test_an_own_file_that_is_called_as_one_of_the_suite_is_not_named_by_its_name(name: str) -> None:
    found = rerun(outcomes("failed", environment=name, own=True))
    words = "with the same settings, GREENLIGHT_… and -D"
    assert found == Rerun("behave features/a.feature:1", words)
    given = f"gate -D environment=ours/{name}.toml"
    again = rerun(outcomes("failed", command=given, environment=name, own=True))
    assert again == Rerun(f"behave -D environment=ours/{name}.toml features/a.feature:1")


def test_a_command_has_a_bounded_length() -> None:
    found = rerun(outcomes(*["failed"] * 60))
    assert found is not None
    assert found.command.count("features/a.feature:") == MOST
    assert found.limits == "the first 10 of 60"
