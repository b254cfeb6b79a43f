"""Who asks too much: floods, bombs, unread answers."""

from __future__ import annotations

from typing import Any

from histories import ALICE, BOB, Tape, whole_run

from support.checks.invariants import INVARIANTS
from support.checks.overload import (
    answers_not_slowed,
    flood_disconnected,
    flood_limited,
    limit_lifted,
    memory_bounded,
    memory_flat,
    not_slowed,
    refused_not_handled,
    slow_reader_disconnected,
)
from support.journal import facts, records

LIMITED = ("rate_limited",)
REFUSED = facts.Rejected(code="rate_limited", message="slow down")
TAKEN = facts.Rejected(code="not_found", message="no such run")
ASKED = facts.Cancelling(run_id="nobody's")


def provokes(tape: Tape, user: str = BOB, *, done: bool = False, **what: Any) -> None:
    usual = {"connection": tape.newest(user), "user": user, "what": "is a nuisance"}
    tape.add(records.ProvokedClose, **{**usual, "close": (1008,), "done": done, **what})


def flood(taken: int, refused: int, *, begin: bool = True) -> Tape:
    """A user whose first messages are taken and whose further ones are refused."""
    tape = Tape()
    tape.comes(BOB)
    if begin:
        provokes(tape)
    for answer in [TAKEN] * taken + [REFUSED] * refused:
        tape.says(BOB, ASKED)
        tape.hears(BOB, answer)
    return tape


def limited(tape: Tape, per_s: float = 10) -> str:
    return flood_limited(BOB, per_s, 2, LIMITED)(tape.history).state


def cut(tape: Tape) -> str:
    return flood_disconnected(BOB, 500, LIMITED)(tape.history).state


def handled(tape: Tape) -> str:
    return refused_not_handled(BOB)(tape.history).state


def lifted(tape: Tape) -> str:
    return limit_lifted(BOB, 3, LIMITED)(tape.history).state


def pings_after(tape: Tape, pause_s: float, answer: facts.Fact | None = None) -> Tape:
    """The user pauses and pings; the answer is a pong, or another that is given."""
    nonce = f"after {pause_s:g} s"
    tape.at += pause_s
    tape.says(BOB, facts.Pinged(nonce=nonce))
    tape.hears(BOB, answer or facts.Pong(nonce=nonce))
    return tape


def test_a_user_who_was_limited_is_accepted_again_after_a_pause() -> None:
    tape = pings_after(flood(20, 100), 0.5, REFUSED)
    assert lifted(pings_after(tape, 0.5)) == "passed"


def test_a_user_who_is_still_refused_after_a_long_pause_is_limited_for_ever() -> None:
    tape = pings_after(flood(20, 100), 0.5, REFUSED)
    assert lifted(tape) == "unknown"
    assert lifted(pings_after(tape, 2.4, REFUSED)) == "failed"


def test_a_ping_that_is_refused_and_answered_is_a_fault() -> None:
    tape = pings_after(flood(20, 100), 0.5, REFUSED)
    assert handled(tape) == "passed"
    for _ in range(2):  # the subscription, too, was sent
        tape.hears(BOB, facts.Pong(nonce="nobody's"))
    assert handled(tape) == "passed"
    for _ in range(2):
        tape.hears(BOB, facts.Pong(nonce="after 0.5 s"))
    assert handled(tape) == "failed"
    tape.ends(BOB, by="target", code=1008)  # which may come with an error of its own
    assert handled(tape) == "passed"


def test_who_never_paused_or_was_never_limited_proves_nothing() -> None:
    assert lifted(flood(20, 100)) == "unknown"
    assert lifted(pings_after(flood(20, 0), 0.5)) == "unknown"


def test_a_burst_may_get_through_and_the_rest_is_refused() -> None:
    assert limited(flood(20, 100)) == "passed"


def test_a_burst_that_is_refused_before_its_end_is_not_granted() -> None:
    assert limited(flood(60, 200), per_s=40) == "failed"
    assert limited(flood(75, 200), per_s=40) == "passed"


def test_more_than_burst_and_rate_is_too_much() -> None:
    assert limited(flood(80, 100)) == "failed"


def test_a_flood_that_stayed_below_the_rate_proves_nothing() -> None:
    assert limited(flood(10, 0)) == "unknown"


