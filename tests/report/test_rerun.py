"""The command that runs again what has failed."""

from __future__ import annotations

from support.approval import Outcome, Outcomes
from support.report.rerun import MOST, rerun


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


def outcomes(*statuses: str, command: str = "behave --tags=@critical") -> Outcomes:
    scenarios = [outcome(number, status) for number, status in enumerate(statuses, start=1)]
    return Outcomes(
        gate=True,
        environment="local",
        target="x",
        build="1",
        started=0.0,
        finished=1.0,
        command=command,
        scenarios=scenarios,
    )


def test_only_what_failed_is_run_again() -> None:
    command = rerun(outcomes("passed", "failed", "skipped", "broken", "not_run"))
    assert command == "behave features/a.feature:2 features/a.feature:4"


def test_without_a_failure_there_is_nothing_to_run_again() -> None:
    assert rerun(outcomes("passed", "skipped")) == ""


def test_it_goes_against_the_same_deployment() -> None:
    given = "gate -D environment=staging -D chat_secret=… -D gate=true -D defect=slow"
    assert rerun(outcomes("failed", command=given)) == (
        "behave -D environment=staging -D defect=slow features/a.feature:1"
    )


def test_a_command_has_a_bounded_length() -> None:
    assert rerun(outcomes(*["failed"] * 60)).count("features/a.feature:") == MOST
