"""Many short connections of several users, by the names that features use."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from math import ceil

from support.client.user import User
from support.config import Environment

Look = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Visits:
    """So many connections in all at least, `sizes.connects` where no `count` is set.

    Every second one is dropped, or each is closed `cleanly`.
    """

    count: int | None = None
    cleanly: bool = False

    async def make(self, people: Sequence[User], environment: Environment, look: Look) -> None:
        """All users at once; each opens and ends one connection after another, as many as others.

        `look` is called while everyone's last connection is open.
        """
        each = ceil((self.count or environment.sizes.connects) / len(people))
        await asyncio.gather(*(self._come_and_go(user, each - 1) for user in people))
        await asyncio.gather(*(user.connect() for user in people))
        await look()
        await asyncio.gather(*(self._go(user, each - 1) for user in people))

    async def _come_and_go(self, user: User, times: int) -> None:
        for number in range(times):
            await user.connect()
            await self._go(user, number)

    async def _go(self, user: User, number: int) -> None:
        if number % 2 and not self.cleanly:
            user.cut()
            await user.disconnected()
        else:
            await user.leave()


VISITS = {
    "100 connections, every second of which is dropped": Visits(100),
    "as many connections as this environment measures, one after another": Visits(cleanly=True),
}
