"""Defects in the protocol's safety: violations, floods and idlers are put up with."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import ClassVar

from websockets.frames import Close, Frame, Opcode

from support.reference.connection import Connection
from support.reference.defects.catalogue import defect
from support.reference.messages import Rejected
from support.reference.wire import Listener, Socket


@defect("violations-close-as-internal-error", "G1", "C4")
class ViolationsAsInternalError(Socket):
    """Whatever rule a client breaks, the connection is closed with 1011"""

    def handle_parser_exception(self) -> None:
        self.conn.data_to_send()
        close = Frame(Opcode.CLOSE, Close(1011, "").serialize())
        self.transport.write(close.serialize(mask=False))
        super().handle_parser_exception()


@defect("violations-cut", "G1")
class ViolationsCut(Socket):
    """A client that breaks the rules is cut off without a close code"""

    def handle_parser_exception(self) -> None:
        self.transport.abort()


@defect("limit-for-fragments-only", "C4")
class LimitForFragmentsOnly(Socket):
    """The limit of a message holds for one in fragments, not for one that comes whole"""

    def start_keepalive(self) -> None:
        receive, self.conn.max_message_size = self.conn.recv_frame, None

        def lenient(frame: Frame) -> None:
            receive(frame)
            fragmented = self.conn.current_size is not None
            self.conn.max_message_size = self.config.ws_max_size if fragmented else None

        self.conn.recv_frame = lenient  # type: ignore[method-assign]
        super().start_keepalive()


@defect("invalid-utf8-accepted", "G1")
class InvalidUtf8Accepted(Socket):
    """Text that is not UTF-8 is repaired silently"""

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text":
            self.frames = [b"".join(self.frames).decode(errors="replace").encode()]
        super().send_receive_event_to_app()


@defect("flood-not-limited", "G3")
class FloodNotLimited(Connection):
    """A user can send as many messages as they like"""

    def check_rate(self, text: str) -> None:
        return


@defect("burst-not-granted", "G3")
class BurstNotGranted(Connection):
    """Half a second's worth of messages may come at once, where two seconds' are promised"""

    def check_rate(self, text: str) -> None:
        self.rate.capacity = self.rate.per_s / 2
        super().check_rate(text)


@defect("refused-messages-handled", "G3")
class RefusedMessagesHandled(Connection):
    """What is refused as too much is handled all the same"""

    def check_rate(self, text: str) -> None:
        try:
            super().check_rate(text)
        except Rejected:
            with suppress(Rejected):
                self.handle(self.decode(text))
            raise


@defect("limited-forever", "G3")
class LimitedForEver(Connection):
    """A connection that was once too fast is refused every message from then on"""

    def check_rate(self, text: str) -> None:
        if self.rate.shut:
            self.rate.level = 0.0
            self.rate.filled_at = self.rate.clock()
        super().check_rate(text)


@defect("flood-not-cut", "G3")
class FloodNotCut(Connection):
    """A client that never slows down is warned for ever"""

    def check_rate(self, text: str) -> None:
        self.rate.refused_in_a_row = 0
        super().check_rate(text)


@defect("flood-slows-everyone", "G3")
class FloodSlowsEveryone(Connection):
    """While one user sends too fast, all others wait"""

    def check_rate(self, text: str) -> None:
        if self.rate.level < self.rate.per_s:
            time.sleep(0.02)
        super().check_rate(text)


@defect("slow-reader-unbounded", "G4")
class SlowReaderUnbounded(Connection):
    """What a client does not read piles up in the server without end"""

    def put(self, text: str) -> None:
        if not self.closed:
            self.send_queue.put(text)


@defect("slow-reader-slows-everyone", "G4")
class SlowReaderSlowsEveryone(Connection):
    """While one client does not read, all others wait"""

    def put(self, text: str) -> None:
        if self.send_queue.waiting_bytes > 2_000_000:
            time.sleep(0.7)
        super().put(text)


@defect("slow-handshakes-kept", "G5")
class SlowHandshakesKept(Listener):
    """A client can take all the time in the world for its handshake"""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.stop_deadline()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self.stop_deadline()


@defect("unfinished-handshakes-block", "G5")
class UnfinishedHandshakesBlock(Listener):
    """Eight handshakes are worked on at a time; anyone after them waits until one is finished"""

    busy: ClassVar[set[Listener]] = set()
    at_a_time: ClassVar[int] = 8
    patience_s: ClassVar[float] = 6.0

    def data_received(self, data: bytes) -> None:
        others = self.busy - {self}
        self.stop_deadline()
        self.busy.add(self)
        if len(others) >= self.at_a_time:
            self.loop.call_later(self.patience_s, super().data_received, data)
            return
        super().data_received(data)
        if data.endswith(b"\r\n\r\n"):
            self.busy.discard(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.busy.discard(self)
        super().connection_lost(exc)


@defect("one-handshake-at-a-time", "J1")
class OneHandshakeAtATime(UnfinishedHandshakesBlock):
    """A handshake that is not finished keeps the next one waiting"""

    at_a_time = 1


@defect("silent-client-kept", "D2", "B4")
class SilentClientKept(Socket):
    """A client that answers no heartbeat is kept for ever"""

    def watch_silence(self) -> None:
        return


@defect("no-heartbeat", "D1", "D3", "O6")
class NoHeartbeat(Socket):
    """The server sends no pings, so that a load balancer takes a quiet conversation for dead"""

    def send_keepalive_ping(self) -> None:
        return

    def watch_silence(self) -> None:
        return


@defect("protocol-pings-not-answered", "D1", "D2")
class ProtocolPingsNotAnswered(Socket):
    """Pings of the WebSocket protocol are not answered"""

    def handle_ping(self) -> None:
        self.conn.data_to_send()


@defect("pings-wait-for-run", "D1")
class PingsWaitForRun(Connection):
    """While the agent is at work, the user's pings wait"""

    def push(self, frame: dict[str, object]) -> None:
        if frame["type"] == "pong" and self.services.runs.of(self.user_id):
            asyncio.get_running_loop().call_later(0.05, self.push, frame)
        else:
            super().push(frame)
