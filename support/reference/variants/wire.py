"""Frames, handshakes, closes and heartbeats, done in another way."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Iterator
from typing import Any, ClassVar

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import OPEN

from support.reference.connection import Connection
from support.reference.handshake import Gatekeeper, HandshakeRequest, Refused
from support.reference.messages import Ping, Subscribe
from support.reference.store import StoredEvent
from support.reference.tokens import Claims
from support.reference.variants.catalogue import lawful, lawful_settings
from support.reference.wire import Listener, Socket


@lawful("fragmented-frames")
class FragmentedFrames(Socket):
    """Every message travels in fragments, cut anywhere, be it in the middle of a character"""

    async def send(self, message: Any) -> None:
        text = message.get("text") if message["type"] == "websocket.send" else None
        if text is None:
            await super().send(message)
            return
        await self.writable.wait()
        if self.disconnected or self.close_sent or self.conn.state is not OPEN:
            return
        data = text.encode()
        step = max(1, len(data) // 3)
        parts = [data[at : at + step] for at in range(0, len(data), step)]
        for number, part in enumerate(parts):
            send = self.conn.send_text if number == 0 else self.conn.send_continuation
            send(part, fin=number == len(parts) - 1)
            self.flush()


@lawful("no-compression")
class NoCompression(Socket):
    """Compression is not negotiated"""

    def __init__(self, config: Any, *rest: Any, **more: Any) -> None:
        config.ws_per_message_deflate = False
        super().__init__(config, *rest, **more)


@lawful("version-400")
class Version400(Socket):
    """An unknown version of the protocol is answered with 400, not with 426"""

    def handle_connect(self, event: Request) -> None:
        if event.headers.get_all("Sec-WebSocket-Version") in ([], ["13"]):
            super().handle_connect(event)
        else:
            self.refuse_malformed()


@lawful("handshakes-without-deadline")
class HandshakesWithoutDeadline(Listener):
    """A handshake may take as long as it likes"""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.stop_deadline()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self.stop_deadline()


@lawful("other-check-order")
class OtherCheckOrder(Gatekeeper):
    """A handshake is checked in the opposite order, the token before the site and the address"""

    def admit(self, handshake: HandshakeRequest) -> Claims:
        if handshake.path != "/ws":
            raise Refused(404, "not found")
        claims = self.authenticate(self.token(handshake))
        self.check_room(claims)
        self.check_scope(claims)
        self.check_origin(handshake)
        self.check_query(handshake)
        if self.draining:
            raise Refused(503, "draining")
        return claims


@lawful("closes-without-reason")
class ClosesWithoutReason(Connection):
    """Closes carry a code, and no text"""

    def close(self, code: int, reason: str) -> None:
        super().close(code, "")


@lawful("closes-without-code")
class ClosesWithoutCode(Socket):
    """A user's close is answered with an empty close frame"""

    def handle_close(self, event: Frame) -> None:
        if not self.close_sent:
            self.conn.data_to_send()
            self.transport.write(Frame(Opcode.CLOSE, b"").serialize(mask=False))
        super().handle_close(event)


@lawful("devices-later")
class DevicesLater(Connection):
    """Every second device gets its events 30 ms after the first one, and answers at once"""

    lags_s: ClassVar[Iterator[float]] = itertools.cycle((0.0, 0.03))

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.lag_s = next(self.lags_s)
        self.on_the_way: deque[StoredEvent] = deque()

    def deliver(self, event: StoredEvent) -> None:
        if self.live:
            self.on_the_way.append(event)
            asyncio.get_running_loop().call_later(self.lag_s, self.deliver_first)

    def deliver_first(self) -> None:
        """Deliver what has been on its way for longest, if it still is."""
        if self.on_the_way:
            super().deliver(self.on_the_way.popleft())

    def on_subscribe(self, message: Subscribe) -> None:
        while self.on_the_way:
            self.deliver_first()
        super().on_subscribe(message)


@lawful("pongs-later")
class PongsLater(Connection):
    """An application ping is answered a moment later"""

    def on_ping(self, message: Ping) -> None:
        asyncio.get_running_loop().call_later(0.015, super().on_ping, message)


@lawful("expires-late")
class ExpiresLate(Connection):
    """An ended token stops every event at once, and its connection two seconds later"""

    expired: ClassVar[bool] = False
    grace_s: ClassVar[float] = 2.0

    def expire(self) -> None:
        self.live = False
        self.subscription += 1  # a replay under way ends
        self.send_queue.items.clear()
        due_s = self.claims.expires_at + self.grace_s - time.time()
        asyncio.get_running_loop().call_later(max(0.0, due_s), super().expire)

    async def transmit(self, text: str) -> None:
        if time.time() < self.claims.expires_at:
            await super().transmit(text)


@lawful("patient-heartbeat")
class PatientHeartbeat(Socket):
    """A silent client is dropped after nearly three heartbeats, not after two"""

    def watch_silence(self) -> None:
        super().watch_silence()
        assert self.ping_interval is not None
        if self.silence is not None:
            self.silence.cancel()
        self.silence = self.loop.call_later(2.9 * self.ping_interval, self.keepalive_timeout)


lawful_settings("slower-heartbeat", "The server pings every 3 seconds", chat__heartbeat_s="3")
