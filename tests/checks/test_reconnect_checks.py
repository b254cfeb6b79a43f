"""Apps that come back by themselves, on journals made by hand."""

from __future__ import annotations

from itertools import pairwise

import pytest
from histories import ALICE, BOB, Tape, whole_run

from support.checks.breaker import breaker_closed, breaker_opened, failed_fast
from support.checks.connection_pool import pool_keeps_users_apart, state_survived_reconnect
from support.checks.duplicates import events_shown_once
from support.checks.invariants import invariant_failures
from support.checks.reconnect import (
    backed_off,
    no_retry_after_refusal,
    reconnect_gave_up,
    reconnected,
    reconnects_jittered,
    retries_succeed,
)
from support.journal import facts, records
from support.measures.reconnect import BEST_EFFORT, reconnect_figures

PAUSES_S = (1.0, 2.0, 4.0, 8.0, 8.0)
GOOD_S = (0.9, 1.5, 3.0, 7.0, 5.0)


class Outage(Tape):
    """A tape on which apps lose their connection and try to come back."""

    def tries_again(self, user: str, attempt: int, pause_s: float, *, wait_s: float = -1.0) -> str:
        """A planned attempt that is refused by the network; the connection's name."""
        self.add(records.ReconnectScheduled, user=user, attempt=attempt, pause_s=pause_s)
        self.at += pause_s if wait_s < 0 else wait_s
        return self.fails(user)

    def fails(self, user: str) -> str:
        """An attempt that is refused by the network."""
        connection = self.tries(user, expect=BEST_EFFORT)
        self.add(records.Refused, connection=connection, user=user, how="network")
        return connection

    def gives_up(self, user: str, attempts: int, *, final: bool = False) -> None:
        self.add(
            records.ReconnectGaveUp, user=user, attempts=attempts, reason="enough", final=final
        )

    def comes_back(self, user: str, attempt: int, pause_s: float) -> None:
        """A planned attempt that succeeds, and what was missed."""
        self.add(records.ReconnectScheduled, user=user, attempt=attempt, pause_s=pause_s)
        self.at += pause_s
        self.connects(user, expect=BEST_EFFORT)
        self.resumes(user, self.stream[user])
        self.add(records.Reconnected, user=user, attempts=attempt, took_s=1.0)

    def outage(self, user: str, pauses_s: tuple[float, ...] = GOOD_S) -> None:
        """The user loses the connection, and so many attempts fail."""
        self.comes(user)
        self.cut(user)
        for attempt, pause_s in enumerate(pauses_s, start=1):
            self.tries_again(user, attempt, pause_s)

    def breaker(self, *states: str) -> None:
        """Alice's breaker goes through these states."""
        for before, after in pairwise(states):
            self.add(
                records.BreakerTransition, user=ALICE, before=before, after=after, reason="because"
            )


# --- pauses


def test_pauses_as_promised_are_well() -> None:
    tape = Outage()
    tape.outage(ALICE)
    assert backed_off(ALICE, PAUSES_S, 0.5)(tape.history).state == "passed"


@pytest.mark.parametrize(
    "pauses_s", [(0.0, 0.0), (0.9, 0.9), (0.9, 2.5), (0.9, 1.5, 3, 7, 9), (0.9, 1.5, 3, 7, 7, 7)]
)
def test_pauses_that_are_none_do_not_grow_or_grow_for_ever_are_not(
    pauses_s: tuple[float, ...],
) -> None:
    tape = Outage()
    tape.outage(ALICE, pauses_s)
    assert backed_off(ALICE, PAUSES_S, 0.5)(tape.history).state == "failed"


def test_a_pause_that_was_planned_and_not_kept_is_found() -> None:
    tape = Outage()
    tape.outage(ALICE, GOOD_S[:2])
    tape.tries_again(ALICE, 3, 3.0, wait_s=0.1)
    finding = backed_off(ALICE, PAUSES_S, 0.5)(tape.history)
    assert finding.summary.startswith("attempt 3 came after 0.10")


def test_an_attempt_without_any_pause_is_found() -> None:
    tape = Outage()
    tape.outage(ALICE, GOOD_S[:2])
    tape.fails(ALICE)
    finding = backed_off(ALICE, PAUSES_S, 0.5)(tape.history)
    assert finding.summary == "1 attempt without any pause"


def test_an_announced_time_is_no_part_of_the_pace() -> None:
    tape = Outage()
    tape.comes(ALICE)
    tape.add(records.ReconnectScheduled, user=ALICE, attempt=1, pause_s=30.9, announced_s=30.0)
    tape.at += 30.9
    tape.fails(ALICE)
    tape.tries_again(ALICE, 2, 1.5)
    assert backed_off(ALICE, PAUSES_S, 0.5)(tape.history).state == "passed"


