"""What is wrong with the events of a run: nothing with a good one, everything else is found."""

from __future__ import annotations

import json

import hypothesis.strategies as st
import msgspec
import pytest
from histories import whole_run
from hypothesis import assume, given
from run_strategies import runs

from support.checks.runs import run_problems
from support.dialects import load_dialect
from support.journal import facts

replace = msgspec.structs.replace
indexes = st.integers(0, 10**6)


def with_data(event: facts.Event, **data: object) -> facts.Event:
    return replace(event, data={**event.data, **data})


def pick(run: list[facts.Event], number: int, *types: str) -> int:
    """The index of one of the run's events of these types."""
    found = [i for i, event in enumerate(run) if event.type in types]
    assume(found)
    return found[number % len(found)]


@given(runs())
def test_nothing_is_wrong_with_a_whole_run(run: list[facts.Event]) -> None:
    assert run_problems(run) == []


@given(runs())
def test_nothing_is_wrong_with_a_whole_run_of_a_backend_without_streams(
    run: list[facts.Event],
) -> None:
    assert run_problems([replace(e, position=None, epoch=None) for e in run]) == []


def test_no_events_are_no_run() -> None:
    assert run_problems([]) == ["no event of the run arrived"]


@given(runs(succeeded=True), indexes)
def test_a_lost_event_is_found(run: list[facts.Event], number: int) -> None:
    lost = number % len(run)
    rest = run[:lost] + run[lost + 1 :]
    # One thought of several may be missing: only the stream's positions can tell.
    indispensable = lost == 1 and run[2].type != facts.THINKING
    assume(run[lost].type != facts.THINKING or indispensable)
    assert run_problems(rest)


@given(runs(), indexes, indexes)
def test_an_event_that_comes_twice_is_found(
    run: list[facts.Event], number: int, later: int
) -> None:
    index = number % len(run)
    place = index + 1 + later % (len(run) - index)
    assert run_problems([*run[:place], run[index], *run[place:]])


@given(runs(succeeded=True), indexes)
def test_a_doubled_event_is_found_without_positions_too(
    run: list[facts.Event], number: int
) -> None:
    bare = [replace(e, position=None) for e in run]
    index = number % len(bare)
    assume(bare[index].type != facts.THINKING)  # two thoughts in a row are nothing unusual
    assert run_problems([*bare[: index + 1], bare[index], *bare[index + 1 :]])


@given(runs(), indexes)
def test_two_events_that_changed_places_are_found(run: list[facts.Event], number: int) -> None:
    index = number % (len(run) - 1)
    swapped = [*run[:index], run[index + 1], run[index], *run[index + 2 :]]
    assert run_problems(swapped)


@given(runs(succeeded=True), indexes)
def test_a_completion_under_another_call_is_found(run: list[facts.Event], number: int) -> None:
    index = pick(run, number, facts.TOOL_EXECUTING, facts.TOOL_COMPLETED)
    changed = list(run)
    changed[index] = with_data(run[index], call_id="of-another-call")
    assert run_problems(changed)


@given(runs(), indexes)
def test_a_completion_by_another_tool_is_found(run: list[facts.Event], number: int) -> None:
    index = pick(run, number, facts.TOOL_COMPLETED)
    changed = list(run)
    changed[index] = with_data(run[index], tool="another-tool")
    assert any("another-tool completed" in p for p in run_problems(changed))


@given(runs(), st.sampled_from([*facts.REQUIRED_EVENTS, facts.FAILED]))
def test_an_event_after_the_end_is_found(run: list[facts.Event], kind: str) -> None:
    late = replace(run[-1], type=kind, position=(run[-1].position or 0) + 1)
    assert run_problems([*run, late])


@given(runs(), st.sampled_from(facts.TERMINAL_EVENTS))
def test_two_ends_are_found(run: list[facts.Event], kind: str) -> None:
    again = replace(run[-1], type=kind, position=(run[-1].position or 0) + 1)
    assert "the run ended 2 times" in run_problems([*run, again])


@given(runs())
def test_a_run_without_its_end_is_found(run: list[facts.Event]) -> None:
    assert "the run never ended" in run_problems(run[:-1])


@given(runs(succeeded=True))
def test_a_run_without_any_thought_is_found(run: list[facts.Event]) -> None:
    thoughtless = [e for e in run if e.type != facts.THINKING]
    assert any(f"no {facts.THINKING}" in p for p in run_problems(thoughtless))


@given(runs(succeeded=True))
def test_thinking_only_after_the_first_tool_is_found(run: list[facts.Event]) -> None:
    tool = pick(run, 0, facts.TOOL_EXECUTING)
    late = [e for i, e in enumerate(run) if e.type != facts.THINKING or i > tool]
    expected = f"no {facts.THINKING} before the first {facts.TOOL_EXECUTING}"
    assert expected in run_problems(late)


