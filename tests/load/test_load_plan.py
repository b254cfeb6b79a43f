"""A plan divides into shards without remainder, and says when what is due."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.journal.load_plan import Limits, LoadPlan, PlanError
from support.load.pace import arrivals, drop_times
from support.load.plan import shards
from support.load.shard import KEPT_IDS, kept_runs

PLAN = LoadPlan(users=10, duration_s=2)


@given(users=st.integers(1, 500), workers=st.integers(1, 64), rate=st.floats(0, 1000))
def test_every_user_and_all_of_the_rate_is_in_exactly_one_shard(
    users: int, workers: int, rate: float
) -> None:
    plan = LoadPlan(users=users, duration_s=2, rate_per_s=rate, workers=min(users, workers))
    parts = shards(plan)
    assert [user for part in parts for user in part.users] == list(range(1, users + 1))
    assert sum(part.plan.rate_per_s for part in parts) == pytest.approx(rate)
    sizes = {len(part.users) for part in parts}
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("users", [1, 20, 200, 5_000, 10_000])
def test_the_ended_runs_that_a_worker_remembers_do_not_multiply_with_its_users(users: int) -> None:
    assert 20 <= kept_runs(users) <= 1_000
    assert kept_runs(users) * users <= 2 * KEPT_IDS


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"users": 0}, "--users"),
        ({"users": 10**9}, "--users"),
        ({"duration_s": 0}, "--duration"),
        ({"rate_per_s": -1}, "--rate"),
        ({"steps": 0}, "--steps"),
        ({"drops": 1.5}, "--drop: "),
        ({"workers": 11}, "--workers"),
    ],
)
def test_what_nobody_can_do_is_refused_by_name(changed: dict[str, float], said: str) -> None:
    with pytest.raises(PlanError, match=said):
        shards(msgspec.structs.replace(PLAN, **changed))


@pytest.mark.parametrize("success", [99, 0, -1, math.nan])
def test_a_limit_that_nothing_or_everything_keeps_is_refused(success: float) -> None:
    with pytest.raises(PlanError, match="--success: a share"):
        shards(msgspec.structs.replace(PLAN, limits=Limits(success=success)))


@given(rate=st.floats(1, 500), steps=st.integers(1, 5), seed=st.integers(0, 2**32))
def test_arrivals_are_in_order_within_the_time_and_the_same_for_the_same_seed(
    rate: float, steps: int, seed: int
) -> None:
    plan = LoadPlan(users=1, duration_s=2, rate_per_s=rate, steps=steps, seed=seed)
    due = list(arrivals(plan))
    assert due == sorted(due) == list(arrivals(plan))
    assert all(0 <= at < 2 for at in due)


def test_as_many_arrivals_come_as_the_rate_says() -> None:
    plan = LoadPlan(users=1, duration_s=100, rate_per_s=100)
    assert len(list(arrivals(plan))) == pytest.approx(plan.planned_questions, rel=0.05)


def test_each_step_has_more_than_the_one_before_and_the_last_has_all() -> None:
    plan = LoadPlan(users=1, duration_s=90, rate_per_s=100, steps=3)
    due = list(arrivals(plan))
    steps = [sum(start <= at < start + 30 for at in due) for start in (0, 30, 60)]
    assert steps == [pytest.approx(n * 1000, rel=0.15) for n in (1, 2, 3)]
    assert len(due) == pytest.approx(plan.planned_questions, rel=0.05)


def test_in_a_storm_all_lose_their_connection_at_the_same_moment() -> None:
    plan = LoadPlan(users=10, duration_s=4, drops=0.5)
    spread = drop_times(plan, range(1, 11))
    assert len(spread) == 5
    assert len(set(spread.values())) == 5
    assert all(0 < at < 4 for at in spread.values())
    storm = drop_times(msgspec.structs.replace(plan, drops=1.0, storm=True), range(1, 11))
    assert set(storm) == set(range(1, 11))
    assert set(storm.values()) == {2.0}