CROWD = tuple(f"s01/Person{number}" for number in range(1, 21))


def crowd_comes_back(spread_s: float, *, people: int = 20, by_chance: bool = True) -> Tape:
    """They were cut off together, and come back at their third attempt over so many seconds.

    Not `by_chance`: after the very same pause; it is the machine that spreads them.
    """
    tape = Outage()
    for user in CROWD[:people]:
        tape.outage(user, GOOD_S[:2])
    for user in CROWD[: people if by_chance else 0]:
        tape.add(records.ReconnectScheduled, user=user, attempt=3, pause_s=3.0)
    for user in CROWD[:people]:
        tape.at += spread_s / (people - 1)
        if not by_chance:
            tape.add(records.ReconnectScheduled, user=user, attempt=3, pause_s=3.0)
        connection = tape.tries(user, expect=BEST_EFFORT)
        tape.add(records.Arrived, number=1, let_in=True)
        tape.add(records.Connected, connection=connection, user=user, took_ms=1.0)
        tape.hears(user, facts.Ready(user_id=user, position=0))
        tape.add(records.Reconnected, user=user, attempts=3, took_s=1.0)
    return tape


@pytest.mark.parametrize(("spread_s", "state"), [(1.5, "passed"), (0.8, "failed")])
def test_people_come_back_over_half_of_what_is_left_to_chance(spread_s: float, state: str) -> None:
    # Half of a pause of 4 s is left to chance: half of that is 1 s.
    assert (
        reconnects_jittered(CROWD, PAUSES_S, 0.5)(crowd_comes_back(spread_s).history).state == state
    )


def test_people_whom_a_slow_machine_spreads_have_not_spread_themselves() -> None:
    tape = crowd_comes_back(5.0, by_chance=False)
    assert reconnects_jittered(CROWD, PAUSES_S, 0.5)(tape.history).state == "failed"


def test_a_few_people_prove_no_spread() -> None:
    tape = crowd_comes_back(5.0, people=2)
    assert reconnects_jittered(CROWD[:2], PAUSES_S, 0.5)(tape.history).state == "unknown"


def test_moments_that_nobody_saw_on_the_wire_prove_no_spread() -> None:
    tape = crowd_comes_back(5.0)
    tape.records = [r for r in tape.records if not isinstance(r, records.Arrived)]
    assert reconnects_jittered(CROWD, PAUSES_S, 0.5)(tape.history).state == "unknown"


# --- the end of a round


def test_coming_back_at_the_third_attempt() -> None:
    tape = Outage()
    tape.outage(ALICE, GOOD_S[:2])
    tape.comes_back(ALICE, 3, 3.0)
    assert reconnected(ALICE, at_least=3)(tape.history).state == "passed"
    assert reconnected(ALICE, at_least=4)(tape.history).state == "unknown"
    figures = reconnect_figures(tape.history, ALICE)
    assert (figures.attempts, figures.successes, figures.rounds_succeeded) == (3, 1, 1)
    assert figures.rate == pytest.approx(1 / 3)
    assert retries_succeed([ALICE], 0.33)(tape.history).state == "passed"
    assert retries_succeed([ALICE], 0.7)(tape.history).state == "failed"
    assert retries_succeed([ALICE], 0.33, at_least=4)(tape.history).state == "unknown"


def test_attempts_that_our_network_refused_are_not_counted() -> None:
    tape = Outage()
    tape.comes(ALICE)
    tape.add(records.ReconnectScheduled, user=ALICE, attempt=1, pause_s=0.9)
    connection = tape.tries(ALICE, expect=BEST_EFFORT)
    tape.add(records.Arrived, number=2, let_in=False)
    tape.add(records.Refused, connection=connection, user=ALICE, how="network")
    tape.comes_back(ALICE, 2, 1.5)
    figures = reconnect_figures(tape.history, ALICE)
    assert (figures.attempts, figures.blocked, figures.rate) == (2, 1, 1.0)


def test_coming_back_late_fails() -> None:
    tape = Outage()
    tape.outage(ALICE, GOOD_S[:2])
    tape.comes_back(ALICE, 3, 3.0)
    assert reconnected(ALICE, within_s=1.0)(tape.history).state == "passed"
    assert reconnected(ALICE, within_s=0.9)(tape.history).state == "failed"


def test_anyone_who_says_that_they_are_back_must_have_been_greeted() -> None:
    tape = Outage()
    tape.outage(ALICE, GOOD_S[:2])
    tape.add(records.Reconnected, user=ALICE, attempts=2, took_s=1.0)
    assert reconnected(ALICE)(tape.history).state == "failed"


