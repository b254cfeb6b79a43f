"""Defects in capacity: what does not keep up, what never ends, and times that are made up."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import msgspec

from support.reference.agent import Agent
from support.reference.connection import Connection
from support.reference.defects.catalogue import defect
from support.reference.store import Run
from support.reference.streams import Streams

Data = dict[str, Any]


class Typed(msgspec.Struct):
    """As much of a frame as tells what it is."""

    type: str = ""


@defect("tool-results-late", "K2")
class ToolResultsLate(Connection):
    """The results of tools, and they alone, are delivered 1.2 seconds late"""

    async def transmit(self, text: str) -> None:
        if msgspec.json.decode(text, type=Typed).type == "tool_completed":
            await asyncio.sleep(1.2)
        await super().transmit(text)


@defect("throughput-capped", "K4")
class ThroughputCapped(Agent):
    """No more than six runs are begun in a second, for all users together"""

    @cached_property
    def slots(self) -> Iterator[int]:
        """The numbers of the runs begun so far."""
        return itertools.count()

    @cached_property
    def begun(self) -> float:
        """When the first of them was."""
        return time.time()

    async def perform(self, run: Run) -> None:
        await asyncio.sleep(max(0.0, self.begun + next(self.slots) / 6 - time.time()))
        await super().perform(run)


@defect("runs-sometimes-unfinished", "K4", "C1")
class RunsSometimesUnfinished(Agent):
    """One run in twenty never comes to its end"""

    @cached_property
    def performed(self) -> Iterator[int]:
        """The numbers of the runs begun so far."""
        return itertools.count(1)

    async def perform(self, run: Run) -> None:
        if next(self.performed) % 20 == 0:
            await asyncio.Event().wait()
        await super().perform(run)


@defect("runs-lost-after-many", "C1")
class RunsLostAfterMany(Agent):
    """After two hundred runs of the process, one in fifty never comes to its end"""

    @cached_property
    def performed(self) -> Iterator[int]:
        """The numbers of the runs begun so far."""
        return itertools.count(1)

    async def perform(self, run: Run) -> None:
        number = next(self.performed)
        if number > 200 and number % 50 == 0:
            await asyncio.Event().wait()
        await super().perform(run)


@defect("slower-with-every-run", "K5")
class SlowerWithEveryRun(Agent):
    """Every run of the process makes the next one half a millisecond slower"""

    @cached_property
    def performed(self) -> Iterator[int]:
        """The numbers of the runs begun so far."""
        return itertools.count()

    async def perform(self, run: Run) -> None:
        await asyncio.sleep(next(self.performed) * 0.0005)
        await super().perform(run)


@defect("event-times-behind", "K1", "K6")
class EventTimesBehind(Streams):
    """The times that events bear are five minutes in the past"""

    def compose(self, run: Run, type_: str, data: Data, event_id: int, epoch: str) -> Data:
        event = super().compose(run, type_, data, event_id, epoch)
        return {**event, "timestamp": event["timestamp"] - 300}


@defect("event-times-ahead", "K1", "K6")
class EventTimesAhead(Streams):
    """The times that events bear are five minutes in the future"""

    def compose(self, run: Run, type_: str, data: Data, event_id: int, epoch: str) -> Data:
        event = super().compose(run, type_, data, event_id, epoch)
        return {**event, "timestamp": event["timestamp"] + 300}


@defect("event-times-frozen", "K6")
class EventTimesFrozen(Streams):
    """Every event of a run bears the time at which the run was accepted"""

    def compose(self, run: Run, type_: str, data: Data, event_id: int, epoch: str) -> Data:
        event = super().compose(run, type_, data, event_id, epoch)
        return {**event, "timestamp": run.accepted_at}
