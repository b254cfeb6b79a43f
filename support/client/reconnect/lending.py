"""A user puts their connection aside, and takes one again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from support.client.reconnect.pool import Pool
from support.journal import Journal, records

if TYPE_CHECKING:
    from support.client.user import User


async def release(user: User, pool: Pool) -> bool:
    """Keep the user's newest open connection in `pool`; False when it could not be kept."""
    if user.online is None or user.credentials is None:
        return False
    return await pool.keep(user.credentials.user_id, user.online)


async def acquire(user: User, pool: Pool, journal: Journal) -> bool:
    """Let the user go on over a connection of theirs out of `pool`; False when there is none."""
    user_id = user.credentials.user_id if user.credentials else None
    kept = await pool.take(user_id) if user_id is not None else None
    if kept is None:
        journal.record(records.PoolAcquire, user=user.key)
        return False
    idle_s = time.monotonic() - kept.idle_since
    name = kept.connection.name
    journal.record(records.PoolAcquire, user=user.key, connection=name, idle_s=idle_s)
    user.connections.append(kept.connection)
    return True
