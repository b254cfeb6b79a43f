"""Questions about runs, put to histories: what reached the user, and was it all?"""

from __future__ import annotations

import msgspec
import pytest
from histories import ALICE, BOB, Tape, whole_run

from support.checks.runs import (
    answer_contains,
    complete_run,
    event_received,
    every_question_answered,
    messages_answered,
    run_problems,
)
from support.journal import facts

replace = msgspec.structs.replace


def answered(**shape: object) -> Tape:
    tape = Tape()
    tape.comes(ALICE)
    tape.run(ALICE, **shape)
    return tape


def test_an_event_that_arrived_is_received() -> None:
    for event in facts.REQUIRED_EVENTS:
        assert event_received(ALICE, "q1", event)(answered().history).ok


def test_an_event_that_never_came_is_not_received() -> None:
    finding = event_received(ALICE, "q1", facts.TOOL_EXECUTING)(answered(tools=0).history)
    assert finding.state == "failed"
    assert finding.summary == f"no {facts.TOOL_EXECUTING} arrived"
    assert finding.seen[0] == f"{facts.STARTED} (event 1)"


def test_an_event_that_lacks_something_is_not_received() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.asks(ALICE)
    tape.event(ALICE, replace(whole_run()[0], problems=("data.agent is missing",)))
    finding = event_received(ALICE, "q1", facts.STARTED)(tape.history)
    assert finding.summary == f"{facts.STARTED} arrived, but data.agent is missing"


def test_an_event_of_another_run_is_not_received() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.asks(ALICE)
    for event in whole_run(run="r-2"):
        tape.event(ALICE, event)
    assert event_received(ALICE, "q1", facts.STARTED)(tape.history).state == "failed"


def test_an_event_that_reached_somebody_else_is_not_received() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.comes(BOB)
    tape.asks(ALICE)
    for event in whole_run():
        tape.event(BOB, event)
    assert event_received(ALICE, "q1", facts.STARTED)(tape.history).state == "failed"


def test_a_question_that_was_never_sent_cannot_be_judged() -> None:
    tape = Tape()
    tape.comes(ALICE)
    assert complete_run(ALICE, "q1")(tape.history).state == "unknown"


def test_a_question_that_was_never_accepted_fails() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.asks(ALICE, run=None)
    finding = complete_run(ALICE, "q1")(tape.history)
    assert finding.summary == "the question was never accepted"


def test_a_whole_run_is_complete() -> None:
    assert complete_run(ALICE, "q1", uses_tool=True)(answered().history).ok


def test_a_whole_run_on_two_devices_is_complete() -> None:
    tape = Tape()
    devices = tape.comes(ALICE), tape.comes(ALICE)
    tape.asks(ALICE)
    for event in whole_run():
        for device in devices:
            tape.event(ALICE, event, connection=device)
    assert complete_run(ALICE, "q1")(tape.history).ok


def test_a_doubled_event_on_one_of_two_devices_is_found() -> None:
    tape = Tape()
    devices = tape.comes(ALICE), tape.comes(ALICE)
    tape.asks(ALICE)
    for event in whole_run():
        for device in (*devices, devices[1]):
            tape.event(ALICE, event, connection=device)
    assert complete_run(ALICE, "q1")(tape.history).state == "failed"


@pytest.mark.parametrize(
    ("moved", "late"),
    [
        (0, facts.STARTED),
        (1, facts.THINKING),
        (2, facts.TOOL_EXECUTING),
    ],
)
def test_an_event_that_comes_too_late_is_not_missing(moved: int, late: str) -> None:
    run = whole_run()
    run.insert(3, run.pop(moved))
    first = run_problems([replace(event, position=None) for event in run])[0]
    assert (first.code, first.subject) == ("event_misplaced", late)


def test_of_a_tool_that_completed_and_never_started_the_start_is_missing() -> None:
    run = whole_run()
    first = run_problems([replace(event, position=None) for event in (*run[:2], *run[3:])])[0]
    assert (first.code, first.subject) == ("event_missing", facts.TOOL_EXECUTING)


def test_a_tool_that_completed_for_another_call_than_was_started_is_unknown() -> None:
    run = whole_run()
    run[3] = replace(run[3], data={**run[3].data, "call_id": "of another"})
    first = run_problems(run)[0]
    assert (first.code, first.subject) == ("call_unknown", facts.TOOL_COMPLETED)


