"""What a deployment announces is believed only where it can be true."""

from __future__ import annotations

from typing import Any

import pytest
from histories import ALICE, Tape

from support.checks.invariants import INVARIANTS
from support.checks.stream import resume_problems
from support.journal import facts
from support.journal.announced import BOUNDS, believable

CHECK = INVARIANTS["impossible limit"]
LIMITS = BOUNDS[facts.Ready]


def greeted(**greeting: Any) -> Tape:
    tape = Tape()
    tape.comes(ALICE, **greeting)
    return tape


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("end", [0, 1], ids=["least", "most"])
def test_what_is_just_within_the_bounds_is_possible(name: str, end: int) -> None:
    assert CHECK(greeted(**{name: LIMITS[name][end]}).history).ok


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("far", [0, 1, 10**30], ids=["below", "above", "far above"])
def test_what_is_out_of_bounds_is_named_and_not_believed(name: str, far: int) -> None:
    least, most = LIMITS[name]
    value = most + far if far else least - 1
    finding = CHECK(greeted(**{name: value}).history)
    assert finding.state == "failed"
    assert f"announces an impossible limit: {name} = " in finding.summary
    assert finding.records
    assert getattr(believable(facts.Ready(**{name: value})), name) is None


def test_what_can_be_true_is_believed() -> None:
    ready = facts.Ready(message_bytes=2048, heartbeat_s=20.0, position=0)
    assert believable(ready) is ready


def test_positions_after_the_greeting_have_bounds_too() -> None:
    for fact in (
        facts.Event(type="agent_started", position=2**53),
        facts.Subscribed(recovered=True, first=1, last=2, count=2**53),
        facts.Closing(reason="restart", retry_after_s=1e12),
    ):
        tape = greeted()
        tape.hears(ALICE, fact)
        assert CHECK(tape.history).state == "failed"


def test_where_nobody_was_greeted_nothing_can_be_said() -> None:
    assert CHECK(Tape().history).state == "unknown"


def test_a_greeting_without_limits_is_possible() -> None:
    assert CHECK(greeted(position=None, server_time=None).history).ok


def test_a_promise_of_2_to_the_53_events_is_judged_at_once() -> None:
    tape = greeted()
    tape.run(ALICE, run="r-1")
    tape.cut(ALICE)
    tape.connects(ALICE)
    tape.says(ALICE, facts.Subscribing(epoch="e-1", after=2))
    tape.hears(ALICE, facts.Subscribed(recovered=True, first=3, last=2**53, count=2**53))
    assert CHECK(tape.history).state == "failed"
    story = list(tape.history.connections.values())[-1]
    assert any("were promised" in problem for problem in resume_problems(story))
