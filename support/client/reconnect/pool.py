"""Connections kept open for whoever they belong to, and for nobody else.

Kept by the id the deployment knows a user by, whatever scenario or device they were opened in.
What is too old, idle for too long or answers no ping is closed instead of being handed out.

The session empties its pool after each scenario, also where users are given and met again: each
scenario stands alone, and a conversation that begins in the journal without its handshake, its
greeting and its first subscription proves nothing about any of them, nor about what leaked between.
A pool that lives for longer is for what comes back as the same person again and again without
judging each visit on its own, as a watch over a deployment does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from support.client.connection import Connection

MAX_AGE_S = 300.0
MAX_IDLE_S = 60.0
PER_USER = 2
ANSWER_S = 2.0


@dataclass(frozen=True)
class Kept:
    """A connection put aside: whose it is, and since when it is open and idle, by the clock."""

    user_id: str
    connection: Connection
    opened: float
    idle_since: float


class Pool:
    """`keep` a connection, `take` it again. Ages are by `clock`, in seconds."""

    def __init__(
        self,
        *,
        max_age_s: float = MAX_AGE_S,
        max_idle_s: float = MAX_IDLE_S,
        per_user: int = PER_USER,
        answer_s: float = ANSWER_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_age_s, self._max_idle_s = max_age_s, max_idle_s
        self._per_user = per_user
        self._answer_s = answer_s
        self._clock = clock
        self._kept: list[Kept] = []
        self._opened: dict[Connection, float] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def opened(self, connection: Connection) -> None:
        """`connection` has just been opened: its age counts from now."""
        self._opened[connection] = self._clock()

    async def keep(self, user_id: str | None, connection: Connection) -> bool:
        """Put a connection aside; False, and it is closed, when it may not be kept.

        That is: it is over, nobody knows whose it is, it is too old, or its user has enough.
        """
        now = self._clock()
        born = self._opened.setdefault(connection, now)
        room = sum(kept.user_id == user_id for kept in self._kept) < self._per_user
        if user_id is None or not connection.is_open or not room or self._too_old(born, now):
            await self._discard(connection)
            return False
        self._kept.append(Kept(user_id, connection, born, now))
        return True

    async def take(self, user_id: str) -> Kept | None:
        """The connection of that user put aside last, alive, or None.

        Those of theirs that are found dead, too old or idle for too long are closed on the way.
        """
        while (kept := self.find(user_id)) is not None:
            self._kept.remove(kept)
            if self._fresh(kept) and await kept.connection.protocol_ping(self._answer_s):
                return kept
            await self._discard(kept.connection)
        return None

    async def prune(self) -> int:
        """Close whatever is over the limits; how many that were."""
        stale = [kept for kept in self._kept if not self._fresh(kept)]
        for kept in stale:
            self._kept.remove(kept)
        await asyncio.gather(*(self._discard(kept.connection) for kept in stale))
        return len(stale)

    async def close(self) -> None:
        """Close everything. Idempotent."""
        everything, self._kept = self._kept, []
        await asyncio.gather(*(self._discard(kept.connection) for kept in everything))

    def find(self, user_id: str) -> Kept | None:
        """What was put aside last for that user, and stays where it is."""
        return next((kept for kept in reversed(self._kept) if kept.user_id == user_id), None)

    def _fresh(self, kept: Kept) -> bool:
        now = self._clock()
        idle = now - kept.idle_since > self._max_idle_s
        return kept.connection.is_open and not idle and not self._too_old(kept.opened, now)

    def _too_old(self, born: float, now: float) -> bool:
        return now - born > self._max_age_s

    async def _discard(self, connection: Connection) -> None:
        self._opened.pop(connection, None)
        await connection.leave()
