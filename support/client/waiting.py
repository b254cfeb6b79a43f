"""How a client waits: woken by every arrival, to a deadline. Nothing here sleeps to see."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable

from support.client.connection import Connection
from support.client.run import Run
from support.deployment import Deployment
from support.journal import Journal, records


class Waiting(ABC):
    """What a `Client` can wait for. A deadline that passes is recorded."""

    key: str
    deployment: Deployment
    journal: Journal
    connections: list[Connection]

    def __init__(self) -> None:
        self._news = asyncio.Event()

    @property
    @abstractmethod
    def current_run(self) -> Run:
        """The run asked for last."""

    @property
    @abstractmethod
    def is_reconnecting(self) -> bool:
        """True while a connection may still be re-established."""

    def look_again(self) -> None:
        """Wake those who wait: something has changed."""
        self._news.set()

    async def until(
        self, condition: Callable[[], bool], what: str, within_s: float | None = None
    ) -> bool:
        """Wait until `condition` holds, woken by every arrival; False (recorded) at the deadline.

        `within_s` defaults to the environment's patience for an answer, and to the dialect's
        warm-up as well until the first run has ended. Waiting also ends early
        when the user has no connection left, and will have none, on which anything could arrive.
        """
        patience = self.deployment.environment.patience
        limit_s = (within_s or patience.answer_s) * patience.scale
        if within_s is None:
            limit_s += self.deployment.warm_up_s
        deadline = time.monotonic() + limit_s
        while not condition():
            can_arrive = self.is_reconnecting or any(c.is_open for c in self.connections)
            if not can_arrive or time.monotonic() >= deadline:
                self.journal.record(
                    records.WaitTimedOut, user=self.key, waited_for=what, limit_s=limit_s
                )
                return False
            await self.any_news(deadline - time.monotonic())
        return True

    async def any_news(self, within_s: float) -> bool:
        """True as soon as anything happens on any connection, False after `within_s` of silence."""
        self._news.clear()
        try:
            async with asyncio.timeout(within_s):
                await self._news.wait()
        except TimeoutError:
            return False
        return True

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
