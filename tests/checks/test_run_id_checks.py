"""Events under the id of another run of the same user."""

from __future__ import annotations

import msgspec
import pytest
from histories import ALICE, Tape, whole_run

from support.checks.answers import result_problems
from support.checks.invariants import judged_runs
from support.journal import facts

replace = msgspec.structs.replace


def first_problems(swapped: str = "", *, one_thread: bool = True, one_call: bool = False) -> list:
    """What is wrong first with each of two runs at once; events of type `swapped` swap their ids.

    `one_call`: the calls of both runs have the same id.
    """
    tape = Tape()
    tape.comes(ALICE)
    threads = {run: "t-1" if one_thread else f"t-{run}" for run in ("r-1", "r-2")}
    for number, (run, thread) in enumerate(threads.items(), start=1):
        tape.asks(ALICE, f"q{number}", run, thread_id=thread)
    other = {"r-1": "r-2", "r-2": "r-1"}
    position = 0
    for pair in zip(whole_run(run="r-1"), whole_run(run="r-2"), strict=True):
        for event in pair:
            position += 1
            run = other[event.run_id] if event.type == swapped else event.run_id
            data = event.data | {"call_id": "c"} if one_call else event.data
            thread = threads[event.run_id]
            made = replace(event, position=position, run_id=run, thread_id=thread, data=data)
            tape.event(ALICE, made)
    return [run.problems[0].code if run.problems else "" for run in judged_runs(tape.history)]


@pytest.mark.parametrize("event", [facts.TOOL_EXECUTING, facts.TOOL_COMPLETED])
def test_a_tool_call_that_is_begun_in_one_run_and_completed_in_another(event: str) -> None:
    assert first_problems(event) == ["runs_mixed_up", "runs_mixed_up"]


@pytest.mark.parametrize("event", [facts.STARTED, facts.THINKING, facts.COMPLETED])
def test_an_event_that_names_the_conversation_of_another_run(event: str) -> None:
    assert first_problems(event, one_thread=False) == ["runs_mixed_up", "runs_mixed_up"]


def test_runs_at_once_are_not_mixed_up_by_themselves() -> None:
    assert first_problems() == first_problems(one_thread=False) == ["", ""]
    assert first_problems(one_call=True) == ["", ""]


def problems_of_requests(*stated: str) -> list[str]:
    """What is wrong first with runs that state these requests as theirs."""
    tape = Tape()
    tape.comes(ALICE)
    first = 1
    for number, request in enumerate(stated, start=1):
        text = f'{{"content": "Please work out 12 * 7 (note {number})."}}'
        asked, run = f"q{number}", f"r-{number}"
        tape.says(ALICE, facts.Asked(request_id=asked), text=text)
        tape.hears(ALICE, facts.Accepted(request_id=asked, run_id=run, duplicate=False))
        started, *rest = whole_run(run=run, first=first)
        tape.event(ALICE, replace(started, data=started.data | {"request": request}))
        for event in rest:
            tape.event(ALICE, event)
        first += 1 + len(rest)
    return [run.problems[0] if run.problems else "" for run in judged_runs(tape.history)]


FIRST, SECOND = "Please work out 12 * 7 (note 1).", "Please work out 12 * 7 (note 2)."


def test_a_run_that_states_the_request_of_another() -> None:
    said = "agent_started of one run carries the request of another"
    assert problems_of_requests(FIRST, FIRST) == ["", said]
    assert problems_of_requests(SECOND, FIRST) == [said, said]


@pytest.mark.parametrize("stated", [SECOND, SECOND.upper(), "12 * 7", "a sum", "", FIRST[:9]])
def test_a_request_may_be_stated_in_any_words(stated: str) -> None:
    assert problems_of_requests(FIRST, stated) == ["", ""]


def test_a_tool_has_to_complete_with_its_own_result_once() -> None:
    asked = facts.Asked(request_id="q1", results={"tool1": "84", "tool2": "84"})
    run = whole_run(tools=2)
    assert result_problems(asked, run) == []
    wrong = [replace(e, data=e.data | {"result": {"documents": []}}) for e in run]
    said = ["the result of tool1 lacks “84”", "the result of tool2 lacks “84”"]
    assert result_problems(asked, wrong) == said
    assert result_problems(asked, [*wrong, *run]) == []


def test_a_tool_that_is_not_used_or_fails_has_no_result_to_compare() -> None:
    asked = facts.Asked(request_id="q1", results={"tool1": "85", "calculator": "84"})
    run = [replace(e, data=e.data | {"ok": False}) for e in whole_run()]
    assert result_problems(asked, run) == []
