"""Defects in performance: late, slow, growing."""

from __future__ import annotations

import asyncio
import time
from functools import cached_property

import msgspec

from support.reference.agent import Agent
from support.reference.connection import Connection
from support.reference.defects.catalogue import defect
from support.reference.messages import Ping
from support.reference.plan import Plan
from support.reference.store import Run
from support.reference.users import User, Users

MEGABYTE = 1024 * 1024


class Stamped(msgspec.Struct):
    """As much of a frame as tells when it happened (Unix seconds)."""

    timestamp: float | None = None
    event_id: int = 0


async def _until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - time.time()))


@defect("events-late", "K1", "K6")
class EventsLate(Connection):
    """Every event is delivered 300 ms after it happened"""

    async def transmit(self, text: str) -> None:
        stamped = msgspec.json.decode(text, type=Stamped)
        if stamped.timestamp is not None:
            await _until(stamped.timestamp + 0.3)
        await super().transmit(text)


@defect("events-sometimes-late", "K1")
class EventsSometimesLate(Connection):
    """Every fiftieth event is one and a half seconds late"""

    async def transmit(self, text: str) -> None:
        stamped = msgspec.json.decode(text, type=Stamped)
        if stamped.timestamp is not None and stamped.event_id % 50 == 25:
            await _until(stamped.timestamp + 1.5)
        await super().transmit(text)


@defect("events-later-and-later", "K5", "K1")
class EventsLaterAndLater(Connection):
    """Every event is 2 ms later than the one before"""

    async def transmit(self, text: str) -> None:
        stamped = msgspec.json.decode(text, type=Stamped)
        if stamped.timestamp is not None:
            await _until(stamped.timestamp + stamped.event_id * 0.002)
        await super().transmit(text)


@defect("first-event-slow", "K2")
class FirstEventSlow(Agent):
    """The agent needs a second and a half before it says anything"""

    async def pace(self, run: Run, intent: Plan) -> None:
        if run.step == 0:
            await asyncio.sleep(1.5)
        await super().pace(run, intent)


@defect("tools-slow", "K2")
class ToolsSlow(Agent):
    """Every tool takes a second and a half"""

    async def pace(self, run: Run, intent: Plan) -> None:
        if run.step > 2 and run.step % 2:
            await asyncio.sleep(1.5)
        await super().pace(run, intent)


@defect("one-run-at-a-time", "K4", "L2")
class OneRunAtATime(Agent):
    """All users wait for one agent that handles five requests a second"""

    @cached_property
    def turn(self) -> asyncio.Lock:
        """Held by the run that is under way."""
        return asyncio.Lock()

    async def perform(self, run: Run) -> None:
        async with self.turn:
            await asyncio.sleep(0.2)
            await super().perform(run)


@defect("pongs-late", "D1")
class PongsLate(Connection):
    """Pings are answered two seconds late"""

    def on_ping(self, message: Ping) -> None:
        asyncio.get_running_loop().call_later(2, super().on_ping, message)


@defect("pings-not-answered", "D1", "D2")
class PingsNotAnswered(Connection):
    """Pings are not answered"""

    def on_ping(self, message: Ping) -> None:
        return


@defect("pong-with-wrong-nonce", "D1")
class PongWithWrongNonce(Connection):
    """Pings are answered with another ping's nonce"""

    def on_ping(self, message: Ping) -> None:
        super().on_ping(Ping("0"))


@defect("connect-slow", "K3", "B1")
class ConnectSlow(Connection):
    """It takes three seconds until a connection is ready"""

    async def greet(self) -> None:
        await asyncio.sleep(3)
        await super().greet()


@defect("memory-leak", "L3", "N3")
class MemoryLeak(Agent):
    """Every run leaves 3 MB behind in memory"""

    @cached_property
    def kept(self) -> list[bytes]:
        """What is never given back."""
        return []

    async def perform(self, run: Run) -> None:
        self.kept.append(b"x" * 3 * MEGABYTE)
        await super().perform(run)


@defect("memory-leak-small", "L3", "N3")
class MemoryLeakSmall(Agent):
    """Every run leaves 0.19 MB behind in memory"""

    @cached_property
    def kept(self) -> list[bytes]:
        """What is never given back."""
        return []

    async def perform(self, run: Run) -> None:
        self.kept.append(b"x" * 190_000)
        await super().perform(run)


@defect("sign-in-slow", "K3")
class SignInSlow(Users):
    """Checking a password takes three seconds"""

    def with_password(self, email: str, password: str) -> User | None:
        time.sleep(3)
        return super().with_password(email, password)
