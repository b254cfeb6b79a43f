"""Automatic reconnecting: a lost connection is re-established with backoff and a circuit breaker.

Each loss begins a round of attempts with a pause before each. The breaker decides on every attempt
and outlives the rounds. A round ends when the user is connected again (resumed from the last event
read, unconfirmed requests sent again, the outbox emptied), when the attempts are used up, or with
an error that no further attempt can change. Everything is recorded, nothing judged.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable
from typing import Any

from support.client.client import Client
from support.client.connection import Connection
from support.client.reconnect.backoff import Backoff
from support.client.reconnect.circuit_breaker import CircuitBreaker, State
from support.client.reconnect.retryable import End, is_final, reason
from support.journal import records

BEST_EFFORT = "hoped"  # as journals have it: the handshake may be refused without a defect


class AutoReconnect:
    """Reconnects one client whenever its last open connection is lost."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._journal = client.journal
        plan = client.deployment.environment.reconnect
        self.backoff = Backoff(
            random.Random(f"{plan.seed}:{client.key}"),
            base_s=plan.base_s,
            cap_s=plan.cap_s,
            jitter=plan.jitter,
            attempts=plan.attempts,
            scale=plan.scale,
        )
        self.breaker = CircuitBreaker(
            failures=plan.breaker_failures,
            cool_down_s=plan.cool_down_s * plan.scale,
            clock=time.monotonic,
            on_transition=self._moved,
        )
        self.on = False
        self._round: asyncio.Task[None] | None = None
        self._renewals: set[asyncio.Task[None]] = set()
        self._left = False
        self._attempting = asyncio.Lock()

    @property
    def at_work(self) -> bool:
        """True until the user is connected again and has caught up, or reconnecting gave up."""
        under_way = self._round is not None and not self._round.done()
        return self._attempting.locked() or under_way or self.renews

    @property
    def renews(self) -> bool:
        """True while a connection is replaced whose time was up."""
        return bool(self._renewals)

    def start(self) -> None:
        """Reconnect from now on. Idempotent."""
        self.on, self._left = True, False

    async def stop(self) -> None:
        """Stop reconnecting; a round under way ends at once. Idempotent."""
        self.on, self._left = False, True
        for task in (self._round, *self._renewals):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    def lost(self, connection: Connection) -> None:
        """A connection is over: begin a round if it was the last and the user did not close it.

        One whose time was up is replaced at once, whether or not the app reconnects by itself.
        """
        end = connection.outcome
        by_choice = isinstance(end, records.Closed) and end.by == "user"
        if connection.time_is_up and not self._left:
            renewal = asyncio.create_task(self._renew())
            self._renewals.add(renewal)
            renewal.add_done_callback(self._renewed)
        elif self.on and not by_choice and not self.at_work and self._client.online is None:
            self._begin_round(end)

    def _begin_round(self, end: End | None) -> None:
        self._round = asyncio.create_task(self._reconnect(end))
        self._round.add_done_callback(lambda _: self._client.look_again())

    async def _renew(self) -> None:
        async with self._attempting:
            try:
                await self._connect("admitted")
            except Exception as error:
                self._broke(error)

    def _renewed(self, renewal: asyncio.Task[None]) -> None:
        self._renewals.discard(renewal)
        if self.on and self._client.online is None and not self.at_work:
            self._begin_round(self._client.connections[-1].outcome)
        self._client.look_again()

    async def reconnected(self, within_s: float) -> bool:
        """True once the user is connected, False when reconnecting gave up or `within_s` passed.

        A deadline that passes is recorded.
        """
        if self._round is not None:
            await asyncio.wait([self._round], timeout=within_s)
        if self.at_work:
            self._record(records.WaitTimedOut, waited_for="the app to reconnect", limit_s=within_s)
            return False
        return self._client.online is not None

    async def attempt_now(self) -> bool:
        """A single attempt, now, as when a person asks for it; True when connected.

        It passes the breaker as every other does, and no further one follows by itself.
        """
        return await self._attempt()

    async def cooled_down(self) -> None:
        """Wait until the breaker would let an attempt through."""
        await asyncio.sleep(self.breaker.again_in_s)

    async def _reconnect(self, end: End | None) -> None:
        try:
            while await self._round_of_attempts(end) and self._client.online is None:
                end = self._client.connections[-1].outcome
        except Exception as error:
            self._broke(error)

    def _broke(self, error: Exception) -> None:
        """Any error here is the harness's own: nothing may be approved on it."""
        what = f"reconnecting {self._client.key}: {type(error).__name__}: {error}"
        self._journal.record(records.HarnessError, what=what)

    async def _round_of_attempts(self, end: End | None) -> bool:
        started = time.monotonic()
        announced_s = self._announced_s()
        for attempt in range(1, self.backoff.attempts + 1):
            if self._is_final(end):
                self._stopped(attempt - 1, reason(end), final=True)
                return False
            pause_s = self.backoff.pause_s(attempt, announced_s)
            self._record(
                records.ReconnectScheduled,
                attempt=attempt,
                pause_s=pause_s,
                announced_s=announced_s,
                after=reason(end),
            )
            announced_s = 0.0  # it counts once, before the first attempt
            await self._wait(pause_s)
            if await self._attempt():
                took_s = time.monotonic() - started
                self._record(records.Reconnected, attempts=attempt, took_s=took_s)
                return True
            end = self._client.connections[-1].outcome
        self._stopped(self.backoff.attempts, reason(end), final=self._is_final(end))
        return False

    async def _wait(self, pause_s: float) -> None:
        await asyncio.sleep(pause_s)

    async def _attempt(self) -> bool:
        async with self._attempting:
            if self._client.online is not None:
                return True
            if not self.breaker.allows():
                self._record(records.FailedFast, again_in_s=self.breaker.again_in_s)
                return False
            answered = False
            try:
                back = await self._connect()
                # A deployment that refuses for good can be reached: that is no network failure.
                answered = back or self._is_final(self._client.connections[-1].outcome)
                return back
            finally:  # a cancelled attempt counts as failed: the breaker must not wait for it
                (self.breaker.succeeded if answered else self.breaker.failed)()

    async def _connect(self, expect: str = BEST_EFFORT) -> bool:
        client = self._client
        since, options = client.memory.read_up_to, client.connect_options
        if not await client.connect(since=since, expect=expect, resuming=True, **options):
            if client.online is not None:  # greeted, and then never subscribed: of no use
                await client.online.leave()
            return False
        return client.online is not None

    def _is_final(self, end: End | None) -> bool:
        return is_final(end, self._client.deployment.dialect.data)

    def _announced_s(self) -> float:
        memory = self._client.memory
        announced_s, memory.return_after_s = memory.return_after_s, 0.0
        return announced_s

    def _stopped(self, attempts: int, why: str, *, final: bool) -> None:
        self._record(records.ReconnectGaveUp, attempts=attempts, reason=why, final=final)

    def _moved(self, before: State, after: State, why: str) -> None:
        self._record(records.BreakerTransition, before=before, after=after, reason=why)

    def _record(self, kind: Callable[..., records.Record], **what: Any) -> None:
        self._journal.record(kind, user=self._client.key, **what)
