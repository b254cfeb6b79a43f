"""How a client waits: woken by what arrives, to a deadline. Nothing here sleeps to see."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

from support.client.connection import Connection
from support.client.run import Run
from support.deployment import Deployment
from support.journal import Journal, records


class Reconnector(Protocol):
    """What re-establishes lost connections, as the core sees it."""

    @property
    def on(self) -> bool:
        """True while lost connections are to be re-established."""

    @property
    def at_work(self) -> bool:
        """True while a connection may still be re-established."""

    @property
    def renews(self) -> bool:
        """True while a connection is replaced whose time was up."""

    def lost(self, connection: Connection) -> None:
        """`connection` is over."""


class _Waiter:
    """Somebody who waits until `condition` holds."""

    def __init__(self, condition: Callable[[], bool]) -> None:
        self._condition = condition
        self.woken: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def look(self) -> None:
        """Something has changed."""
        if not self.woken.done():
            try:
                if self._condition():
                    self.woken.set_result(True)
            except Exception as error:
                self.woken.set_exception(error)

    def too_late(self) -> None:
        """The deadline has passed."""
        if not self.woken.done():
            self.woken.set_result(False)


class Waiting(ABC):
    """What a `Client` can wait for. A deadline that passes is recorded."""

    key: str
    deployment: Deployment
    journal: Journal
    connections: list[Connection]

    def __init__(self) -> None:
        self.reconnector: Reconnector | None = None
        self._waiting: list[_Waiter] = []
        self._looking = False

    @property
    @abstractmethod
    def current_run(self) -> Run:
        """The run asked for last."""

    @property
    def is_reconnecting(self) -> bool:
        """True while a connection may still be re-established."""
        return self.reconnector is not None and self.reconnector.at_work

    @property
    def renews(self) -> bool:
        """True while a connection is replaced whose time was up."""
        return self.reconnector is not None and self.reconnector.renews

    def look_again(self) -> None:
        """Something has changed: whose condition holds now is woken, once for all that is new."""
        if self._waiting and not self._looking:
            self._looking = True
            asyncio.get_running_loop().call_soon(self._look)

    def _look(self) -> None:
        self._looking = False
        for waiter in self._waiting:
            waiter.look()

    async def until(
        self,
        condition: Callable[[], bool],
        what: str,
        within_s: float | None = None,
        *,
        named: bool = True,
    ) -> bool:
        """Wait until `condition` holds, asked at every arrival; False (recorded) at the deadline.

        `within_s` defaults to the environment's patience for an answer, and to the dialect's
        warm-up as well until the first run has ended. That, and a limit that no sentence has
        `named`, is shortened where the same was missed in several scenarios that failed. A limit
        that is not named is shortened, too, where the same was missed several times and no round
        trip was ever answered. Waiting also ends early when the user has no connection left, and
        will have none, on which anything could arrive.
        """
        patience, misses = self.deployment.environment.patience, self.deployment.misses
        limit_s = (within_s or patience.answer_s) * patience.scale
        if within_s is None:
            limit_s += self.deployment.warm_up_s
        if within_s is None or not named:
            limit_s = misses.limit_s(what, limit_s, round_trip=not named)
        began = time.monotonic()
        deadline = began + limit_s
        while not condition():
            over = time.monotonic() >= deadline
            if over:
                warm = not self.deployment.warm_up_s
                misses.missed(what, began, time.monotonic(), warm=warm)
            if over or not self._can_arrive():
                self.journal.record(
                    records.WaitTimedOut, user=self.key, waited_for=what, limit_s=limit_s
                )
                return False
            await self._woken(lambda: condition() or not self._can_arrive(), deadline)
        misses.came(what, time.monotonic() - began)
        return True

    async def renewed(self) -> None:
        """Wait until every connection whose time was up has been replaced; often there is none."""
        if self.renews:
            await self.until(lambda: not self.renews, "a connection in the place of an aged one")

    async def any_news(self, within_s: float) -> bool:
        """True as soon as anything happens on any connection, False after `within_s` of silence."""
        return await self._woken(lambda: True, time.monotonic() + within_s)

    def _can_arrive(self) -> bool:
        return self.is_reconnecting or any(c.is_open for c in self.connections)

    async def _woken(self, condition: Callable[[], bool], deadline: float) -> bool:
        """True once something has changed and `condition` holds, False at the deadline."""
        waiter = _Waiter(condition)
        timer = asyncio.get_running_loop().call_later(deadline - time.monotonic(), waiter.too_late)
        self._waiting.append(waiter)
        try:
            return await waiter.woken
        finally:
            self._waiting.remove(waiter)
            timer.cancel()

    async def finished(self, run: Run | None = None, *, within_s: float | None = None) -> bool:
        """True once `run` (by default the current one) has ended; False at the deadline."""
        awaited = run or self.current_run
        return await self.until(lambda: awaited.ended, "the end of a run", within_s)

    async def reaches(self, event: str, run: Run | None = None) -> bool:
        """True once an event of that type has arrived, False when the run ended without it.

        Raises `NotOffered` where there is no such event.
        """
        self.deployment.dialect.ensure_has(event)
        awaited = run or self.current_run
        await self.until(lambda: event in awaited.seen or awaited.ended, f"{event} of a run")
        return event in awaited.seen

    async def accepted(self, run: Run | None = None) -> bool:
        """True once the request has been accepted; False when it is rejected, or never is."""
        awaited = run or self.current_run
        await self.until(
            lambda: awaited.run_id is not None or awaited.rejected is not None,
            "the acceptance of a request",
        )
        return awaited.run_id is not None
