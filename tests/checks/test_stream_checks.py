"""Is a story whole? Streams cut anywhere and taken up again, and everything that can go wrong."""

from __future__ import annotations

import hypothesis.strategies as st
import msgspec
import pytest
from histories import ALICE, EPOCH, WALL, Tape, whole_run
from hypothesis import assume, given

from support.checks.invariants import streams_whole
from support.checks.stream import missed_events_replayed, run_continued_while_away, stream_complete
from support.journal import History, facts, records

replace = msgspec.structs.replace
indexes = st.integers(0, 10**6)

#: How many events arrive before each cut, and how many happen while the user is away.
cuts = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=4)


def event(position: int | None, **changed: object) -> facts.Event:
    usual = {"type": facts.THINKING, "position": position, "epoch": EPOCH, "run_id": "r-1"}
    return facts.Event(**{**usual, **changed})


def journey(count: int, ends: list[tuple[int, int]]) -> Tape:
    """`count` events over as many connections as `ends` says, each resumed in good order."""
    tape = Tape()
    tape.comes(ALICE)
    here = 0
    for live, missed in ends:
        before_cut = min(here + live, count)
        for position in range(here + 1, before_cut + 1):
            tape.event(ALICE, event(position))
        tape.cut(ALICE)
        tape.stream[ALICE] = here = min(before_cut + missed, count)
        tape.connects(ALICE)
        tape.resumes(ALICE, after=before_cut)
        for position in range(before_cut + 1, here + 1):
            tape.event(ALICE, event(position))
    for position in range(here + 1, count + 1):
        tape.event(ALICE, event(position))
    return tape


def event_frames(tape: Tape) -> list[int]:
    """Where the frames with events stand among the records."""
    found = []
    for index, record in enumerate(tape.records):
        if isinstance(record, records.Frame) and isinstance(record.facts[0], facts.Event):
            found.append(index)
    return found


def story(tape: Tape) -> str:
    return stream_complete(ALICE)(tape.history).state


@given(st.integers(1, 25), cuts)
def test_a_stream_cut_anywhere_and_resumed_is_whole(
    count: int, ends: list[tuple[int, int]]
) -> None:
    tape = journey(count, ends)
    assert story(tape) == "passed"
    assert streams_whole()(tape.history).state == "passed"
    assert missed_events_replayed(ALICE)(tape.history).state != "failed"


@given(st.integers(2, 25), cuts, indexes)
def test_a_lost_event_is_found(count: int, ends: list[tuple[int, int]], number: int) -> None:
    tape = journey(count, ends)
    frames = event_frames(tape)
    del tape.records[frames[number % (len(frames) - 1)]]  # after the last, nothing shows a gap
    assert story(tape) == "failed"
    assert streams_whole()(tape.history).state == "failed"


@given(st.integers(1, 25), cuts, indexes)
def test_an_event_that_comes_twice_is_found(
    count: int, ends: list[tuple[int, int]], number: int
) -> None:
    tape = journey(count, ends)
    frames = event_frames(tape)
    index = frames[number % len(frames)]
    tape.records.insert(index, tape.records[index])
    assert story(tape) == "failed"


@given(st.integers(2, 25), cuts, indexes)
def test_two_events_that_changed_places_are_found(
    count: int, ends: list[tuple[int, int]], number: int
) -> None:
    tape = journey(count, ends)
    frames = event_frames(tape)
    first = number % (len(frames) - 1)
    one, other = frames[first], frames[first + 1]
    assume(tape.records[one].connection == tape.records[other].connection)
    tape.records[one], tape.records[other] = tape.records[other], tape.records[one]
    assert story(tape) == "failed"


def test_a_gap_is_reported_by_its_position() -> None:
    tape = journey(2, [])
    tape.event(ALICE, event(4))
    finding = stream_complete(ALICE)(tape.history)
    assert finding.summary == "event 3 is missing (2 was followed by 4)"
    assert finding.records == (tape.records[-1].seq,)


def test_a_double_across_a_reconnect_is_found() -> None:
    tape = journey(3, [(2, 0)])
    tape.event(ALICE, event(2))
    assert "event 2 came twice" in stream_complete(ALICE)(tape.history).summary


def test_a_stream_begun_anew_is_found() -> None:
    tape = journey(2, [])
    tape.event(ALICE, event(3, epoch="e-2"))
    assert "its epoch changed" in stream_complete(ALICE)(tape.history).summary