def test_messages_that_are_only_dropped_are_not_refused() -> None:
    tape = flood(20, 50)
    for _ in range(30):
        tape.says(BOB, ASKED)
    assert limited(tape) == "failed"


def test_messages_unanswered_at_a_close_are_no_harm() -> None:
    tape = flood(20, 50)
    tape.says(BOB, ASKED)
    tape.ends(BOB, by="target", code=1008)
    assert limited(tape) == "passed"


def test_nothing_deliberate_is_no_flood() -> None:
    tape = flood(20, 100, begin=False)
    assert (limited(tape), cut(tape)) == ("unknown", "unknown")


def test_a_flood_that_nobody_answers_shows_nothing_that_was_refused_and_handled() -> None:
    tape = Tape()
    tape.comes(BOB)
    provokes(tape)
    tape.says(BOB, ASKED)
    found = refused_not_handled(BOB)(tape.history)
    assert (found.state, "nothing was answered" in found.summary) == ("unknown", True)


def test_a_long_row_of_refusals_that_ends_nothing_is_a_fault() -> None:
    assert cut(flood(20, 700)) == "failed"


def test_a_long_row_that_ends_as_agreed_is_right() -> None:
    tape = flood(20, 501)
    tape.ends(BOB, by="target", code=1008)
    assert cut(tape) == "passed"


def test_refusals_that_were_never_sent_because_of_the_close_are_allowed_for() -> None:
    tape = flood(20, 450)
    for _ in range(60):
        tape.says(BOB, ASKED)
    tape.ends(BOB, by="target", code=1008)
    assert cut(tape) == "passed"


def test_a_close_after_a_handful_of_refusals_is_too_early() -> None:
    tape = flood(20, 5)
    tape.ends(BOB, by="target", code=1008)
    assert cut(tape) == "failed"


def test_a_flood_that_is_cut_without_a_word_is_not_as_agreed() -> None:
    tape = flood(20, 600)
    tape.ends(BOB, by="network", code=None)
    assert cut(tape) == "failed"


def test_a_message_that_slips_through_begins_the_row_anew() -> None:
    tape = flood(20, 400)
    tape.says(BOB, ASKED)
    tape.hears(BOB, TAKEN)
    for _ in range(400):
        tape.says(BOB, ASKED)
        tape.hears(BOB, REFUSED)
    assert cut(tape) == "passed"


def test_a_close_that_was_provoked_is_no_unstable_connection() -> None:
    tape = flood(20, 501)
    tape.ends(BOB, by="target", code=1008)
    assert INVARIANTS["unstable connection"](tape.history).ok


def test_another_close_than_the_provoked_one_is_an_unstable_connection() -> None:
    tape = flood(20, 501)
    tape.ends(BOB, by="target", code=1011)
    assert INVARIANTS["unstable connection"](tape.history).state == "failed"


def test_a_bare_cut_is_provoked_only_where_that_was_said() -> None:
    states = []
    for bare in (True, False):
        tape = Tape()
        tape.comes(BOB)
        provokes(tape, bare=bare)
        tape.ends(BOB, by="network", code=None)
        states.append(INVARIANTS["unstable connection"](tape.history).state)
    assert states == ["passed", "failed"]


def bystander(
    took_ms: float, *, during: int = 24, before: int = 15, before_ms: float = 0.5, late: int = 0
) -> Tape:
    tape = Tape()
    tape.comes(ALICE)
    tape.comes(BOB)
    for _ in range(before):
        tape.heartbeat(ALICE, "application", took_ms=before_ms)
    provokes(tape)
    for number in range(during):
        took = 400 if number < late else took_ms
        tape.at += took / 1000
        tape.heartbeat(ALICE, "application", took_ms=took)
    provokes(tape, done=True)
    return tape


def slowed(tape: Tape) -> str:
    return not_slowed(ALICE, BOB, 0.25)(tape.history).state


def test_anyone_who_is_answered_as_before_was_not_slowed() -> None:
    assert slowed(bystander(20)) == "passed"


def test_answers_over_the_limit_are_seen() -> None:
    assert [slowed(bystander(took)) for took in (249, 251)] == ["passed", "failed"]


def test_the_limit_is_the_same_whatever_it_was_before() -> None:
    assert slowed(bystander(300, before_ms=290)) == "failed"


def test_one_in_twenty_may_be_late() -> None:
    assert [slowed(bystander(20, during=40, late=late)) for late in (2, 3)] == ["passed", "failed"]


