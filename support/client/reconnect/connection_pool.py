"""A pool of open connections, each handed out to the user it belongs to and to nobody else.

Connections are kept by the id the deployment knows a user by, whatever scenario or device they were
opened in. One that is too old, idle for too long or answers no ping is closed instead.

The session empties its pool after each scenario: each scenario stands alone, and a conversation
that starts in the journal without its handshake, greeting and first subscription proves nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from support.client.client import Client
from support.client.connection import Connection
from support.config import NotOffered
from support.journal import records

MAX_AGE_S = 300.0
MAX_IDLE_S = 60.0
PER_USER = 2
ANSWER_S = 2.0


@dataclass(frozen=True)
class Pooled:
    """A released connection: whose it is, and since when it is open and idle, by the clock."""

    user_id: str
    connection: Connection
    opened: float
    idle_since: float


class ConnectionPool:
    """`put` a connection, `take` it again. Ages are by `clock`, in seconds."""

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
        self._pooled: list[Pooled] = []
        self._opened: dict[Connection, float] = {}

    def __len__(self) -> int:
        return len(self._pooled)

    async def put(self, user_id: str | None, connection: Connection) -> bool:
        """Keep a connection; False, and it is closed, when it may not be kept.

        That is: it is over, its user is not known, it is too old (counted from its first release),
        or its user has enough.
        """
        now = self._clock()
        opened = self._opened.setdefault(connection, now)
        room = sum(pooled.user_id == user_id for pooled in self._pooled) < self._per_user
        too_old = now - opened > self._max_age_s
        if user_id is None or not connection.is_open or not room or too_old:
            await self._discard(connection)
            return False
        self._pooled.append(Pooled(user_id, connection, opened, now))
        return True

    async def take(self, user_id: str) -> Pooled | None:
        """The connection that user released last, if it is alive.

        Those of theirs that are found dead, too old or idle for too long are closed on the way.
        """
        while (pooled := self.find(user_id)) is not None:
            self._pooled.remove(pooled)
            if self._fresh(pooled) and await pooled.connection.protocol_ping(self._answer_s):
                return pooled
            await self._discard(pooled.connection)
        return None

    async def close(self) -> None:
        """Close everything. Idempotent."""
        everything, self._pooled = self._pooled, []
        await asyncio.gather(*(self._discard(pooled.connection) for pooled in everything))

    def find(self, user_id: str) -> Pooled | None:
        """What that user released last; it stays in the pool."""
        return next((p for p in reversed(self._pooled) if p.user_id == user_id), None)

    def _fresh(self, pooled: Pooled) -> bool:
        now = self._clock()
        in_time = now - pooled.idle_since <= self._max_idle_s
        return in_time and now - pooled.opened <= self._max_age_s and pooled.connection.is_open

    async def _discard(self, connection: Connection) -> None:
        self._opened.pop(connection, None)
        await connection.leave()


async def release(client: Client, pool: ConnectionPool) -> bool:
    """Put the client's newest open connection into `pool`; False when it could not be kept."""
    if client.online is None or client.credentials is None:
        return False
    if client.deployment.dialect.data.identity == "shared":
        raise NotOffered("all users of this deployment share one identity")
    return await pool.put(client.credentials.user_id, client.online)


async def acquire(client: Client, pool: ConnectionPool) -> bool:
    """Continue on a connection of the client's own out of `pool`; False when there is none."""
    user_id = client.credentials.user_id if client.credentials else None
    pooled = await pool.take(user_id) if user_id is not None else None
    if pooled is None:
        client.journal.record(records.PoolAcquire, user=client.key)
        return False
    client.journal.record(
        records.PoolAcquire,
        user=client.key,
        connection=pooled.connection.name,
        idle_s=time.monotonic() - pooled.idle_since,
    )
    client.connections.append(pooled.connection)
    return True
