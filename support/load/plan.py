"""Each worker's share of a load plan. Pure and seeded."""

from __future__ import annotations

import msgspec

from support.journal.load_plan import LoadPlan


class Shard(msgspec.Struct, kw_only=True, frozen=True):
    """One worker's share: its users by number, and its part of the rate."""

    number: int
    first_user: int
    plan: LoadPlan

    @property
    def users(self) -> range:
        """The numbers of its users, counted over the whole crowd from 1."""
        return range(self.first_user, self.first_user + self.plan.users)


def shards(plan: LoadPlan) -> list[Shard]:
    """The plan, divided evenly over its workers: no user twice, none left out."""
    plan.check()
    found, first = [], 1
    for number in range(plan.workers):
        size = plan.users // plan.workers + (number < plan.users % plan.workers)
        share = msgspec.structs.replace(
            plan,
            users=size,
            rate_per_s=plan.rate_per_s * size / plan.users,
            workers=1,
            seed=plan.seed + number,
        )
        found.append(Shard(number=number, first_user=first, plan=share))
        first += size
    return found
