"""A user's line to the deployment: is it alive, how quick is it, and has everything arrived?"""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import TYPE_CHECKING

from support.client.connection import Connection
from support.config import NotOffered
from support.deployment import Deployment
from support.journal import Journal, facts, records

if TYPE_CHECKING:
    from support.client.user import User


_USUAL_RATE = 100.0  # messages a second that any deployment takes
_SHARE = 3.0  # times as far apart as the announced rate would allow


class Liveness:
    """Pings, fences, and the watch over a user's connections. Records, and judges nothing."""

    def __init__(self, user: User, deployment: Deployment, journal: Journal) -> None:
        self._user = user
        self._deployment = deployment
        self._journal = journal
        self._watch: asyncio.Task[None] | None = None

    async def ping(self, within_s: float) -> bool:
        """An application ping; True if its own answer came within `within_s`."""
        connection, answered, took_ms = self._user.online, False, 0.0
        if connection is not None:
            answered, took_ms = await self._round_trip(connection, within_s)
        self._journal.record(
            records.Heartbeat,
            user=self._user.key,
            connection=connection.name if connection else "",
            level="application",
            answered=answered,
            took_ms=took_ms,
        )
        return answered

    async def fence(self) -> bool:
        """A round trip on every open connection: what was sent to them before has now arrived."""
        held = [await self._fence(c) for c in self._user.connections if c.is_open]
        return bool(held) and all(held)

    async def check(self, count: int) -> None:
        """Ping `count` times at each level, from the moment the current run is under way.

        Stops at the first ping without an answer: that is enough to know.
        """
        await self._user.current_run.reaches(facts.STARTED)
        within_s = self._deployment.environment.patience.fence_s
        for _ in range(count):
            answered = await self.ping(within_s)
            if self._user.online is None or not answered:
                return
            if not await self._user.online.protocol_ping(within_s):
                return

    async def probe(self, count: int, *, spread: bool = False) -> None:
        """Ping `count` times: at once, or `spread` over time, well below the announced rate.

        Stops early after `patience.answer_s`, and at a ping without an answer.
        """
        patience = self._deployment.environment.patience
        ready = self._user.online.ready if self._user.online else None
        rate = (ready.messages_per_s if ready else None) or _USUAL_RATE
        ends = time.monotonic() + patience.answer_s * patience.scale
        for _ in range(count):
            if not await self.ping(patience.fence_s) or time.monotonic() > ends:
                return
            if spread:
                await asyncio.sleep(_SHARE / rate)

    @property
    def heartbeat_s(self) -> float:
        """The deployment's heartbeat; raises `NotOffered` if there is none, or one too slow."""
        ready = self._user.online.ready if self._user.online else None
        longest_s = self._deployment.environment.patience.heartbeat_s
        if ready is None or ready.heartbeat_s is None:
            raise NotOffered("the deployment announces no usable heartbeat")
        if ready.heartbeat_s > longest_s:
            raise NotOffered(
                f"the deployment's heartbeat of {ready.heartbeat_s:g} s is slower than the"
                f" {longest_s:g} s this environment waits for (patience.heartbeat_s)"
            )
        return ready.heartbeat_s

    def watch(self) -> None:
        """From now on notice by heartbeats when the line is dead."""
        if self._user.online is not None:
            self._watch = asyncio.create_task(self._user.online.watch(self.heartbeat_s))

    async def first_heartbeat(self) -> bool:
        """Ping once at protocol level; True if it was answered."""
        return self._user.online is not None and await self._user.online.protocol_ping(
            self.heartbeat_s
        )

    def hang(self) -> None:
        """From now on say nothing at all, not even answers to pings."""
        if self._user.online is not None:
            self._user.online.mute()

    async def lost_within(self, limit_s: float) -> bool:
        """True once no connection is left, False when one is after `limit_s`."""
        open_ones = [c for c in self._user.connections if c.is_open]
        return all(await asyncio.gather(*(c.gone(limit_s) for c in open_ones)))

    async def _round_trip(self, connection: Connection, within_s: float) -> tuple[bool, float]:
        """Whether a ping of our own was answered, and milliseconds since it was sent."""
        nonce = uuid.uuid4().hex
        began = await connection.send(self._deployment.dialect.ping(nonce)) or time.monotonic()
        await self._user.until(
            lambda: self._user.memory.has_pong(nonce) or not connection.is_open,
            "the answer to a ping",
            within_s,
        )
        return self._user.memory.has_pong(nonce), (time.monotonic() - began) * 1000

    async def _fence(self, connection: Connection) -> bool:
        patience = self._deployment.environment.patience
        if "application_ping" in self._deployment.capabilities:
            held, took_ms = await self._round_trip(connection, patience.fence_s)
        else:
            started = time.monotonic()
            held = await connection.protocol_ping(patience.fence_s * patience.scale)
            took_ms = (time.monotonic() - started) * 1000
        self._journal.record(
            records.Fence,
            user=self._user.key,
            connection=connection.name,
            held=held,
            took_ms=took_ms,
        )
        return held
