"""Pauses before attempts to come back: doubled, capped, spread out, and the same for a seed."""

from __future__ import annotations

import random

import hypothesis.strategies as st
from hypothesis import given

from support.client.reconnect.backoff import Backoff
from support.config import Environment

seeds = st.integers()
attempts = st.integers(min_value=1, max_value=5000)
jitters = st.floats(min_value=0, max_value=1)
times = st.floats(min_value=0.001, max_value=1000)


def test_the_longest_pauses_are_1_2_4_8_8_seconds() -> None:
    backoff = Backoff(random.Random(0))
    assert [backoff.nominal_s(n) for n in range(1, 6)] == [1, 2, 4, 8, 8]
    assert backoff.attempts == 5


def test_what_the_environment_promises_is_what_the_client_does() -> None:
    plan = Environment().reconnect
    backoff = Backoff(random.Random(0), scale=plan.scale)
    assert [backoff.nominal_s(n) for n in range(1, plan.attempts + 1)] == list(plan.pauses_s)


@given(seeds, attempts, jitters, times, times)
def test_a_pause_is_never_above_its_nominal_nor_below_what_jitter_leaves(
    seed: int, attempt: int, jitter: float, base_s: float, cap_s: float
) -> None:
    backoff = Backoff(random.Random(seed), base_s=base_s, cap_s=cap_s, jitter=jitter)
    nominal_s = backoff.nominal_s(attempt)
    assert nominal_s <= cap_s
    assert nominal_s * (1 - jitter) * 0.999 <= backoff.pause_s(attempt) <= nominal_s


@given(seeds, st.integers(min_value=1, max_value=100))
def test_nominal_pauses_double_until_the_cap(seed: int, attempt: int) -> None:
    backoff = Backoff(random.Random(seed))
    now_s, then_s = backoff.nominal_s(attempt), backoff.nominal_s(attempt + 1)
    assert then_s == min(2 * now_s, 8)


@given(seeds)
def test_with_equal_jitter_pauses_never_shrink_before_the_cap(seed: int) -> None:
    backoff = Backoff(random.Random(seed))
    pauses = [backoff.pause_s(n) for n in range(1, 5)]
    assert pauses == sorted(pauses)


@given(seeds, times)
def test_an_announced_time_is_honoured_in_full_and_our_own_pause_comes_on_top(
    seed: int, announced_s: float
) -> None:
    backoff = Backoff(random.Random(seed), scale=0.05)
    assert announced_s + 0.025 * 0.999 <= backoff.pause_s(1, announced_s) <= announced_s + 0.051


@given(seeds)
def test_the_same_seed_gives_the_same_pauses(seed: int) -> None:
    one, other = (Backoff(random.Random(seed)) for _ in range(2))
    assert [one.pause_s(n) for n in range(1, 6)] == [other.pause_s(n) for n in range(1, 6)]


def test_two_people_wait_differently() -> None:
    alice, bob = (Backoff(random.Random(f"0:{who}")) for who in ("s01/Alice", "s01/Bob"))
    assert alice.pause_s(1) != bob.pause_s(1)