def test_giving_up_after_five_attempts_and_saying_so() -> None:
    tape = Outage()
    tape.outage(ALICE)
    assert reconnect_gave_up(ALICE, 5)(tape.history).state == "failed"
    tape.gives_up(ALICE, 5)
    assert reconnect_gave_up(ALICE, 5)(tape.history).state == "passed"
    assert reconnect_gave_up(ALICE, 4)(tape.history).state == "failed"
    tape.fails(ALICE)
    assert reconnect_gave_up(ALICE, 5)(tape.history).state == "failed"


def test_who_was_turned_away_for_good_does_not_insist() -> None:
    tape = Outage()
    tape.comes(ALICE)
    tape.add(records.ReconnectScheduled, user=ALICE, attempt=1, pause_s=0.9)
    tape.refused(ALICE, expect=BEST_EFFORT)
    assert no_retry_after_refusal(ALICE)(tape.history).state == "failed"
    tape.gives_up(ALICE, 1, final=True)
    assert no_retry_after_refusal(ALICE)(tape.history).state == "passed"
    tape.refused(ALICE, expect=BEST_EFFORT)
    assert no_retry_after_refusal(ALICE)(tape.history).state == "failed"


# --- the breaker


def opened() -> Outage:
    """Five failures, and the breaker has opened."""
    tape = Outage()
    tape.outage(ALICE)
    tape.breaker("closed", "open")
    return tape


def test_a_breaker_opens_after_five_failures_and_not_before_or_later() -> None:
    assert breaker_opened(ALICE, 5)(opened().history).state == "passed"
    assert breaker_opened(ALICE, 4)(opened().history).state == "failed"
    tape = Outage()
    tape.outage(ALICE)
    assert breaker_opened(ALICE, 5)(tape.history).state == "failed"
    assert breaker_opened(ALICE, 6)(tape.history).state == "unknown"


def test_an_attempt_while_it_is_open_fails_at_once() -> None:
    tape = opened()
    assert failed_fast(ALICE, 10.0)(tape.history).state == "unknown"
    tape.add(records.FailedFast, user=ALICE, again_in_s=9.0)
    assert failed_fast(ALICE, 10.0)(tape.history).state == "passed"
    tape.fails(ALICE)
    assert failed_fast(ALICE, 10.0)(tape.history).state == "failed"


@pytest.mark.parametrize(("after_s", "state"), [(10.0, "passed"), (9.0, "failed")])
def test_it_stays_open_for_the_whole_cool_down(after_s: float, state: str) -> None:
    tape = opened()
    tape.add(records.FailedFast, user=ALICE, again_in_s=9.0)
    tape.at += after_s
    tape.breaker("open", "half-open")
    assert failed_fast(ALICE, 10.0)(tape.history).state == state


def test_a_single_probe_closes_it() -> None:
    tape = opened()
    tape.breaker("open", "half-open")
    tape.connects(ALICE, expect=BEST_EFFORT)
    assert breaker_closed(ALICE)(tape.history).state == "failed"
    tape.breaker("half-open", "closed")
    assert breaker_closed(ALICE)(tape.history).state == "passed"


def test_two_probes_are_one_too_many() -> None:
    tape = opened()
    tape.breaker("open", "half-open")
    tape.connects(ALICE, expect=BEST_EFFORT)
    tape.connects(ALICE, expect=BEST_EFFORT)
    tape.breaker("half-open", "closed")
    assert breaker_closed(ALICE)(tape.history).state == "failed"


def test_a_breaker_that_skips_a_state_is_found() -> None:
    tape = opened()
    tape.breaker("open", "closed")
    assert breaker_closed(ALICE)(tape.history).state == "failed"
    figures = reconnect_figures(tape.history)
    assert (figures.breaker_opens, figures.breaker_closes) == (1, 1)


# --- repetitions


def doubled(*, told: bool = True) -> Tape:
    """A run of which the network doubles every event; the app recognises it, or does not."""
    tape = Tape()
    tape.comes(ALICE)
    tape.asks(ALICE)
    for event in whole_run():
        tape.add(records.Fault, name="double", connection="", user="")
        tape.event(ALICE, event, text=f"event {event.position}")
        tape.event(ALICE, event, text=f"event {event.position}")
        if told:
            tape.add(
                records.DuplicateDropped,
                user=ALICE,
                connection=tape.newest(ALICE),
                position=event.position,
                epoch=event.epoch,
            )
    return tape


def test_repetitions_that_are_recognised_are_well() -> None:
    assert events_shown_once(ALICE)(doubled().history).state == "passed"


def test_repetitions_that_are_shown_are_found() -> None:
    finding = events_shown_once(ALICE)(doubled(told=False).history)
    assert finding.summary == "event 1 was shown twice"


