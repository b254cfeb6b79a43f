"""Who has to wait, for what, and is the time an event bears true?"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from histories import ALICE, WALL, Tape, whole_run

from support.checks.event_times import event_times_true
from support.checks.responsiveness import (
    connected_within,
    every_type_within,
    signed_in_within,
    throughput_at_least,
)
from support.journal import facts, records


class Talk(Tape):
    """Runs whose events take known times to come, and bear true times unless told otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.comes(ALICE)
        self.ping(ALICE)

    def answers(
        self,
        number: int,
        waits_s: Mapping[str, float] | None = None,
        *,
        shift_s: float = 0.0,
        frozen: bool = False,
    ) -> None:
        self.asks(ALICE, f"q{number}", f"r-{number}")
        accepted = self.at
        run = whole_run(ALICE, f"r-{number}", first=self.stream[ALICE] + 1)
        for event in run:
            self.at += (waits_s or {}).get(event.type, 0.01)
            told = WALL + (accepted if frozen else self.at) + shift_s
            self.event(ALICE, facts.Event(**{**_fields(event), "timestamp": told}))


def _fields(event: facts.Event) -> dict[str, object]:
    return {name: getattr(event, name) for name in event.__struct_fields__}


def talk(runs: int = 20, waits_s: Mapping[str, float] | None = None) -> Talk:
    tape = Talk()
    for number in range(runs):
        tape.answers(number, waits_s)
    return tape


def test_every_kind_in_time_passes() -> None:
    assert every_type_within(1.0, at_least=20)(talk().history).state == "passed"


@pytest.mark.parametrize("kind", facts.REQUIRED_EVENTS)
def test_one_kind_that_is_slow_fails_and_is_named(kind: str) -> None:
    finding = every_type_within(1.0, at_least=20)(talk(waits_s={kind: 1.2}).history)
    assert finding.state == "failed"
    assert finding.summary.startswith(f"{kind}: 20 of 20 took longer, the worst 1.2")


def test_one_hiccup_in_a_hundred_is_none_in_every_kind() -> None:
    tape = talk(99)
    tape.answers(99, {facts.THINKING: 3.0})
    assert every_type_within(1.0, at_least=100)(tape.history).state == "passed"
    tape.answers(100, {facts.THINKING: 3.0})
    assert every_type_within(1.0, at_least=100)(tape.history).state == "failed"


def test_too_few_runs_say_nothing_of_any_kind() -> None:
    assert every_type_within(1.0, at_least=21)(talk().history).state == "unknown"


def test_enough_answers_a_second_pass_and_say_how_many() -> None:
    finding = throughput_at_least(10, at_least=20)(talk().history)
    assert finding.state == "passed"
    assert "a minute), 20 in 1." in finding.summary


def test_too_few_answers_a_second_fail() -> None:
    slow = talk(waits_s={facts.COMPLETED: 0.2})
    assert throughput_at_least(10, at_least=20)(slow.history).state == "failed"


def test_what_is_never_answered_is_no_throughput() -> None:
    tape = talk()
    tape.asks(ALICE, "q-lost", "r-lost")
    finding = throughput_at_least(1, at_least=20)(tape.history)
    assert (finding.state, finding.summary) == ("failed", "1 of 21 were never answered")


def test_connections_in_time_pass_and_slow_ones_fail() -> None:
    tape = Tape()
    for _ in range(19):
        tape.connects(ALICE)
    tape.tries(ALICE)
    assert connected_within(2.0, at_least=20)(tape.history).state == "passed"
    tape.tries(ALICE)
    finding = connected_within(2.0, at_least=20)(tape.history)
    assert (finding.state, finding.seen[0][:19]) == ("failed", "2 of 21 connections")


def test_sign_ins_in_time_pass_and_slow_ones_fail() -> None:
    tape = Tape()
    tape.add(records.SignedIn, user=ALICE, ok=True, way="service", took_ms=1900.0)
    assert signed_in_within(2.0, at_least=1)(tape.history).state == "passed"
    tape.add(records.SignedIn, user=ALICE, ok=True, way="service", took_ms=3000.0)
    assert signed_in_within(2.0, at_least=1)(tape.history).state == "failed"


# --- times


SLOW = {facts.TOOL_EXECUTING: 0.5}


def test_true_times_pass() -> None:
    tape = talk(1, SLOW)
    assert event_times_true(WALL)(tape.history).state == "passed"


@pytest.mark.parametrize(("shift_s", "said"), [(300, "ahead of their own"), (-300, "before the")])
def test_times_that_are_minutes_off_are_noticed(shift_s: float, said: str) -> None:
    tape = talk(1, SLOW)
    tape.answers(2, SLOW, shift_s=shift_s)
    finding = event_times_true(WALL)(tape.history)
    assert finding.state == "failed"
    assert f"5 of 10 events bear times {said}" in finding.summary


def test_one_time_for_a_whole_run_is_noticed() -> None:
    tape = Talk()
    tape.answers(1, SLOW, frozen=True)
    finding = event_times_true(WALL)(tape.history)
    assert finding.state == "failed"
    assert "bear the same time" in finding.summary


def test_a_run_that_was_over_at_once_may_well_bear_one_time() -> None:
    tape = Talk()
    tape.answers(1, frozen=True)
    assert event_times_true(WALL)(tape.history).state == "unknown"


def test_a_clock_that_is_wrong_as_a_whole_is_said_to_be() -> None:
    tape = Tape()
    tape.comes(ALICE, server_time=WALL - 300.0)
    tape.ping(ALICE, offset_s=-300.0)
    tape.stream[ALICE] = 0
    Talk.answers(tape, 1, SLOW, shift_s=-300.0)  # type: ignore[arg-type]
    finding = event_times_true(WALL)(tape.history)
    assert finding.state == "passed"
    assert "corrected for being 300.0 s behind ours" in finding.summary


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (WALL, "passed"),
        (WALL - 2.5, "passed"),  # whole seconds, on a clock that is a little off
        (WALL - 60.0, "failed"),
        (WALL + 60.0, "failed"),
        (WALL * 1000, "failed"),
        (0.0, "failed"),
    ],
)
def test_a_greeting_tells_the_time_of_the_pongs(told: float, state: str) -> None:
    tape = Tape()
    tape.comes(ALICE, server_time=told)
    tape.ping(ALICE)
    tape.stream[ALICE] = 0
    Talk.answers(tape, 1, SLOW)  # type: ignore[arg-type]
    assert event_times_true(WALL)(tape.history).state == state


def test_an_absurd_time_is_told_in_a_few_digits() -> None:
    tape = Tape()
    tape.comes(ALICE, server_time=WALL)
    tape.ping(ALICE, server_time=1e300)
    finding = event_times_true(WALL)(tape.history)
    assert (finding.state, len(finding.summary) < 100) == ("failed", True)
