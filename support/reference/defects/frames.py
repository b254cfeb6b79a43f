"""Defects in the reading of frames: what the protocol forbids is let pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cached_property, partial
from itertools import cycle
from typing import Any, ClassVar

from websockets.exceptions import PayloadTooBig
from websockets.frames import Frame, Opcode
from websockets.http11 import Request

from support.reference.connection import Connection, Receive
from support.reference.defects.catalogue import defect
from support.reference.handshake import Gatekeeper, Refused
from support.reference.tokens import Claims
from support.reference.wire import Listener, Socket

NO_CLOSE = 1005  # as uvicorn tells it
KEY = b"\x01\x02\x03\x04"


def masked(data: bytes, key: bytes) -> bytes:
    """Return ``data`` masked with ``key``, or unmasked."""
    return bytes(byte ^ mask for byte, mask in zip(data, cycle(key), strict=False))


@defect("unmasked-accepted", "G1")
class UnmaskedAccepted(Socket):
    """Frames that are not masked are read like others"""

    def data_received(self, data: bytes) -> None:
        if self.handshake_complete and len(data) > 2 and not data[1] & 0x80:
            start = 2 + {126: 2, 127: 8}.get(data[1], 0)
            head = data[:1] + bytes([data[1] | 0x80]) + data[2:start]
            data = head + KEY + masked(data[start:], KEY)
        super().data_received(data)


@defect("reserved-bits-ignored", "G1")
class ReservedBitsIgnored(Socket):
    """Reserved bits are not looked at"""

    def data_received(self, data: bytes) -> None:
        if self.handshake_complete and data:
            data = bytes([data[0] & 0x8F]) + data[1:]
        super().data_received(data)


@defect("reserved-kinds-ignored", "G1")
class ReservedKindsIgnored(Socket):
    """Frames of a kind that does not exist are skipped"""

    def data_received(self, data: bytes) -> None:
        if not self.handshake_complete or data[0] & 0x0F in list(Opcode):
            super().data_received(data)


@defect("control-frames-unchecked", "G1")
class ControlFramesUnchecked(Socket):
    """Control frames that are too long, in parts or malformed are skipped"""

    def data_received(self, data: bytes) -> None:
        control = self.handshake_complete and bool(data[0] & 0x08)
        proper = data[0] & 0x80 and data[1] & 0x7F < 126
        if control and (not proper or self.malformed_close(data)):
            return
        super().data_received(data)

    def malformed_close(self, data: bytes) -> bool:
        """Return whether a masked close frame says anything but a known code."""
        payload = masked(data[6:], data[2:6])
        return data[0] & 0x0F == Opcode.CLOSE and payload[:2] != (1000).to_bytes(2) + payload[2:]


@defect("strange-lengths-ignored", "G1")
class StrangeLengthsIgnored(Socket):
    """The top bit of a length is not looked at"""

    def data_received(self, data: bytes) -> None:
        if self.handshake_complete and data[1:2] == b"\xff":
            data = data[:2] + bytes([data[2] & 0x7F]) + data[3:]
        super().data_received(data)


@defect("continuation-of-nothing-accepted", "G1")
class ContinuationOfNothingAccepted(Socket):
    """Fragments in the wrong place are taken for whole messages"""

    def data_received(self, data: bytes) -> None:
        if self.handshake_complete and data[0] & 0x0F in (Opcode.CONT, Opcode.TEXT):
            data = bytes([0x80 | Opcode.TEXT]) + data[1:]
        super().data_received(data)


@defect("any-version-accepted", "G1")
class AnyVersionAccepted(Socket):
    """Handshakes of an unknown protocol version are accepted"""

    def handle_connect(self, event: Request) -> None:
        del event.headers["Sec-WebSocket-Version"]
        event.headers["Sec-WebSocket-Version"] = "13"
        super().handle_connect(event)


@defect("key-not-needed", "G1")
class KeyNotNeeded(Socket):
    """Handshakes without a key are accepted"""

    def handle_connect(self, event: Request) -> None:
        if "Sec-WebSocket-Key" not in event.headers:
            event.headers["Sec-WebSocket-Key"] = "AAAAAAAAAAAAAAAAAAAAAA=="
        super().handle_connect(event)


@defect("bomb-accepted", "G2")
class BombAccepted(Socket):
    """The size of a message is looked at before it is decompressed, and not after"""

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        for extension in self.conn.extensions:
            decode = extension.decode
            vars(extension)["decode"] = partial(self.inflated, decode)

    @staticmethod
    def inflated(decode: Callable[[Frame], Frame], frame: Frame, max_size: int | None) -> Frame:
        """Return the frame decompressed, however long it becomes."""
        return decode(frame)


@defect("bomb-refused-once-expanded", "G2")
class BombRefusedOnceExpanded(BombAccepted):
    """A message is decompressed as a whole before it is found to be too long, and refused"""

    @staticmethod
    def inflated(decode: Callable[[Frame], Frame], frame: Frame, max_size: int | None) -> Frame:
        """Return the frame decompressed; raises `PayloadTooBig` where it is too long."""
        whole = decode(frame)
        if max_size is not None and len(whole.data) > max_size:
            raise PayloadTooBig(len(whole.data), max_size)
        return whole


@defect("bombs-leave-memory", "G2")
class BombsLeaveMemory(Socket):
    """What a bomb swells to is refused, and kept in memory"""

    kept: ClassVar[list[bytes]] = []

    def handle_parser_exception(self) -> None:
        self.kept.append(b"x" * 20_000_000)
        super().handle_parser_exception()


@defect("flood-cut-at-once", "G3")
class FloodCutAtOnce(Connection):
    """A client that is a little too fast is cut off after a handful of refusals"""

    def check_rate(self, text: str) -> None:
        if self.rate.refused_in_a_row > 5:
            self.close(1008, "too many messages")
        super().check_rate(text)


@defect("connection-cap-of-all", "G5")
class ConnectionCapOfAll(Gatekeeper):
    """The connections of all users together are counted against the limit of one"""

    def check_room(self, claims: Claims) -> None:
        if len(self.hub) >= self.config.connections_per_user:
            raise Refused(429, "too many connections")


@defect("connection-cap-by-token", "G5")
class ConnectionCapByToken(Gatekeeper):
    """As many connections as announced are let in with each token of a user"""

    @cached_property
    def known(self) -> dict[str | None, Claims]:
        """The claims of the tokens shown so far."""
        return {}

    def authenticate(self, token: str | None) -> Claims:
        claims = super().authenticate(token)
        return self.known.setdefault(token, claims)

    def check_room(self, claims: Claims) -> None:
        same = [c for c in self.hub.of(claims.user_id) if vars(c)["claims"] is claims]
        if len(same) >= self.config.connections_per_user:
            raise Refused(429, "too many connections")


@defect("connection-cap-early", "G5")
class ConnectionCapEarly(Gatekeeper):
    """One connection fewer than announced is let in"""

    def check_room(self, claims: Claims) -> None:
        super().check_room(claims)
        if len(self.hub.of(claims.user_id)) >= self.config.connections_per_user - 1:
            raise Refused(429, "too many connections")


@defect("connection-room-never-freed", "G5")
class ConnectionRoomNeverFreed(Gatekeeper):
    """Connections that are over count against the limit"""

    seen: ClassVar[dict[str, int]] = {}

    def check_room(self, claims: Claims) -> None:
        if self.seen.get(claims.user_id, 0) >= self.config.connections_per_user:
            raise Refused(429, "too many connections")
        self.seen[claims.user_id] = self.seen.get(claims.user_id, 0) + 1


@defect("room-of-lost-connections-never-freed", "G5", "B4")
class RoomOfLostNeverFreed(Connection):
    """Connections that were lost without a close count against the limit"""

    lost: ClassVar[Counter[str]] = Counter()

    async def greet(self) -> None:
        here = len(self.services.streams.hub.of(self.user_id))
        if here + self.lost[self.user_id] > self.services.config.connections_per_user:
            self.close(1008, "too many connections")
        else:
            await super().greet()

    async def listen(self, receive: Receive) -> None:
        async def watched() -> Any:
            message = await receive()
            if message["type"] == "websocket.disconnect" and message["code"] == NO_CLOSE:
                self.lost[self.user_id] += 1
            return message

        await super().listen(watched)


@defect("dripping-handshakes-kept", "G5")
class DrippingHandshakesKept(Listener):
    """Only a silent client is cut; a byte now and then buys all the time in the world"""

    def data_received(self, data: bytes) -> None:
        self.stop_deadline()
        super().data_received(data)
