"""What a user's app remembers, and what it keeps for later: no I/O in either."""

from __future__ import annotations

import hypothesis.strategies as st
from histories import EPOCH, whole_run
from hypothesis import given

from support.client.memory import Memory
from support.client.outbox import Outbox
from support.client.run import Run
from support.journal import facts


def run(request: str = "q1") -> Run:
    return Run(request, "plain", "Good morning!", ())


def greeted(position: int = 0) -> Memory:
    memory = Memory()
    memory.greeted(facts.Ready(epoch=EPOCH, position=position))
    return memory


def event(position: int, **changed: object) -> facts.Event:
    return facts.Event(type=facts.THINKING, position=position, epoch=EPOCH, **changed)


# --- the place in the stream


def test_the_first_greeting_says_where_the_stream_stands() -> None:
    memory = greeted(7)
    memory.greeted(facts.Ready(epoch="e-2", position=99))
    assert (memory.epoch, memory.position) == (EPOCH, 7)


@given(st.permutations(range(1, 9)), st.integers(1, 8))
def test_the_place_moves_on_only_over_what_came_without_a_gap(order: list[int], count: int) -> None:
    memory = greeted()
    reached = 0
    for position in order[:count]:
        memory.heard("c", event(position))
        reached += position == reached + 1
    assert memory.position == reached


def test_what_comes_twice_moves_nothing() -> None:
    memory = greeted()
    for position in (1, 2, 1, 2, 3):
        memory.heard("c", event(position))
    assert memory.position == 3


# --- several devices


def subscribed(memory: Memory, *connections: str) -> Memory:
    for connection in connections:
        memory.heard(connection, facts.Subscribed(recovered=True))
    return memory


def test_a_device_is_behind_until_it_has_what_another_has() -> None:
    memory = subscribed(greeted(), "phone", "tablet")
    memory.heard("phone", event(1))
    memory.heard("phone", event(2))
    assert (memory.is_behind("phone", memory), memory.is_behind("tablet", memory)) == (False, True)
    memory.heard("tablet", event(1))
    assert memory.is_behind("tablet", memory)
    memory.heard("tablet", event(2))
    assert not memory.is_behind("tablet", memory)


def test_a_device_owes_nothing_from_before_it_subscribed() -> None:
    memory = subscribed(greeted(), "phone")
    memory.heard("phone", event(5))
    assert not memory.is_behind("tablet", memory)
    subscribed(memory, "tablet")
    assert not memory.is_behind("tablet", memory)
    memory.heard("tablet", event(4))  # a replay
    assert not memory.is_behind("tablet", memory)
    memory.heard("tablet", facts.Event(type=facts.THINKING, position=1, epoch="e-2"))
    assert memory.is_behind("phone", memory)


def test_a_device_is_behind_until_it_has_got_what_is_replayed_to_it() -> None:
    memory = subscribed(greeted(), "phone")
    for position in range(1, 6):
        memory.heard("phone", event(position))
    memory.heard("phone", facts.Subscribed(recovered=True, first=3, last=5, count=3))
    for position in (3, 4):
        memory.heard("phone", event(position))
        assert memory.is_behind("phone", memory)
    memory.heard("phone", event(5))
    assert not memory.is_behind("phone", memory)


def test_a_replay_may_end_with_a_message_that_is_no_event() -> None:
    memory = subscribed(greeted(), "phone")
    memory.heard("phone", event(1))
    memory.heard("phone", facts.Subscribed(recovered=True, first=1, last=2, count=2))
    memory.heard("phone", event(1))
    assert memory.is_behind("phone", memory)
    memory.heard("phone", facts.Ignored(type="presence", position=2, epoch="e-1"))
    assert not memory.is_behind("phone", memory)


# --- runs


def test_a_run_sees_its_own_events_in_order() -> None:
    memory, mine = greeted(), run()
    memory.asked(mine)
    memory.heard("c", facts.Accepted(request_id="q1", run_id="r-1"))
    for fact in whole_run():
        memory.heard("c", fact)
    assert mine.run_id == "r-1"
    assert mine.seen == [fact.type for fact in whole_run()]
    assert mine.ended


