"""What was missed again and again in failed scenarios is waited for less long, nothing else is."""

from __future__ import annotations

import pytest

from support.deployment.misses import Misses

END, REFUSAL, PONG = "the end of a run", "a refusal", "the answer to a ping"


def after(scenarios: int, *, failed: bool = True, took_s: float | None = None) -> Misses:
    """So many scenarios, in each of which the end of a run was missed, more than once."""
    misses = Misses()
    if took_s is not None:
        misses.came(END, took_s)
        misses.scenario_ended(failed=False)
    for _ in range(scenarios):
        misses.missed(END)
        misses.missed(END)
        misses.scenario_ended(failed=failed)
    return misses


@pytest.mark.parametrize(("scenarios", "limit_s"), [(0, 10), (1, 10), (2, 2.5), (9, 2.5)])
def test_two_failed_scenarios_shorten_the_wait_to_a_quarter(scenarios: int, limit_s: float) -> None:
    assert after(scenarios).limit_s(END, 10) == limit_s
    assert after(scenarios).limit_s(REFUSAL, 10) == 10


def test_what_is_missed_in_scenarios_that_pass_was_meant_to_be_missed() -> None:
    assert after(9, failed=False).limit_s(END, 10) == 10


def test_a_slow_deployment_keeps_the_time_that_it_took() -> None:
    assert after(2, took_s=0.2).limit_s(END, 10) == 2.5
    assert after(2, took_s=2.0).limit_s(END, 10) == 4
    assert after(2, took_s=6.0).limit_s(END, 10) == 10


def test_no_wait_falls_below_a_second_unless_it_was_shorter() -> None:
    assert after(2).limit_s(END, 3) == 1
    assert after(2).limit_s(END, 0.5) == 0.5


@pytest.mark.parametrize(("times", "limit_s"), [(2, 5), (3, 1.25), (9, 1.25)])
def test_a_round_trip_that_never_came_is_waited_for_less_long(times: int, limit_s: float) -> None:
    misses = Misses()
    for _ in range(times):
        misses.missed(PONG)
    misses.scenario_ended(failed=False)
    assert misses.limit_s(PONG, 5, round_trip=True) == limit_s
    assert misses.limit_s(PONG, 5) == 5


@pytest.mark.parametrize("before", [True, False])
def test_a_round_trip_that_came_once_is_always_waited_for(*, before: bool) -> None:
    misses = Misses()
    if before:
        misses.came(PONG, 0.1)
    for _ in range(9):
        misses.missed(PONG)
    if not before:
        misses.came(PONG, 0.1)
    assert misses.limit_s(PONG, 5, round_trip=True) == 5