def test_an_event_before_any_subscription_is_found() -> None:
    tape = Tape()
    tape.signs_in(ALICE)
    tape.connects(ALICE)
    tape.event(ALICE, event(1))
    assert "before any subscription" in stream_complete(ALICE)(tape.history).summary


def test_a_backend_without_streams_needs_no_subscription() -> None:
    tape = Tape()
    tape.signs_in(ALICE)
    tape.connects(ALICE, position=None, epoch=None)
    tape.event(ALICE, event(None, epoch=None))
    assert streams_whole()(tape.history).state != "failed"


def test_a_story_without_any_event_is_unknown() -> None:
    tape = Tape()
    tape.comes(ALICE)
    assert story(tape) == "unknown"


def test_what_happened_before_a_user_came_is_not_theirs_to_see() -> None:
    tape = Tape()
    tape.stream[ALICE] = 7
    tape.comes(ALICE)
    tape.event(ALICE, event(8))
    assert story(tape) == "passed"


def test_an_old_event_on_a_live_subscription_is_found() -> None:
    tape = Tape()
    tape.stream[ALICE] = 7
    tape.comes(ALICE)
    tape.event(ALICE, event(7))
    assert story(tape) == "failed"


def test_who_comes_back_without_resuming_misses_what_happened_meanwhile() -> None:
    tape = journey(3, [])
    tape.ends(ALICE)
    tape.stream[ALICE] = 6
    tape.connects(ALICE)
    tape.subscribes(ALICE)
    tape.event(ALICE, event(7))
    assert streams_whole()(tape.history).state == "passed"


def test_a_gap_that_the_target_admits_is_a_gap_in_the_story_and_no_failure_pattern() -> None:
    tape = journey(3, [])
    tape.cut(ALICE)
    tape.stream[ALICE] = 9
    tape.connects(ALICE)
    tape.resumes(ALICE, 3, recovered=False, first=0, last=0, count=0, reason="expired")
    tape.event(ALICE, event(10))
    assert streams_whole()(tape.history).state == "passed"
    finding = stream_complete(ALICE)(tape.history)
    assert finding.state == "failed"
    assert "expired" in finding.summary


def test_two_devices_may_both_see_every_event() -> None:
    tape = Tape()
    first, second = tape.comes(ALICE), tape.comes(ALICE)
    for position in (1, 2, 3):
        for device in (first, second):
            tape.event(ALICE, event(position), connection=device)
    assert story(tape) == "passed"
    assert streams_whole()(tape.history).state == "passed"


def test_a_gap_on_one_of_two_devices_is_found() -> None:
    tape = Tape()
    first, second = tape.comes(ALICE), tape.comes(ALICE)
    for position in (1, 2, 3):
        tape.event(ALICE, event(position), connection=first)
        if position != 2:
            tape.event(ALICE, event(position), connection=second)
    assert story(tape) == "failed"
    assert streams_whole()(tape.history).state == "failed"


@pytest.mark.parametrize(("asked_before", "state"), [(True, "passed"), (False, "failed")])
def test_a_stream_may_begin_between_a_greeting_and_its_subscription(
    asked_before: bool, state: str
) -> None:
    tape = Tape()
    first = tape.comes(ALICE)
    if asked_before:
        tape.asks(ALICE)
    second = tape.connects(ALICE)
    tape.subscribes(ALICE)
    if not asked_before:
        tape.asks(ALICE)
    tape.event(ALICE, event(1), connection=first)
    for position in (2, 3):
        for device in (first, second):
            tape.event(ALICE, event(position), connection=device)
    assert story(tape) == state
    assert streams_whole()(tape.history).state == state


def test_a_second_device_may_ask_for_the_story_so_far() -> None:
    tape = journey(3, [])
    tape.connects(ALICE)
    tape.resumes(ALICE, after=0)
    for position in (1, 2, 3):
        tape.event(ALICE, event(position))
    assert story(tape) == "passed"
    assert missed_events_replayed(ALICE)(tape.history).state == "passed"


@pytest.mark.parametrize(("seen_elsewhere", "state"), [(True, "passed"), (False, "failed")])
def test_a_device_may_go_on_after_what_another_device_saw(seen_elsewhere: bool, state: str) -> None:
    tape = Tape()
    device = tape.comes(ALICE)
    tape.event(ALICE, event(1))
    tape.event(ALICE, event(2))
    tape.stream[ALICE] = 3
    if seen_elsewhere:
        tape.connects(ALICE)
        tape.resumes(ALICE, after=2)
        tape.event(ALICE, event(3))
    tape.cut(ALICE, connection=device)
    tape.connects(ALICE)
    tape.resumes(ALICE, after=3)
    tape.event(ALICE, event(4))
    assert streams_whole()(tape.history).state == state


