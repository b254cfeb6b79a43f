"""The circuit breaker: closed, open, half-open, closed, and no other way round."""

from __future__ import annotations

import time

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from support.client.reconnect.circuit_breaker import CircuitBreaker, State

LIMIT, COOL_DOWN_S = 5, 10.0
ENOUGH_S = 0.0001  # what asking may cost, on average
ASKED = 10_000


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Bench:
    """A breaker, its clock, and what it said of itself."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.moves: list[tuple[State, State]] = []
        self.breaker = CircuitBreaker(
            failures=LIMIT,
            cool_down_s=COOL_DOWN_S,
            clock=self.clock,
            on_transition=lambda before, after, _: self.moves.append((before, after)),
        )

    def fail(self, times: int) -> None:
        for _ in range(times):
            assert self.breaker.allows()
            self.breaker.failed()


def test_it_opens_after_five_failures_in_a_row() -> None:
    bench = Bench()
    bench.fail(4)
    assert bench.breaker.state is State.CLOSED
    bench.fail(1)
    assert bench.breaker.state is State.OPEN
    assert bench.moves == [(State.CLOSED, State.OPEN)]


def test_a_success_in_between_starts_the_count_anew() -> None:
    bench = Bench()
    bench.fail(4)
    bench.breaker.succeeded()
    bench.fail(4)
    assert bench.breaker.state is State.CLOSED


def test_while_open_nothing_is_allowed_until_the_cool_down_is_over() -> None:
    bench = Bench()
    bench.fail(5)
    bench.clock.now = COOL_DOWN_S - 0.001
    assert not bench.breaker.allows()
    bench.clock.now = COOL_DOWN_S
    assert bench.breaker.allows()
    assert bench.breaker.state is State.HALF_OPEN


def test_half_open_lets_a_single_attempt_through() -> None:
    bench = Bench()
    bench.fail(5)
    bench.clock.now = COOL_DOWN_S
    assert [bench.breaker.allows() for _ in range(3)] == [True, False, False]


def test_a_probe_that_comes_through_closes_it() -> None:
    bench = Bench()
    bench.fail(5)
    bench.clock.now = COOL_DOWN_S
    bench.breaker.allows()
    bench.breaker.succeeded()
    assert bench.breaker.state is State.CLOSED
    bench.fail(4)
    assert bench.breaker.state is State.CLOSED


def test_a_probe_that_fails_opens_it_for_another_cool_down() -> None:
    bench = Bench()
    bench.fail(5)
    bench.clock.now = COOL_DOWN_S
    bench.breaker.allows()
    bench.breaker.failed()
    assert bench.breaker.state is State.OPEN
    assert bench.breaker.again_in_s == COOL_DOWN_S


def test_what_ends_after_it_has_opened_changes_nothing() -> None:
    bench = Bench()
    bench.fail(5)
    bench.breaker.succeeded()
    bench.breaker.failed()
    assert bench.breaker.state is State.OPEN
    assert len(bench.moves) == 1


def test_asking_costs_less_than_a_tenth_of_a_millisecond() -> None:
    bench = Bench()
    bench.fail(5)
    started = time.perf_counter()
    for _ in range(ASKED):
        bench.breaker.allows()
    assert (time.perf_counter() - started) / ASKED < ENOUGH_S


class AnyUse(RuleBasedStateMachine):
    """Whatever is done with a breaker, against the rules written down once more."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench()
        self.in_a_row = 0
        self.opened: float | None = None
        self.probing = False

    @rule(seconds=st.floats(min_value=0, max_value=2 * COOL_DOWN_S))
    def time_passes(self, seconds: float) -> None:
        self.bench.clock.now += seconds

    @rule(success=st.booleans())
    def somebody_tries(self, success: bool) -> None:
        now = self.bench.clock.now
        # As the breaker counts: with floats, opened + 10 - now may differ from now - opened.
        rested = self.opened is not None and self.opened + COOL_DOWN_S - now <= 0
        allowed = self.bench.breaker.allows()
        assert allowed == (self.opened is None or rested)
        if allowed and success:
            self.bench.breaker.succeeded()
            self.in_a_row, self.opened = 0, None
        elif allowed:
            self.bench.breaker.failed()
            self.in_a_row += 1
            if rested or self.in_a_row >= LIMIT:
                self.opened = now

    @invariant()
    def it_is_open_exactly_when_it_should_be(self) -> None:
        assert (self.bench.breaker.state is State.OPEN) == (self.opened is not None)

    @invariant()
    def each_step_begins_where_the_last_one_ended(self) -> None:
        path = [State.CLOSED, *(after for _, after in self.bench.moves)]
        assert [before for before, _ in self.bench.moves] == path[:-1]


TestAnyUse = AnyUse.TestCase
