"""Room for as many as announced, and an end to handshakes that have none."""

from __future__ import annotations

from typing import Any

import pytest
from histories import ALICE, BOB, Tape

from support.checks.connection_limits import (
    connected_meanwhile,
    connection_cap_enforced,
    unfinished_handshakes_cut,
)
from support.journal import records


def full(limit: int = 3) -> Tape:
    tape = Tape()
    tape.signs_in(BOB)
    for _ in range(limit):
        tape.connects(BOB)
    return tape


def judged(tape: Tape) -> tuple[str, str]:
    finding = connection_cap_enforced(BOB, 3)(tape.history)
    return finding.state, finding.summary


def test_the_announced_number_and_no_more_and_room_after_one_has_left() -> None:
    tape = full()
    tape.refused(BOB, expect="refused")
    tape.refused(BOB, expect="either")
    tape.connects(BOB, expect="either")
    assert judged(tape)[0] == "passed"


def test_one_too_many_that_gets_in_is_seen() -> None:
    tape = full()
    tape.connects(BOB, expect="refused")
    assert judged(tape) == ("failed", "connection 4 was admitted, too")


def test_a_refusal_in_another_way_is_seen() -> None:
    tape = full()
    tape.refused(BOB, expect="refused", agreed=False)
    assert judged(tape)[0] == "failed"


def test_a_refusal_within_the_limit_is_seen() -> None:
    tape = full(2)
    tape.refused(BOB)
    tape.refused(BOB, expect="refused")
    assert judged(tape) == ("failed", "connection 3 was not admitted: HTTP 401")


def test_room_made_at_the_cost_of_another_connection_is_seen() -> None:
    tape = full()
    tape.ends(BOB, by="target", connection=f"{BOB}#1")
    tape.refused(BOB, expect="refused")
    assert judged(tape) == ("failed", "connection 1 was ended to make room")


def test_room_that_never_comes_back_is_seen() -> None:
    tape = full()
    tape.refused(BOB, expect="refused")
    tape.refused(BOB, expect="either")
    assert judged(tape) == ("failed", "no new connection was admitted after a disconnect")


def test_room_that_comes_back_after_one_kind_of_end_alone_is_seen() -> None:
    tape = full()
    tape.refused(BOB, expect="refused")
    tape.connects(BOB, expect="either", means="the first place")
    tape.refused(BOB, expect="either", means="the second place")
    assert judged(tape)[1].endswith("after a disconnect, in the second place")


def test_without_a_try_too_many_or_after_a_leave_nobody_can_say() -> None:
    tape = full()
    assert judged(tape)[0] == "unknown"
    tape.refused(BOB, expect="refused")
    assert judged(tape)[0] == "unknown"


def slow(**what: Any) -> records.Record:
    usual = {"user": BOB, "way": "byte by byte", "sent": 5, "pieces": 5, "lasted_s": 1.0}
    tape = Tape()
    return tape.add(records.SlowHandshake, **{**usual, "cut": True, **what})


@pytest.mark.parametrize(
    ("what", "state"),
    [
        ({}, "passed"),
        ({"cut": False, "lasted_s": 2.0}, "failed"),
        ({"sent": 300, "pieces": 1}, "unknown"),
    ],
)
def test_unfinished_handshakes_are_cut_in_time(what: dict[str, Any], state: str) -> None:
    tape = Tape()
    tape.records.append(slow(**what))
    assert unfinished_handshakes_cut(BOB, 2.0)(tape.history).state == state


@pytest.mark.parametrize(
    ("begun", "let_in", "state"),
    [(2, True, "passed"), (2, False, "failed"), (1, True, "unknown")],
)
def test_who_comes_while_handshakes_are_unfinished_is_let_in(
    begun: int, let_in: bool, state: str
) -> None:
    tape = Tape()
    tape.at = 1.0
    if let_in:
        tape.comes(ALICE)
    else:
        tape.refused(ALICE)
    tape.at = 2.0
    for number in range(2):
        lasted_s = 1.9 if number < begun else 0.1
        usual = {"user": BOB, "way": "half", "sent": 5, "pieces": 1, "cut": False}
        tape.add(records.SlowHandshake, **{**usual, "lasted_s": lasted_s})
    assert connected_meanwhile(ALICE, BOB, 2)(tape.history).state == state
