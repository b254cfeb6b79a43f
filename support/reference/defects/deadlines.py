"""Defects in time: what comes a little too early, too late, or only in its turn."""

from __future__ import annotations

import asyncio
import time
from functools import cached_property

from websockets.frames import Frame

from support.reference.agent import Agent
from support.reference.connection import Connection
from support.reference.defects.catalogue import defect
from support.reference.messages import Ping, Rejected
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


@defect("pongs-a-little-late", "D1")
class PongsALittleLate(Connection):
    """Pings are answered 300 ms late"""

    def on_ping(self, message: Ping) -> None:
        asyncio.get_running_loop().call_later(0.3, super().on_ping, message)


@defect("silent-client-dropped-early", "D2")
class SilentClientDroppedEarly(Socket):
    """The server pings four times as often as announced, and drops anyone who misses two of them"""

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


@defect("silent-client-kept-for-its-user", "D2")
class SilentClientKeptForItsUser(Socket):
    """A client that answers no heartbeat is kept while another device of its user is connected"""

    def keepalive_timeout(self) -> None:
        sockets = [s for s in self.connections if isinstance(s, SilentClientKeptForItsUser)]
        if self.token() not in [s.token() for s in sockets if s is not self]:
            super().keepalive_timeout()

    def token(self) -> bytes | None:
        """What the user has come with; the same on all of their devices."""
        return dict(self.scope["headers"]).get(b"authorization")


@defect("silent-client-kept-after-question", "D2")
class SilentClientKeptAfterQuestion(Socket):
    """A client that answers no heartbeat is kept once it has asked something"""

    asked = False

    def handle_text(self, event: Frame) -> None:
        self.asked = self.asked or b"user_message" in event.data
        super().handle_text(event)

    def keepalive_timeout(self) -> None:
        if not self.asked:
            super().keepalive_timeout()


@defect("slow-reader-copied", "G4")
class SlowReaderCopied(Connection):
    """What waits for a client that does not read is bounded, but kept in twenty copies"""

    @cached_property
    def copies(self) -> list[bytes]:
        """What is never given back."""
        return []

    def put(self, text: str) -> None:
        if self.send_queue.waiting_bytes:
            self.copies += [bytes(bytearray(text.encode())) for _ in range(20)]
        super().put(text)


class Pressure:
    """When somebody last asked too much, or left much unread: others feel it for a while."""

    last = 0.0
    LASTS_S = 2.0

    @classmethod
    def is_on(cls) -> bool:
        return time.monotonic() - cls.last < cls.LASTS_S

    @classmethod
    def felt_by(cls, connection: Connection) -> bool:
        """Note whether this connection is the one that presses; False if it is."""
        flooding = connection.rate.level < connection.rate.per_s
        if flooding or connection.send_queue.waiting_bytes > 1_000_000:
            cls.last = time.monotonic()
            return False
        return cls.is_on()


@defect("pongs-slower-under-pressure", "G3", "G4")
class PongsSlowerUnderPressure(Connection):
    """While one user asks too much, the pings of all others are answered 800 ms later"""

    def hear(self, text: str) -> None:
        Pressure.felt_by(self)
        super().hear(text)

    def put(self, text: str) -> None:
        super().put(text)
        Pressure.felt_by(self)

    def on_ping(self, message: Ping) -> None:
        if Pressure.felt_by(self):
            asyncio.get_running_loop().call_later(0.8, super().on_ping, message)
        else:
            super().on_ping(message)


@defect("answers-slower-under-pressure", "G4")
class AnswersSlowerUnderPressure(Agent):
    """While one user leaves much unread, everybody's answers take 1,200 ms longer"""

    async def perform(self, run: Run) -> None:
        for connection in self.streams.hub.all():
            assert isinstance(connection, Connection)
            Pressure.felt_by(connection)
        if Pressure.is_on():
            await asyncio.sleep(1.2)
        await super().perform(run)
