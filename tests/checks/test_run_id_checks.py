"""Events under the id of another run of the same user."""

from __future__ import annotations

import msgspec
import pytest
from histories import ALICE, Tape, whole_run

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