def test_many_problems_are_reported_in_brief() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.asks(ALICE)
    for event in reversed(whole_run()):
        tape.event(ALICE, event)
    summary = complete_run(ALICE, "q1")(tape.history).summary
    assert summary.startswith(f"the run begins with {facts.COMPLETED}")
    assert "more)" in summary


def test_an_answer_with_the_words_contains_them() -> None:
    assert answer_contains(ALICE, "q1", "84")(answered().history).ok


def test_an_answer_without_the_words_does_not() -> None:
    finding = answer_contains(ALICE, "q1", "42")(answered().history)
    assert finding.state == "failed"
    assert finding.seen == ("It is 84.",)


def test_a_run_that_failed_has_no_answer() -> None:
    history = answered(end=facts.FAILED).history
    assert answer_contains(ALICE, "q1", "84")(history).state == "failed"


# --- many questions


def series(count: int) -> Tape:
    tape = Tape()
    tape.comes(ALICE)
    for number in range(1, count + 1):
        tape.run(ALICE, f"q{number}", f"r-{number}")
    return tape


def all_answered(tape: Tape, at_least: int = 3) -> tuple[str, str]:
    finding = every_question_answered(ALICE, at_least)(tape.history)
    return finding.state, finding.summary


def test_every_question_with_a_run_of_its_own_is_answered() -> None:
    assert all_answered(series(3)) == ("passed", "3 questions, 3 whole runs")


@pytest.mark.parametrize(("by", "state"), [("deployment", "failed"), ("user", "unknown")])
def test_questions_that_cannot_be_asked_for_a_closed_connection_are_a_failure(
    by: str, state: str
) -> None:
    tape = series(2)
    tape.ends(ALICE, by=by, code=1000)
    found, summary = all_answered(tape)
    assert found == state
    assert summary.startswith("only 2 of 3 questions")


def test_fewer_questions_than_asked_for_prove_nothing() -> None:
    assert all_answered(series(2))[0] == "unknown"


def test_a_question_accepted_twice_is_found() -> None:
    tape = series(3)
    tape.hears(ALICE, facts.Accepted(request_id="q2", run_id="r-9"))
    assert "question 2 was accepted 2 times" in all_answered(tape)[1]


def test_a_question_that_was_lost_is_found() -> None:
    tape = series(3)
    tape.asks(ALICE, "q4", run=None)
    assert "question 4 was accepted 0 times" in all_answered(tape)[1]


def test_two_questions_answered_by_one_run_are_found() -> None:
    tape = series(3)
    tape.asks(ALICE, "q4", "r-3")
    assert "question 4 shares its run with another" in all_answered(tape)[1]


def test_a_question_whose_run_is_not_whole_is_found() -> None:
    tape = series(3)
    del tape.records[-1]
    assert all_answered(tape) == (
        "failed",
        "1 of 3 went wrong; question 3: the run never ended",
    )


def test_questions_accepted_in_another_order_than_asked_are_found() -> None:
    tape = Tape()
    tape.comes(ALICE)
    for request in ("q1", "q2"):
        tape.says(ALICE, facts.Asked(request_id=request))
    for request, run in (("q2", "r-2"), ("q1", "r-1")):
        tape.hears(ALICE, facts.Accepted(request_id=request, run_id=run))
        for event in whole_run(run=run, first=tape.stream[ALICE] + 1):
            tape.event(ALICE, event)
    assert "accepted in another order" in all_answered(tape, at_least=2)[1]


@pytest.mark.parametrize(
    ("answered", "asked", "state"),
    [(300, 300, "passed"), (299, 299, "unknown"), (299, 300, "failed")],
)
def test_hundreds_of_messages_are_counted(answered: int, asked: int, state: str) -> None:
    tape = Tape()
    tape.comes(ALICE)
    for number in range(asked):
        if number < answered:
            tape.run(ALICE, f"q{number}", f"r-{number}")
        else:
            tape.asks(ALICE, f"q{number}", f"r-{number}")
    assert messages_answered(300)(tape.history).state == state


@pytest.mark.parametrize("end", [{"end": facts.FAILED}, {"status": "cancelled"}])
def test_a_run_that_fails_or_is_cancelled_is_no_answer(end: dict[str, str]) -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.run(ALICE)
    assert messages_answered(1)(tape.history).ok
    tape = Tape()
    tape.comes(ALICE)
    tape.run(ALICE, **end)
    assert messages_answered(1)(tape.history).state == "failed"