def test_events_that_come_before_the_acceptance_are_not_lost() -> None:
    memory, mine = greeted(), run()
    memory.asked(mine)
    first, *rest = whole_run()
    memory.heard("c", first)
    memory.heard("c", facts.Accepted(request_id="q1", run_id="r-1"))
    for fact in rest:
        memory.heard("c", fact)
    assert mine.seen == [fact.type for fact in whole_run()]


def test_events_of_another_run_are_not_ones_own() -> None:
    memory, mine = greeted(), run()
    memory.asked(mine)
    memory.heard("c", facts.Accepted(request_id="q1", run_id="r-1"))
    memory.heard("c", event(1, run_id="r-2"))
    assert mine.seen == []


def test_a_second_acceptance_changes_nothing() -> None:
    memory, mine = greeted(), run()
    memory.asked(mine)
    for run_id in ("r-1", "r-2"):
        memory.heard("c", facts.Accepted(request_id="q1", run_id=run_id))
    assert mine.run_id == "r-1"


def test_a_request_that_is_rejected_has_ended() -> None:
    memory, mine = greeted(), run()
    memory.asked(mine)
    memory.heard("c", facts.Rejected(code="overloaded", request_id="q1"))
    assert mine.ended
    assert memory.refusals == 1


def test_a_request_of_somebody_else_is_not_owned() -> None:
    memory = greeted()
    memory.asked(run("q1"))
    assert memory.owns("q1")
    assert not memory.owns("q2")
    assert not memory.owns(None)


# --- the outbox


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 5))
def test_the_outbox_is_a_queue_that_refuses_and_counts_what_it_has_no_room_for(
    puts: list[bool], limit: int
) -> None:
    outbox, kept, refused = Outbox(limit), [], 0
    for number, put in enumerate(puts):
        if put:
            one = run(f"q{number}")
            if outbox.put(one):
                kept.append(one)
            else:
                refused += 1
        elif kept:
            assert outbox.first() is kept.pop(0)
            outbox.sent()
        assert len(outbox) == len(kept) <= limit
    assert outbox.refused == refused
    assert outbox.first() is (kept[0] if kept else None)


# --- what comes twice


def accepted(memory: Memory) -> Run:
    asked = run()
    memory.asked(asked)
    memory.heard("c", facts.Accepted(request_id="q1", run_id="r-1", thread_id="t-1"))
    return asked


def test_an_event_that_comes_again_is_not_shown_again_and_its_first_bearer_is_named() -> None:
    memory = greeted()
    asked = accepted(memory)
    first = [memory.heard("c", each) for each in whole_run()]
    again = [memory.heard("d", each) for each in whole_run()]
    assert first == [None] * 5
    assert again == ["c"] * 5
    assert asked.seen == [each.type for each in whole_run()]


def test_the_same_place_in_another_epoch_is_another_event() -> None:
    memory = greeted()
    asked = accepted(memory)
    memory.heard("c", event(1, run_id="r-1"))
    thinking = facts.Event(type=facts.THINKING, position=1, epoch="e-2", run_id="r-1")
    assert memory.heard("c", thinking) is None
    assert len(asked.seen) == 2


def test_events_without_a_place_are_never_taken_for_repetitions() -> None:
    memory = greeted()
    asked = accepted(memory)
    for _ in range(2):
        assert memory.heard("c", facts.Event(type=facts.THINKING, run_id="r-1")) is None
    assert len(asked.seen) == 2


def test_events_that_came_before_the_acceptance_are_shown_once_too() -> None:
    memory = greeted()
    for _ in range(2):
        memory.heard("c", event(1, run_id="r-1"))
    assert accepted(memory).seen == [facts.THINKING]


def test_the_thread_of_the_last_answer_is_remembered() -> None:
    memory = greeted()
    accepted(memory)
    assert memory.thread_id == "t-1"
