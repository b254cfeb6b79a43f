"""A token's end in mid-conversation, by the deployment's own clock, whatever ours says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from histories import ALICE, WALL, Tape, answer_of, id_of

from support.checks.connections import handshake_refused
from support.checks.invariants import INVARIANTS
from support.checks.token_expiry import (
    closed_at_token_expiry,
    only_expired_ends,
    token_never_echoed,
)
from support.journal import facts, records

AHEAD = 7.0  # the deployment's clock before ours, in seconds
ENDS_AT = 2.0  # on the tape
VISITOR = "s01/Visitor"
Clock = Callable[[float], float | None]  # as a greeting tells the time


def comes(tape: Tape, token_ends: float | None = None, clock: Clock = float) -> None:
    connection = tape.tries(ALICE, token_ends=token_ends)
    tape.add(records.Connected, connection=connection, user=ALICE, took_ms=1.0)
    theirs = clock(WALL + tape.at + AHEAD)
    tape.hears(ALICE, facts.Ready(user_id=id_of(ALICE), server_time=theirs))
    tape.subscribes(ALICE)


def happens(tape: Tape, at: float, delay_s: float = 0.0) -> None:
    tape.stream[ALICE] += 1
    event = facts.Event(
        type=facts.THINKING, position=tape.stream[ALICE], timestamp=WALL + AHEAD + at
    )
    tape.at = at + delay_s
    tape.hears(ALICE, event)


def story(
    end_after_s: float | None = 0.1,
    *,
    late_at: float | None = None,
    delay_s: float = 0.0,
    afterwards: bool = True,
    clock: Clock = float,
    **end: Any,
) -> Tape:
    tape = Tape()
    tape.signs_in(ALICE)
    comes(tape, WALL + AHEAD + ENDS_AT, clock)
    happens(tape, 0.5)
    if late_at is not None:
        happens(tape, late_at, delay_s)
    if end_after_s is not None:
        tape.at = ENDS_AT + end_after_s
        tape.ends(ALICE, **{"by": "target", "code": 4401, **end})
    else:
        tape.at = ENDS_AT + 9
        tape.cut(ALICE)
    comes(tape, clock=clock)
    if afterwards:
        happens(tape, max(tape.at, ENDS_AT) + 0.5)
    return tape


def judged(tape: Tape) -> tuple[str, str]:
    return answer_of(closed_at_token_expiry(ALICE, WALL, 5.0)(tape.history))


def test_a_connection_that_ends_with_its_token_is_as_it_should_be() -> None:
    assert judged(story())[0] == "passed"


@pytest.mark.parametrize(("after_s", "state"), [(5.5, "passed"), (6.5, "failed")])
def test_the_end_may_take_its_time_but_not_for_ever(after_s: float, state: str) -> None:
    assert judged(story(after_s))[0] == state


@pytest.mark.parametrize(("after_s", "state"), [(-0.9, "passed"), (-1.1, "failed")])
def test_the_end_may_come_a_moment_early_but_not_more(after_s: float, state: str) -> None:
    assert judged(story(after_s))[0] == state


def test_how_early_the_end_came_is_told() -> None:
    said = "the connection was ended 1.4 s before its token"
    assert judged(story(-1.4)) == ("failed", said)


@pytest.mark.parametrize(
    ("clock", "after_s"), [(int, -0.9), (lambda _: None, -1.4)], ids=["whole seconds", "none"]
)
def test_no_end_is_early_by_a_clock_that_does_not_prove_it(clock: Clock, after_s: float) -> None:
    assert judged(story(after_s, clock=clock))[0] == "passed"


def test_a_connection_that_lives_on_fails() -> None:
    said = "the connection lived on after its token had ended"
    assert judged(story(None)) == ("failed", said)


def test_another_close_code_fails() -> None:
    assert judged(story(code=1000)) == ("failed", "the connection was ended with code 1000")


def test_a_connection_that_breaks_without_a_word_fails() -> None:
    finding = judged(story(by="network", code=None))
    assert finding == ("failed", "the connection was ended without a word")


def test_an_event_that_happened_after_the_end_must_not_come() -> None:
    finding = judged(story(3.0, late_at=ENDS_AT + 1.5))
    assert finding == ("failed", "agent_thinking came 1.5 s after the token had ended")


def test_an_event_of_the_last_moment_may_come() -> None:
    assert judged(story(3.0, late_at=ENDS_AT + 0.2))[0] == "passed"


def test_an_event_that_comes_long_after_the_end_is_late_whatever_its_own_time() -> None:
    finding = judged(story(4.0, late_at=ENDS_AT - 0.1, delay_s=2.0))
    assert finding == ("failed", "agent_thinking came 1.9 s after the token had ended")


def test_an_event_on_its_way_when_the_token_ends_may_arrive() -> None:
    assert judged(story(4.0, late_at=ENDS_AT - 0.1, delay_s=0.8))[0] == "passed"


def test_where_nothing_happened_after_the_end_nothing_is_proven() -> None:
    assert judged(story(afterwards=False))[0] == "unknown"


def test_a_refresh_that_fails_is_why_the_user_could_not_come_back() -> None:
    tape = story(afterwards=False)
    tape.add(records.AuthAnswer, user=ALICE, call="refresh", status=401, detail="HTTP 401")
    said = "the user could not come back: the refresh failed: HTTP 401"
    assert judged(tape) == ("failed", said)


def test_without_a_token_that_ends_nothing_is_known() -> None:
    tape = Tape()
    tape.comes(ALICE)
    assert judged(tape)[0] == "unknown"


def test_a_connection_that_ends_with_its_token_is_not_unstable() -> None:
    assert INVARIANTS["unstable connection"](story().history).ok


# --- what came back


@pytest.mark.parametrize("how", ["http", "close"])
def test_a_refusal_that_quotes_the_token_fails(how: str) -> None:
    tape = Tape()
    connection = tape.tries(VISITOR, expect="refused")
    tape.add(records.Refused, connection=connection, user=VISITOR, how=how, echoed=("the body",))
    assert answer_of(token_never_echoed()(tape.history)) == (
        "failed",
        "the token came back in the body",
    )


def test_an_accepted_handshake_that_quotes_the_token_fails() -> None:
    tape = Tape()
    connection = tape.tries(ALICE)
    echoed = ("the subprotocol",)
    tape.add(records.Connected, connection=connection, user=ALICE, took_ms=1.0, echoed=echoed)
    assert token_never_echoed()(tape.history).state == "failed"


def test_answers_without_the_token_are_as_they_should_be() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.refused(VISITOR, expect="refused")
    assert token_never_echoed()(tape.history).ok


def test_where_nothing_answered_nothing_is_known() -> None:
    tape = Tape()
    connection = tape.tries(VISITOR, expect="refused")
    tape.add(records.Refused, connection=connection, user=VISITOR, how="timeout")
    assert token_never_echoed()(tape.history).state == "unknown"


# --- what was fetched


def test_who_made_the_service_fetch_something_has_not_stayed_out() -> None:
    tape = Tape()
    tape.refused(VISITOR, expect="refused", means="a token that says where its key is")
    assert handshake_refused(VISITOR)(tape.history).ok
    tape.add(records.CanaryServerContacted, user=VISITOR, what="/keys.json")
    finding = handshake_refused(VISITOR)(tape.history)
    assert finding.state == "failed"
    assert finding.summary.endswith("made the service fetch /keys.json")


def two_connections(
    *, short: bool = True, closed: bool = False, fenced: bool = True, by: str = "target"
) -> str:
    """What is said of a user whose second connection has ended for its token."""
    tape = Tape()
    tape.signs_in(ALICE)
    comes(tape)
    other = tape.newest(ALICE)
    if short:
        comes(tape, WALL + AHEAD + ENDS_AT)
        tape.at = ENDS_AT
        tape.ends(ALICE, by=by, code=4401 if by == "target" else None)
    if closed:
        tape.ends(ALICE, by="target", code=4401, connection=other)
    if fenced:
        tape.fence(ALICE, connection=other)
    return only_expired_ends(ALICE)(tape.history).state


def test_a_token_that_ends_leaves_other_connections_open() -> None:
    assert two_connections() == "passed"
    assert two_connections(closed=True) == "failed"


def test_a_connection_that_had_to_be_cut_after_its_token_is_no_end_of_that_token() -> None:
    assert two_connections(by="fault") == "failed"


def test_that_a_connection_outlives_a_token_needs_both_and_a_round_trip() -> None:
    assert two_connections(short=False) == two_connections(fenced=False) == "unknown"
