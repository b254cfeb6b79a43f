"""Streams, replays and runs, done in another way."""

from __future__ import annotations

import asyncio
import time

from support.reference.agent import Agent
from support.reference.plan import Plan
from support.reference.store import Run, Store
from support.reference.variants.catalogue import lawful, lawful_settings


@lawful("one-epoch")
class OneEpoch(Store):
    """One epoch for the whole backend, not one for each user"""

    def new_epoch(self) -> str:
        found = self.db.execute("SELECT epoch FROM streams LIMIT 1").fetchone()
        return str(found[0]) if found else super().new_epoch()


@lawful("thinks-late")
class ThinksLate(Agent):
    """The agent takes its time before its first thought; cancelled by then, a run has none"""

    async def pace(self, run: Run, intent: Plan) -> None:
        if run.step == 1 and intent.wait_ms:
            due = run.accepted_at + intent.wait_ms / 1000
            await asyncio.sleep(max(0.0, due - time.time()))
        elif run.step:
            await asyncio.sleep(self.step_s)

    def cancel(self, run: Run) -> None:
        if run.step >= 2:
            super().cancel(run)
            return
        if run.step == 0:
            self.emit(run, *self.started(run))
        self.emit(run, *self.end(run, "The run was cancelled.", "cancelled"))


@lawful("cancels-leave-tools-open")
class CancelsLeaveToolsOpen(Agent):
    """A cancelled run ends at once: a tool call that was open never completes"""

    def cancel(self, run: Run) -> None:
        if run.step < 2:
            super().cancel(run)
        else:
            self.emit(run, *self.end(run, "", "cancelled"))


lawful_settings("keeps-little", "Few events are kept for a resume", chat__retained_events="120")
lawful_settings("keeps-much", "Whatever happens is kept", chat__retained_events="2147483647")
lawful_settings("steps-slowly", "Events of several runs interleave more", chat__step_s="0.015")
lawful_settings(
    "small-limits",
    "Messages, rates and connections are limited more tightly",
    chat__message_bytes="16384",
    chat__messages_per_s="40",
    chat__connections_per_user="5",
)
