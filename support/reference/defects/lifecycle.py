"""Defects in the life of a connection and of the service: wrong words at beginning and end."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from websockets.frames import Close, Frame, Opcode

from support.reference.chat import Chat
from support.reference.connection import Connection
from support.reference.defects.catalogue import defect
from support.reference.handshake import Gatekeeper, HandshakeRequest, Refused
from support.reference.hub import Hub, Recipient
from support.reference.tokens import Claims
from support.reference.wire import Socket

ENOUGH = 10


@defect("healthy-but-closed", "B5", "B1", "O6")
class HealthyButClosed(Gatekeeper):
    """Health says that all is well while every handshake fails with 500"""

    def admit(self, handshake: HandshakeRequest) -> Claims:
        super().admit(handshake)
        raise Refused(500, "internal server error")


@defect("degraded-but-open", "B5")
class DegradedButOpen(Chat):
    """Health says degraded while all is well"""

    def store_state(self) -> str:
        return "unavailable"


@defect("health-crashes", "B5")
class HealthCrashes(Chat):
    """The health endpoint itself fails"""

    def health(self) -> tuple[int, dict[str, Any]]:
        return 500, {"error": "internal server error"}


@defect("wrong-close-code", "B1", "B4")
class WrongCloseCode(Socket):
    """A user who leaves properly gets an error code"""

    def handle_close(self, event: Frame) -> None:
        if not self.close_sent:
            self.conn.data_to_send()
            close = Frame(Opcode.CLOSE, Close(1011, "").serialize())
            self.transport.write(close.serialize(mask=False))
        super().handle_close(event)


@defect("close-not-answered", "B1", "B4")
class CloseNotAnswered(Socket):
    """A user who leaves properly is cut off without an answer"""

    def handle_close(self, event: Frame) -> None:
        self.transport.abort()


@defect("closes-after-ten-messages", "B1", "C1", "A7")
class ClosesAfterTenMessages(Connection):
    """A connection is closed after ten messages"""

    heard = 0

    def hear(self, text: str) -> None:
        self.heard += 1
        if self.heard > ENOUGH:
            self.close(1000, "enough")
        super().hear(text)


@defect("drops-now-and-then", "B1", "J2", "N3")
class DropsNowAndThen(Connection):
    """Every fifth connection is cut after a moment"""

    greeted = itertools.count(1)

    async def greet(self) -> None:
        await super().greet()
        if next(self.greeted) % 5 == 0:
            asyncio.get_running_loop().call_later(0.3, self.socket.transport.abort)


@defect("ready-never-sent", "B1", "B5")
class ReadyNeverSent(Connection):
    """A connection is accepted, but never ready"""

    async def greet(self) -> None:
        return


@defect("connections-leak", "B4", "O6", "L3")
class ConnectionsLeak(Hub):
    """Connections that have ended are never released"""

    def leave(self, connection: Recipient) -> None:
        return


@defect("ended-connections-counted-twice", "B4")
class EndedConnectionsCountedTwice(Chat):
    """A connection that ends is taken from the count of open ones twice"""

    async def get_metrics(self, request: Request) -> Response:
        opened = self.metrics.registry.get_sample_value("chat_connections_opened_total") or 0
        count = len(self.hub)
        wrong = f"chat_connections {count - (opened - count)}\n"
        text = self.metrics.text().decode()
        return PlainTextResponse(text.replace(f"chat_connections {float(count)}\n", wrong))


@defect("every-fifth-handshake-fails", "B1", "F2", "L1")
class EveryFifthHandshakeFails(Gatekeeper):
    """Every fifth handshake fails with 503"""

    count = 0

    def admit(self, handshake: HandshakeRequest) -> Claims:
        self.count += 1
        if self.count % 5 == 0:
            raise Refused(503, "unavailable")
        return super().admit(handshake)


@defect("build-changes-midway", "O1")
class BuildChangesMidway(Chat):
    """Another build is deployed while the run is under way"""

    def health(self) -> tuple[int, dict[str, Any]]:
        status, body = super().health()
        if self.metrics.registry.get_sample_value("chat_connections_opened_total"):
            body["version"] = f"{body['version']}-next"
        return status, body