def test_resuming_twice_from_the_same_place_gives_the_same_twice() -> None:
    tape = journey(3, [])
    for _ in range(2):
        tape.cut(ALICE)
        tape.connects(ALICE)
        tape.resumes(ALICE, after=1)
        for position in (2, 3):
            tape.event(ALICE, event(position))
    assert story(tape) == "passed"
    assert missed_events_replayed(ALICE)(tape.history).state == "passed"


def test_a_second_subscription_finds_events_of_the_first_on_their_way() -> None:
    tape = journey(2, [])
    tape.says(ALICE, facts.Subscribing(epoch=EPOCH, after=1))
    tape.event(ALICE, event(3))
    tape.hears(ALICE, facts.Subscribed(recovered=True, first=2, last=3, count=2))
    assert replayed(tape, 2)[0] == "failed"
    assert replayed(tape, 3) == ("passed", "2 missed events were replayed")


def test_a_second_subscription_that_was_never_answered_shows_nothing() -> None:
    tape = back_after()
    for position in (4, 5):
        tape.event(ALICE, event(position))
    tape.says(ALICE, facts.Subscribing(epoch=EPOCH, after=5))
    tape.cut(ALICE)
    assert replayed(tape)[0] == "passed"


# --- what a resume is answered


def back_after(missed: int = 2, **answer: object) -> Tape:
    """Alice saw events 1 to 3, missed some, and is back with that answer; nothing came yet."""
    tape = journey(3, [])
    tape.cut(ALICE)
    tape.stream[ALICE] = 3 + missed
    tape.connects(ALICE)
    tape.resumes(ALICE, 3, **answer)
    return tape


def replayed(tape: Tape, *positions: int) -> tuple[str, str]:
    for position in positions:
        tape.event(ALICE, event(position))
    finding = missed_events_replayed(ALICE)(tape.history)
    return finding.state, finding.summary


def test_a_truthful_answer_and_its_replay_pass() -> None:
    assert replayed(back_after(), 4, 5, 6) == ("passed", "2 missed events were replayed")


def test_where_the_join_is_asked_for_something_new_must_have_come_after_it() -> None:
    tape = back_after()
    ask = missed_events_replayed(ALICE, then_live=True)
    for position, state in ((4, "failed"), (5, "unknown"), (6, "passed")):
        tape.event(ALICE, event(position))
        assert ask(tape.history).state == state


def test_without_any_resume_nothing_is_proven() -> None:
    assert replayed(journey(3, []))[0] == "unknown"


def test_a_resume_that_missed_nothing_proves_nothing() -> None:
    assert replayed(back_after(missed=0), 4) == (
        "unknown",
        "nothing had been missed, so nothing was proven",
    )


@pytest.mark.parametrize(
    "lie",
    [
        {"first": 3},
        {"first": 5},
        {"last": 4},
        {"last": 6},
        {"count": 1},
        {"count": 3},
        {"first": 0, "last": 0, "count": 0},
        {"count": 0},
        {"count": None},
        {"first": None},
        {"last": None},
    ],
    ids=str,
)
def test_an_answer_that_lies_about_what_was_missed_is_found(lie: dict[str, int]) -> None:
    assert replayed(back_after(**lie), 4, 5)[0] == "failed"


def test_a_replay_that_comes_before_its_answer_is_found() -> None:
    tape = back_after()
    answer = tape.records.pop()
    tape.event(ALICE, event(4))
    tape.event(ALICE, event(5))
    tape.records.insert(-1, answer)
    tape.records = [replace(r, seq=number) for number, r in enumerate(tape.records, start=1)]
    assert replayed(tape)[0] == "failed"


def test_a_greeting_that_knows_less_than_had_been_seen_is_found() -> None:
    tape = journey(3, [])
    tape.cut(ALICE)
    tape.connects(ALICE, position=2)
    tape.resumes(ALICE, after=3)
    assert replayed(tape)[0] == "failed"


def test_a_replay_that_is_cut_short_is_found() -> None:
    assert replayed(back_after(), 4) == ("failed", "2 missed events were promised, 1 came")