@given(runs(), st.randoms(use_true_random=False))
def test_positions_out_of_order_are_found(run: list[facts.Event], random: object) -> None:
    positions = [e.position for e in run]
    random.shuffle(positions)
    assume(positions != sorted(positions))
    shuffled = [replace(e, position=p) for e, p in zip(run, positions, strict=True)]
    assert "events did not arrive in the order of the stream" in run_problems(shuffled)


@given(runs(), indexes)
def test_an_event_of_another_thread_is_found(run: list[facts.Event], number: int) -> None:
    changed = list(run)
    changed[number % len(run)] = replace(run[number % len(run)], thread_id="t-of-another")
    assert "events of one run name different threads" in run_problems(changed)


def test_a_thread_that_was_not_promised_is_found() -> None:
    accepted = facts.Accepted(request_id="q1", run_id="r-1", thread_id="t-promised")
    assert run_problems(whole_run(), accepted) == ["events of one run name different threads"]


def test_a_run_that_begins_twice_is_found() -> None:
    run = whole_run()
    again = [run[0], *(replace(e, position=(e.position or 0) + 1) for e in run)]
    assert f"{facts.STARTED} came 2 times" in run_problems(again)


def test_a_failed_run_may_leave_its_tool_open() -> None:
    run = whole_run(end=facts.FAILED)
    assert run_problems([e for e in run if e.type != facts.TOOL_COMPLETED]) == []


def test_a_cancelled_run_may_leave_its_tool_open() -> None:
    run = whole_run(status="cancelled")
    assert run_problems([e for e in run if e.type != facts.TOOL_COMPLETED]) == []


def test_a_run_cancelled_before_its_first_thought_is_whole() -> None:
    first, *_, last = whole_run(status="cancelled")
    assert run_problems([first, last]) == []


def test_a_run_that_succeeded_without_a_thought_is_found() -> None:
    first, *_, last = whole_run()
    assert run_problems([first, last]) == [f"no {facts.THINKING} before {facts.COMPLETED}"]


def test_a_cancelled_run_that_used_a_tool_without_a_thought_is_found() -> None:
    run = [e for e in whole_run(status="cancelled") if e.type != facts.THINKING]
    assert run_problems(run) == [f"no {facts.THINKING} before the first {facts.TOOL_EXECUTING}"]


def test_a_run_that_was_to_use_a_tool_and_did_not_is_found() -> None:
    assert run_problems(whole_run(tools=0), uses_tool=True) == ["no tool was used"]


_NATIVE = {
    "agent_started": {"agent": "a", "request": "r"},
    "agent_thinking": {"text": "hm", "step": 1},
    "tool_executing": {"tool": "t", "call_id": "c", "arguments": {}},
    "tool_completed": {"tool": "t", "call_id": "c", "result": "x", "ok": True, "duration_ms": 1},
    "agent_completed": {"response": "84", "status": "succeeded", "duration_ms": 1},
}
_ENVELOPE = ("event_id", "epoch", "thread_id", "user_id", "timestamp")


def native_run() -> list[dict[str, object]]:
    """A run as the wire contract writes it."""
    return [
        {
            "type": kind,
            "event_id": position,
            "epoch": "e-1",
            "run_id": "r-1",
            "thread_id": "t-1",
            "user_id": "u-1",
            "timestamp": 1.5,
            "data": dict(data),
        }
        for position, (kind, data) in enumerate(_NATIVE.items(), start=1)
    ]


def read(run: list[dict[str, object]]) -> list[facts.Event]:
    dialect = load_dialect("agent-chat-v1")
    return [f for m in run for f in dialect.read(json.dumps(m)) if isinstance(f, facts.Event)]


def test_nothing_is_wrong_with_a_native_run() -> None:
    assert run_problems(read(native_run())) == []


@pytest.mark.parametrize("kind", _NATIVE)
@pytest.mark.parametrize("field", _ENVELOPE)
def test_an_event_without_one_of_its_own_fields_is_found(kind: str, field: str) -> None:
    run = native_run()
    del next(m for m in run if m["type"] == kind)[field]
    assert f"{kind}: {field} is missing" in run_problems(read(run))


@pytest.mark.parametrize(("kind", "field"), [(k, f) for k, data in _NATIVE.items() for f in data])
def test_an_event_without_a_field_of_its_data_is_found(kind: str, field: str) -> None:
    run = native_run()
    del next(m for m in run if m["type"] == kind)["data"][field]
    assert f"{kind}: data.{field} is missing" in run_problems(read(run))
