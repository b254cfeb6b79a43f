"""Liveness of a user's connections: pings, heartbeats, fences (round trips that prove arrival)."""

from __future__ import annotations

import asyncio
import time

from support.client import limits
from support.client.client import Client
from support.client.connection import Connection
from support.config import NotOffered
from support.dialects import new_nonce
from support.journal import facts, records

_USUAL_RATE = 100.0  # messages a second that any deployment accepts
_RENEWALS = 3  # connections may come to the end of their time during a round trip
_PROMPT_S = 1.0  # the time in an answer that took longer is old
_EARLY_S = 0.05  # timers may come that much early or late
_SHARE = 3.0  # times as far apart as the announced rate would allow
_LATE = 3  # answers that late show enough


class Liveness:
    """Pings, fences and heartbeats of one client. Records, and judges nothing."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._deployment = client.deployment
        self._journal = client.journal
        self._watch: asyncio.Task[None] | None = None

    async def ping(self, within_s: float) -> bool:
        """An application ping; True if its own answer came within `within_s`."""
        return (await self._pinged(within_s)).answered

    async def _pinged(self, within_s: float) -> records.Heartbeat:
        await self._client.renewed()
        connection, answered, took_ms = self._client.online, False, 0.0
        if connection is not None:
            answered, took_ms = await self._round_trip(connection, within_s)
        return self._journal.record(
            records.Heartbeat,
            user=self._client.key,
            connection=connection.name if connection else "",
            level="application",
            answered=answered,
            took_ms=took_ms,
        )

    async def fence(self) -> bool:
        """A round trip on every open connection: all that was sent to them before has arrived."""
        for _ in range(_RENEWALS):
            await self._client.renewed()
            await self._client.level()
            fenced = [c for c in self._client.connections if c.is_open]
            held = [await self._fence(c) for c in fenced]
            if not any(c.time_is_up for c in fenced):
                break
        return bool(held) and all(held)

    async def check(self, count: int, late_ms: float) -> None:
        """Ping `count` times at each level, from the moment the current run is under way.

        Application pings stay within the announced rate, which may count them as messages. Raises
        `NotOffered` where that is so low that the run is over before the first of them may be sent.
        Stops at the first ping without an answer, and once a few answers took more than `late_ms`.
        """
        await self._client.reaches(facts.STARTED)
        run, at_once = self._client.current_run, self._client.may_send_at_once(2)
        within_s = self._deployment.environment.patience.fence_s
        late = 0
        for number in range(count):
            await self._client.turn()
            if number == 0 and run.succeeded and not at_once:
                raise NotOffered("the announced rate leaves no time for a ping during a run")
            ping = await self._pinged(within_s)
            if self._client.online is None or not ping.answered:
                return
            if not await self._client.online.protocol_ping(within_s):
                return
            late += ping.took_ms > late_ms
            if late == _LATE:
                return

    async def probe(self, count: int, *, spread: bool = False) -> None:
        """Ping `count` times: at once, or `spread` over time, well below the announced rate.

        Stops early after `patience.answer_s`, and at a ping without an answer.
        """
        patience = self._deployment.environment.patience
        ready = self._client.online.ready if self._client.online else None
        rate = (ready.messages_per_s if ready else None) or _USUAL_RATE
        ends = time.monotonic() + patience.answer_s * patience.scale
        for _ in range(count):
            if not await self.ping(patience.fence_s) or time.monotonic() > ends:
                return
            if spread:
                await asyncio.sleep(_SHARE / rate)

    @property
    def heartbeat_s(self) -> float:
        """The deployment's heartbeat interval; raises `NotOffered` as `limits.heartbeat_s`."""
        return limits.heartbeat_s(self._client)

    def watch(self) -> None:
        """From now on notice by heartbeats when the connection is dead."""
        if self._client.online is not None:
            self._watch = asyncio.create_task(_watch(self._client.online, self.heartbeat_s))

    async def first_heartbeat(self) -> bool:
        """Ping once at protocol level; True if it was answered."""
        return self._client.online is not None and await self._client.online.protocol_ping(
            self.heartbeat_s
        )

    async def go_silent(self, limit_s: float) -> bool:
        """Send nothing more on the newest connection, not even answers to pings.

        True once the deployment has ended it, False when it is open after `limit_s`.
        """
        newest = self._client.online
        if newest is None:
            return False
        newest.mute()
        return await newest.closed_within(limit_s)

    async def disconnected_within(self, limit_s: float) -> bool:
        """True once no connection is left, False when one is after `limit_s`."""
        open_ones = [c for c in self._client.connections if c.is_open]
        return all(await asyncio.gather(*(c.closed_within(limit_s) for c in open_ones)))

    async def _round_trip(
        self, connection: Connection, within_s: float, *, fence: bool = False
    ) -> tuple[bool, float]:
        """Whether a ping of our own was answered, and milliseconds since it was sent."""
        nonce, speaker = new_nonce(), self._client.speaker
        message = speaker.fence(nonce) if fence else speaker.ping(nonce)
        began = await connection.send(message) or time.monotonic()
        await self._client.until(
            lambda: self._client.memory.has_pong(nonce) or not connection.is_open,
            "the answer to a ping",
            within_s,
            named=not fence,
        )
        took_s, told = time.monotonic() - began, self._client.memory.time_told(nonce)
        if told is not None and took_s <= _PROMPT_S:
            self._deployment.clock.learn_pong(told)
        return self._client.memory.has_pong(nonce), took_s * 1000

    async def _fence(self, connection: Connection) -> bool:
        patience = self._deployment.environment.patience
        rules, quiet = self._deployment.dialect.data.fence, False
        if self._deployment.dialect.round_trips:
            held, took_ms = await self._round_trip(connection, patience.fence_s, fence=True)
        else:
            started, quiet = time.monotonic(), True
            held = await self._quiet(connection, rules.quiet_s)
            took_ms = (time.monotonic() - started) * 1000
        self._journal.record(
            records.Fence,
            user=self._client.key,
            connection=connection.name,
            held=held,
            took_ms=took_ms,
            quiet=quiet,
        )
        return held

    async def _quiet(self, connection: Connection, quiet_s: float) -> bool:
        """True once nothing has arrived for so long, at most for as long as an answer may take."""
        patience = self._deployment.environment.patience
        deadline = time.monotonic() + patience.answer_s * patience.scale
        while connection.is_open and time.monotonic() < deadline:
            before = connection.received_bytes
            if not await connection.closed_within(quiet_s) and connection.received_bytes == before:
                return True
        return False


async def _watch(connection: Connection, interval_s: float) -> None:
    """Ping every `interval_s`; treat the connection as dead after two without an answer.

    Returns once the connection is over, on either side. Cancels safely.
    """
    silent_since = time.monotonic()
    while connection.is_open:
        due = time.monotonic() + interval_s
        if await connection.protocol_ping(interval_s):
            silent_since = due - interval_s
        elif time.monotonic() - silent_since >= 2 * interval_s - _EARLY_S:
            connection.give_up(time.monotonic() - silent_since)
            return
        await connection.closed_within(max(due - time.monotonic(), 0))