def test_a_replay_that_leaves_one_out_in_the_middle_loses_it() -> None:
    state, summary = replayed(back_after(missed=3, count=2), 4, 6)
    assert state == "failed"
    assert summary.startswith("event 5 was missed, and the replay leaves it out; ")


def test_a_replay_that_leaves_out_the_oldest_loses_them() -> None:
    text = "event 4 was missed, and the replay leaves it out"
    assert replayed(back_after(first=5, count=1), 5) == (
        "failed",
        f"{text}; the answer names other events than were missed; events up to 5 were missed,"
        " and not all of them were promised",
    )


def test_a_replay_out_of_order_is_found() -> None:
    assert replayed(back_after(), 5, 4)[0] == "failed"


def test_a_replay_that_comes_after_something_new_is_found() -> None:
    assert replayed(back_after(), 6, 4, 5)[0] == "failed"


def test_a_replay_of_what_had_been_seen_is_found() -> None:
    assert replayed(back_after(first=3, count=3), 3, 4, 5)[0] == "failed"


def test_a_resume_that_is_rejected_is_found_with_its_reason() -> None:
    tape = back_after(recovered=False, first=0, last=0, count=0, reason="unknown_epoch")
    assert replayed(tape) == ("failed", "not recovered (unknown_epoch)")


def test_a_resume_that_is_never_answered_is_found() -> None:
    tape = back_after()
    del tape.records[-1]
    assert replayed(tape) == ("failed", "the wish to resume was never answered")


# --- what went on while the user was away


def away(*, ended_s: float, kind: str = facts.COMPLETED) -> History:
    """Alice was cut off in the middle of a run that ended `ended_s` after the reconnect."""
    tape = Tape()
    tape.comes(ALICE)
    tape.asks(ALICE)
    run = whole_run()
    for early in run[:2]:
        tape.event(ALICE, early)
    tape.cut(ALICE)
    tape.stream[ALICE] = len(run)
    tape.connects(ALICE, server_time=WALL + 100)
    tape.resumes(ALICE, after=2)
    for late in run[2:-1]:
        tape.event(ALICE, late)
    tape.event(ALICE, replace(run[-1], type=kind, timestamp=WALL + 100 + ended_s))
    return tape.history


def went_on(history: History) -> str:
    return run_continued_while_away(ALICE, "q1")(history).state


def test_a_run_that_ended_before_the_return_went_on() -> None:
    assert went_on(away(ended_s=-0.5)) == "passed"


def test_a_run_that_ended_only_after_the_return_did_not_go_on() -> None:
    assert went_on(away(ended_s=0.5)) == "failed"


def test_a_run_that_failed_meanwhile_did_not_go_on() -> None:
    assert went_on(away(ended_s=-0.5, kind=facts.FAILED)) == "failed"


def test_a_run_that_never_ended_did_not_go_on() -> None:
    assert went_on(History(away(ended_s=-0.5).records[:-1])) == "failed"


@pytest.mark.parametrize("untold", ["greeting", "end"])
def test_without_times_nobody_can_tell_what_came_first(untold: str) -> None:
    told = []
    for record in away(ended_s=-0.5).records:
        fact = record.facts[0] if isinstance(record, records.Frame) else None
        if untold == "greeting" and isinstance(fact, facts.Ready):
            record = replace(record, facts=(replace(fact, server_time=None),))
        elif untold == "end" and getattr(fact, "type", "") == facts.COMPLETED:
            record = replace(record, facts=(replace(fact, timestamp=None),))
        told.append(record)
    assert went_on(History(told)) == "unknown"


def test_who_was_never_away_cannot_tell() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.run(ALICE)
    assert went_on(tape.history) == "unknown"


def test_a_run_that_ended_before_the_cut_proves_nothing() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.run(ALICE)
    tape.cut(ALICE)
    tape.connects(ALICE)
    assert went_on(tape.history) == "unknown"


def test_each_of_two_devices_must_have_received_what_it_missed() -> None:
    tape = back_after()
    for position in (4, 5, 6):
        tape.event(ALICE, event(position))
    ask = missed_events_replayed(ALICE, then_live=True, devices=2)
    assert ask(tape.history).state == "unknown"  # one device resumed
    tape.stream[ALICE] = 6
    tape.connects(ALICE)
    tape.resumes(ALICE, 6)
    tape.event(ALICE, event(7))
    assert ask(tape.history).state == "unknown"  # the other had missed nothing
