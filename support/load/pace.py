"""When what is due: scheduled arrivals of the open model, losses of connections. Pure, seeded."""

from __future__ import annotations

import random
from collections.abc import Iterator

from support.journal.load_plan import LoadPlan


def arrivals(plan: LoadPlan) -> Iterator[float]:
    """When each question is due in the open model, in seconds after the ramp, in order.

    Exponential pauses (a Poisson process) at the rate of the moment. Those that were due in an
    earlier run are left out.
    """
    chance, at = random.Random(plan.seed), 0.0
    while True:
        at += chance.expovariate(plan.rate_per_s * plan.active(at))
        if at >= plan.duration_s:
            return
        if at >= plan.done_s:
            yield at


def drop_times(plan: LoadPlan, users: range) -> dict[int, float]:
    """User → when they lose their connection, in seconds after the ramp."""
    chance = random.Random(plan.seed * 7919)
    chosen = sorted(chance.sample(users, round(plan.drops * len(users))))
    middle = plan.duration_s / 2
    return {
        user: middle if plan.storm else chance.uniform(0.2, 0.8) * plan.duration_s
        for user in chosen
    }