def test_a_few_round_trips_show_nothing_unless_they_are_slow() -> None:
    states = [slowed(bystander(took, during=3)) for took in (20, 400)]
    assert states == ["unknown", "failed"]


def test_our_own_lateness_at_another_time_excuses_nothing() -> None:
    tape = bystander(400)
    tape.at += 10
    tape.add(records.Sample, name="loop_lag_ms", value=390.0)
    assert slowed(tape) == "failed"


def test_when_our_own_machine_was_late_nobody_can_say() -> None:
    tape = bystander(400)
    for second in range(12):
        tape.add(records.Sample, name="loop_lag_ms", value=390.0, t=float(second))
    assert slowed(tape) == "unknown"


def test_a_ping_that_is_never_answered_is_slow() -> None:
    tape = bystander(20)
    tape.heartbeat(ALICE, "application", answered=False)
    assert slowed(tape) == "failed"


def reader(size: int, *, lasts_s: float = 5, heartbeat_s: float | None = 20, **end: Any) -> Tape:
    """One device reads nothing, the other what `size` bytes bring it; the first ends like that."""
    tape = Tape()
    deaf = tape.comes(BOB, heartbeat_s=heartbeat_s)
    other = tape.comes(BOB)
    provokes(tape, connection=deaf, bare=True)
    tape.hears(BOB, TAKEN, connection=other, size=size)
    tape.at += lasts_s
    provokes(tape, connection=deaf, bare=True, done=True)
    if end:
        tape.ends(BOB, connection=deaf, **end)
    return tape


def unread(tape: Tape) -> str:
    return slow_reader_disconnected(BOB, 1_000)(tape.history).state


def test_anyone_who_reads_nothing_may_be_closed_or_cut() -> None:
    assert unread(reader(2_000, by="target", code=1008)) == "passed"
    assert unread(reader(2_000, by="network", code=None)) == "passed"


def test_a_connection_that_is_kept_or_closed_for_another_reason_is_a_fault() -> None:
    assert unread(reader(2_000)) == "failed"
    assert unread(reader(2_000, by="user")) == "failed"
    assert unread(reader(2_000, by="target", code=1011)) == "failed"


def test_a_missed_heartbeat_shows_nothing_about_the_bound() -> None:
    assert unread(reader(2_000, by="target", code=4408)) == "unknown"
    for heartbeat_s in (3, None):
        cut = reader(2_000, heartbeat_s=heartbeat_s, by="network", code=None)
        assert unread(cut) == "unknown"
        finding = slow_reader_disconnected(BOB, 1_000)(cut.history)
        assert finding.cause == "not_offered"
        closed = reader(2_000, heartbeat_s=heartbeat_s, by="target", code=1008)
        assert unread(closed) == "passed"


def test_memory_is_bounded_by_what_was_sent() -> None:
    states = []
    for grown in (27e6, 30e6):
        tape = reader(2_000_000)
        for value in (50e6, 50e6 + grown):
            tape.add(records.Sample, name="own_service_memory_bytes", value=value)
        states.append(memory_bounded(BOB, 1_000_000, 16)(tape.history).state)
    assert states == ["passed", "failed"]


def test_too_little_to_read_shows_nothing() -> None:
    assert unread(reader(500, by="target", code=1008)) == "unknown"


def test_memory_is_measured_against_the_first_look() -> None:
    states = []
    for peak in (30e6, 90e6):
        tape = Tape()
        for value in (20e6, peak, 20e6):
            tape.add(records.Sample, name="target_memory_bytes", value=value)
        states.append(memory_flat(32)(tape.history).state)
    assert states == ["passed", "failed"]


def talker(took_s: float, *, before: bool = True) -> str:
    """A bystander whose question takes that long while somebody else asks too much."""
    tape = Tape()
    tape.comes(ALICE)
    tape.comes(BOB)
    if before:
        tape.run(ALICE)
    provokes(tape)
    tape.asks(ALICE, "q2", "r-2")
    tape.at += took_s
    for event in whole_run(ALICE, "r-2", first=tape.stream[ALICE] + 1):
        tape.event(ALICE, event)
    provokes(tape, done=True)
    return answers_not_slowed(ALICE, BOB, 0.5)(tape.history).state


def test_questions_are_answered_as_before_or_are_not() -> None:
    assert [talker(0.45), talker(0.6), talker(0.1, before=False)] == ["passed", "failed", "unknown"]
