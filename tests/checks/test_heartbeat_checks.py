"""Are pings answered? Each, at both levels, in time, and while the agent is at work."""

from __future__ import annotations

import pytest
from histories import ALICE, BOB, Tape, whole_run

from support.checks import pings_answered


def at_work(*levels: str, after: tuple[str, ...] = (), **ping: object) -> Tape:
    """Alice checks the line at these levels during a run, and at those after it."""
    tape = Tape()
    tape.comes(ALICE)
    tape.asks(ALICE)
    run = whole_run()
    for event in run[:-1]:
        tape.event(ALICE, event)
    for level in levels:
        tape.heartbeat(ALICE, level, **ping)
    tape.event(ALICE, run[-1])
    for level in after:
        tape.heartbeat(ALICE, level)
    return tape


def answered(tape: Tape, at_least: int = 2) -> tuple[str, str]:
    finding = pings_answered(ALICE, 1000.0, at_least)(tape.history)
    return finding.state, finding.summary


def test_pings_of_both_levels_answered_during_a_run_pass() -> None:
    assert answered(at_work("application", "protocol")) == (
        "passed",
        "2 pings, 2 during the run, worst 1 ms",
    )


@pytest.mark.parametrize("level", ["application", "protocol"])
def test_one_level_alone_proves_nothing(level: str) -> None:
    assert answered(at_work(level, level))[0] == "unknown"


def test_fewer_pings_than_asked_for_prove_nothing() -> None:
    assert answered(at_work("application", "protocol"), at_least=3)[0] == "unknown"


def test_pings_of_somebody_else_prove_nothing() -> None:
    tape = at_work()
    tape.comes(BOB)
    tape.heartbeat(BOB, "application")
    tape.heartbeat(BOB, "protocol")
    assert answered(tape) == ("unknown", "only 0 pings, of no level")


def test_a_ping_without_an_answer_fails() -> None:
    tape = at_work("application", "protocol")
    tape.heartbeat(ALICE, "protocol", answered=False)
    assert answered(tape) == ("failed", "1 of 3 pings were not answered (protocol level)")


def test_an_answer_that_comes_late_fails() -> None:
    state, told = answered(at_work("application", "protocol", took_ms=1250.0))
    assert state == "failed"
    assert "by up to 250 ms" in told


def test_an_answer_just_in_time_passes() -> None:
    assert answered(at_work("application", "protocol", took_ms=1000.0))[0] == "passed"


def test_pings_answered_only_after_the_run_fail() -> None:
    tape = at_work(after=("application", "protocol"))
    assert answered(tape)[0] == "failed"


def test_pings_that_wait_for_the_end_of_the_run_fail() -> None:
    tape = at_work(after=("application", "protocol"))
    for level in ("application", "protocol"):
        tape.heartbeat(ALICE, level, took_ms=800.0, t=0.01)
    assert answered(tape)[0] == "failed"


def test_without_the_end_of_a_run_nobody_knows_what_was_during_it() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.heartbeat(ALICE, "application")
    tape.heartbeat(ALICE, "protocol")
    assert answered(tape) == ("unknown", "no run came to its end")