def test_what_is_no_repetition_must_be_shown() -> None:
    tape = doubled()
    tape.add(
        records.DuplicateDropped,
        user=ALICE,
        connection=tape.newest(ALICE),
        position=99,
        epoch="e-1",
    )
    assert events_shown_once(ALICE)(tape.history).state == "failed"


def test_the_target_is_not_blamed_for_what_the_network_doubled() -> None:
    tape = doubled()
    tape.fence(ALICE)
    assert invariant_failures(tape.history) == {}


def test_the_target_is_blamed_for_what_it_doubled_beside_the_network() -> None:
    tape = doubled()
    tape.event(ALICE, whole_run()[-1], text="event 5")
    assert "missing or doubled events" in invariant_failures(tape.history)


def test_without_such_a_network_every_repetition_is_the_targets() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.asks(ALICE)
    for event in whole_run():
        tape.event(ALICE, event)
        tape.event(ALICE, event)
    assert "missing or doubled events" in invariant_failures(tape.history)


# --- continuity


def goes_on(after: int, thread: str | None = f"t-{ALICE}") -> Tape:
    """Alice sees a run, is cut, comes back by herself after that event, and asks again."""
    tape = Outage()
    tape.comes(ALICE)
    tape.run(ALICE)
    tape.cut(ALICE)
    tape.connects(ALICE, expect=BEST_EFFORT)
    tape.resumes(ALICE, after)
    tape.says(ALICE, facts.Asked(request_id="q2", thread_id=thread))
    given = facts.Accepted(request_id="q2", run_id="r-2", thread_id=thread or "t-new")
    tape.hears(ALICE, given)
    return tape


def test_the_same_person_place_and_thread() -> None:
    assert state_survived_reconnect(ALICE)(goes_on(5).history).state == "passed"


def test_a_place_that_is_mistaken_is_found() -> None:
    finding = state_survived_reconnect(ALICE)(goes_on(4).history)
    assert finding.summary == "the app went on after event 4, and had seen 5"


def test_a_thread_that_is_forgotten_is_found() -> None:
    finding = state_survived_reconnect(ALICE)(goes_on(5, thread=None).history)
    assert finding.summary.startswith("the app had forgotten the conversation")


def lent(to_bob: str | None) -> Tape:
    """Alice releases a connection; Bob asks for one, then Alice does."""
    tape = Tape()
    alice = tape.comes(ALICE)
    tape.comes(BOB)
    tape.add(records.PoolAcquire, user=BOB, connection=alice if to_bob == ALICE else None)
    tape.add(records.PoolAcquire, user=ALICE, connection=alice)
    tape.hears(ALICE, facts.Pong(nonce="n"))
    return tape


def test_a_connection_goes_back_to_its_own_user_alone() -> None:
    assert pool_keeps_users_apart(ALICE, BOB)(lent(None).history).state == "passed"
    finding = pool_keeps_users_apart(ALICE, BOB)(lent(ALICE).history)
    assert finding.summary == "Bob was given a connection of Alice"


def test_a_user_gets_back_their_own_connection_where_nobody_says_who_they_are() -> None:
    tape = lent(None)
    tape.records = [r for r in tape.records if not isinstance(r, records.SignedIn)]
    assert not tape.history.identities
    assert pool_keeps_users_apart(ALICE, BOB)(tape.history).state == "passed"


@pytest.mark.parametrize(
    ("answered", "held", "state"),
    [(True, True, "passed"), (False, True, "failed"), (True, False, "failed")],
)
def test_where_no_message_answers_a_websocket_ping_shows_that_it_is_alive(
    answered: bool, held: bool, state: str
) -> None:
    tape = Tape()
    alice = tape.comes(ALICE)
    tape.comes(BOB)
    tape.add(records.PoolAcquire, user=BOB)
    where = {"connection": alice, "user": ALICE}
    tape.add(records.Heartbeat, **where, level="protocol", answered=answered)
    tape.add(records.PoolAcquire, user=ALICE, connection=alice)
    tape.add(records.Fence, **where, held=held, quiet=True)
    assert pool_keeps_users_apart(ALICE, BOB)(tape.history).state == state


# --- the queue


def test_the_queue_in_figures() -> None:
    tape = Tape()
    tape.comes(ALICE)
    for number, refused in ((1, 0), (2, 0), (2, 1)):
        request = f"q{number}-{refused}"
        tape.add(records.Queued, user=ALICE, request_id=request, size=number, refused=refused)
    tape.says(ALICE, facts.Asked(request_id="q1-0"))
    figures = reconnect_figures(tape.history)
    assert (figures.queued, figures.queue_size, figures.queue_peak) == (2, 1, 2)
    assert figures.queue_overflows == 1
