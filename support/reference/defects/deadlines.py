"""Defects in time: what comes a little too early, too late, or only in its turn."""

from __future__ import annotations

import asyncio
from functools import cached_property

from support.reference.agent import Agent
from support.reference.defects.catalogue import defect
from support.reference.messages import Rejected
from support.reference.runs import Runs
from support.reference.store import Run
from support.reference.wire import Socket

CANCEL_S = 12.0
TURN_S = 6.0


@defect("cancel-slow", "A5")
class CancelSlow(Runs):
    """A run that is cancelled halts at once, and says so only twelve seconds later"""

    def cancel(self, user_id: str, run_id: str) -> None:
        run = self.find(user_id, run_id)
        if run is None or run.finished:
            raise Rejected("not_found", "There is no such run.")
        self.tasks[run_id].cancel()
        asyncio.get_running_loop().call_later(CANCEL_S, super().cancel, user_id, run_id)


@defect("runs-in-turn", "A5")
class RunsInTurn(Agent):
    """Runs are performed one after the other, six seconds each"""

    @cached_property
    def turn(self) -> asyncio.Lock:
        """Held by the run that is under way."""
        return asyncio.Lock()

    async def perform(self, run: Run) -> None:
        async with self.turn:
            await asyncio.sleep(TURN_S)
            await super().perform(run)


@defect("silent-client-dropped-early", "D2")
class SilentClientDroppedEarly(Socket):
    """The server pings four times as often as announced, and drops whoever misses two of them"""

    def start_keepalive(self) -> None:
        assert self.ping_interval is not None
        self.ping_interval /= 4
        super().start_keepalive()


@defect("silent-client-dropped-late", "D2")
class SilentClientDroppedLate(Socket):
    """A client that answers no heartbeat is kept for five of them"""

    def watch_silence(self) -> None:
        super().watch_silence()
        if self.silence is not None and self.ping_interval is not None:
            self.silence.cancel()
            self.silence = self.loop.call_later(5 * self.ping_interval, self.keepalive_timeout)
