"""The healer: from now on a lost connection is re-established by itself.

    user.stay_connected()               # from now on; the connection of the moment is watched
    await user.healer.healed(5.0)       # True once the user is back, False if the app gave up
    await user.healer.stop()            # no more; also by `user.leave()` and at the farewell

Each loss begins a round of attempts with a pause before each. The breaker stands before every
attempt and outlives the rounds. A round ends when the user is back (subscribed from where they
were, what was never confirmed sent again, the outbox emptied), when the attempts are used up, or
with an error that no attempt can mend. Everything is recorded, nothing judged.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from support.client.reconnect.backoff import Backoff
from support.client.reconnect.breaker import Breaker, State
from support.client.reconnect.retryable import End, is_final, told
from support.deployment import Deployment
from support.journal import Journal, records

if TYPE_CHECKING:
    from support.client.connection import Connection
    from support.client.user import User

HOPED = "hoped"  # of a connection: it may be refused, and nobody is to blame


class AutoReconnect:
    """Heals one user: as long as any connection of theirs is open, there is nothing to heal."""

    def __init__(self, user: User, deployment: Deployment, journal: Journal) -> None:
        self._user = user
        self._deployment = deployment
        self._journal = journal
        plan = deployment.environment.reconnect
        self.backoff = Backoff(
            random.Random(f"{plan.seed}:{user.key}"),
            base_s=plan.base_s,
            cap_s=plan.cap_s,
            jitter=plan.jitter,
            attempts=plan.attempts,
            scale=plan.scale,
        )
        self.breaker = Breaker(
            failures=plan.breaker_failures,
            cool_down_s=plan.cool_down_s * plan.scale,
            clock=time.monotonic,
            moved=self._moved,
        )
        self.on = False
        self._round: asyncio.Task[None] | None = None
        self._door = asyncio.Lock()

    @property
    def at_work(self) -> bool:
        """True while the user is away and the healer has not given up, and while they catch up."""
        return self._door.locked() or (self._round is not None and not self._round.done())

    def start(self) -> None:
        """Heal from now on. Idempotent."""
        self.on = True

    async def stop(self) -> None:
        """Heal no more; a round under way ends at once. Idempotent."""
        self.on = False
        if self._round is not None:
            self._round.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._round

    def lost(self, connection: Connection) -> None:
        """A connection of the user is over: begin a round if it was their last and not wished."""
        end = connection.outcome
        by_choice = isinstance(end, records.Closed) and end.by == "user"
        if self.on and not by_choice and not self.at_work and self._user.online is None:
            self._round = asyncio.create_task(self._heal(end))
            self._round.add_done_callback(lambda _: self._user.look_again())

    async def healed(self, within_s: float) -> bool:
        """True once the user is back, False as soon as the healer has given up, or in the end.

        A deadline that passes is recorded.
        """
        if self._round is not None:
            await asyncio.wait([self._round], timeout=within_s)
        if self.at_work:
            self._record(records.WaitTimedOut, waited_for="the app to heal", limit_s=within_s)
            return False
        return self._user.online is not None

    async def try_again(self) -> bool:
        """A single attempt, now, as when a person asks for it; True when the user is there.

        It passes the breaker as every other does, and leads to no further one by itself.
        """
        return await self._attempt()

    async def rested(self) -> None:
        """Wait until the breaker would let an attempt through."""
        await asyncio.sleep(self.breaker.again_in_s)

    async def _heal(self, end: End | None) -> None:
        try:
            while await self._come_back(end) and self._user.online is None:
                end = self._user.connections[-1].outcome
        except Exception as error:
            # Whatever breaks here is ours: the run must not be approved on it.
            what = f"healing {self._user.key}: {type(error).__name__}: {error}"
            self._journal.record(records.HarnessError, what=what)

    async def _come_back(self, end: End | None) -> bool:
        started = time.monotonic()
        announced_s = self._announced_s()
        for attempt in range(1, self.backoff.attempts + 1):
            if self._is_final(end):
                self._stopped(attempt - 1, told(end), final=True)
                return False
            pause_s = self.backoff.pause_s(attempt, announced_s)
            self._record(
                records.ReconnectScheduled,
                attempt=attempt,
                pause_s=pause_s,
                announced_s=announced_s,
                after=told(end),
            )
            announced_s = 0.0  # once it is over, it is over for every attempt
            await self._wait(pause_s)
            if await self._attempt():
                took_s = time.monotonic() - started
                self._record(records.Reconnected, attempts=attempt, took_s=took_s)
                return True
            end = self._user.connections[-1].outcome
        self._stopped(self.backoff.attempts, told(end), final=self._is_final(end))
        return False

    async def _wait(self, pause_s: float) -> None:
        await asyncio.sleep(pause_s)

    async def _attempt(self) -> bool:
        async with self._door:
            if self._user.online is not None:
                return True
            if not self.breaker.allows():
                self._record(records.FailedFast, again_in_s=self.breaker.again_in_s)
                return False
            answered = False
            try:
                back = await self._knock()
                # A deployment that says no for good is there: that is no failure of the line.
                answered = back or self._is_final(self._user.connections[-1].outcome)
                return back
            finally:  # a cancelled attempt counts as failed: the breaker must not wait for it
                (self.breaker.succeeded if answered else self.breaker.failed)()

    async def _knock(self) -> bool:
        user = self._user
        if not await user.connect(since=user.memory.place, expect=HOPED, **user.how):
            if user.online is not None:  # greeted, and then never subscribed: of no use
                await user.online.leave()
            return False
        return user.online is not None

    def _is_final(self, end: End | None) -> bool:
        return is_final(end, self._deployment.dialect.data)

    def _announced_s(self) -> float:
        memory = self._user.memory
        announced_s, memory.return_after_s = memory.return_after_s, 0.0
        return announced_s

    def _stopped(self, attempts: int, reason: str, *, final: bool) -> None:
        self._record(records.ReconnectGaveUp, attempts=attempts, reason=reason, final=final)

    def _moved(self, before: State, after: State, reason: str) -> None:
        self._record(records.BreakerTransition, before=before, after=after, reason=reason)

    def _record(self, kind: Callable[..., records.Record], **what: Any) -> None:
        self._journal.record(kind, user=self._user.key, **what)
