"""The wire: uvicorn's HTTP and WebSocket protocols, with what ASGI has no words for.

Own heartbeats and close codes, closing without losing the close frame, bounds on what a client can
make the server keep, and deadlines for slow handshakes.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.frames import Frame
from websockets.http11 import Request
from websockets.protocol import OPEN

MALFORMED = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Listener(H11Protocol):
    """HTTP until the upgrade. A request that is not complete within ``handshake_s`` is cut."""

    handshake_s: ClassVar[float] = 5.0
    deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock: even the first byte must come in time."""
        super().connection_made(transport)
        self.deadline = self.loop.call_later(self.handshake_s, self.transport.abort)

    def data_received(self, data: bytes) -> None:
        """Read on, with a running deadline for as long as a request is incomplete."""
        super().data_received(data)
        incomplete = self.conn.their_state in (h11.IDLE, h11.SEND_BODY)
        upgraded = self.transport.get_protocol() is not self
        if upgraded or not incomplete:
            self.stop_deadline()
        elif self.deadline is None:
            self.deadline = self.loop.call_later(self.handshake_s, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self.stop_deadline()
        super().connection_lost(exc)

    def stop_deadline(self) -> None:
        """Forget the deadline."""
        if self.deadline is not None:
            self.deadline.cancel()
            self.deadline = None


class Socket(WebSocketsSansIOProtocol):
    """One WebSocket. ``uvicorn.Config.ws_ping_interval`` is the heartbeat in seconds."""

    close_s: ClassVar[float] = 2.0
    failed = False
    unanswered_ping: bytes | None = None
    silence: asyncio.TimerHandle | None = None

    async def run_asgi(self) -> None:
        """Run the application, which finds this object as ``scope["state"]["socket"]``."""
        self.scope["state"]["socket"] = self
        await super().run_asgi()

    # Opening ----------------------------------------------------------------------------------

    def refuse_malformed(self) -> None:
        """Answer a handshake that cannot be read: a header too long, or with control characters."""
        self.handshake_complete = self.close_sent = True
        self.transport.write(MALFORMED)
        self.transport.close()

    def handle_connect(self, event: Request) -> None:
        """Answer an unknown protocol version with 426 and the known one (RFC 6455, 4.4)."""
        versions = event.headers.get_all("Sec-WebSocket-Version")
        if versions in ([], ["13"]):
            super().handle_connect(event)
            return
        response = self.conn.reject(426, "This service speaks version 13.\n")
        response.headers["Sec-WebSocket-Version"] = "13"
        self.handshake_complete = self.close_sent = True
        self.conn.send_response(response)
        self.flush()
        self.transport.close()

    # Heartbeat --------------------------------------------------------------------------------

    def start_keepalive(self) -> None:
        """Ping every heartbeat; give up on a client silent for two of them."""
        assert self.ping_interval is not None
        self.last_pings: list[bytes] = []
        self.schedule_ping()
        self.watch_silence()

    def schedule_ping(self) -> None:
        """Ping again in one heartbeat, however late the answer to the last one was."""
        assert self.ping_interval is not None
        self.ping_timer = self.loop.call_later(self.ping_interval, self.send_keepalive_ping)

    def send_keepalive_ping(self) -> None:
        """Send a ping with a payload of its own."""
        if self.close_sent or self.transport.is_closing():
            return
        payload = secrets.token_bytes(4)
        self.last_pings = [*self.last_pings[-2:], payload]
        self.conn.send_ping(payload)
        self.flush()
        self.schedule_ping()

    def watch_silence(self) -> None:
        """Allow the client two heartbeats from now for its next answer."""
        assert self.ping_interval is not None
        if self.silence is not None:
            self.silence.cancel()
        self.silence = self.loop.call_later(2 * self.ping_interval, self.keepalive_timeout)

    def handle_pong(self, event: Frame) -> None:
        """Note the answer to one of the last pings."""
        if bytes(event.data) in self.last_pings:
            self.watch_silence()

    def keepalive_timeout(self) -> None:
        """Close on a client that is not there any more."""
        self.finish(4408, "no answer to heartbeats")

    def stop_keepalive(self) -> None:
        """Stop pinging and watching."""
        super().stop_keepalive()
        if self.silence is not None:
            self.silence.cancel()
            self.silence = None

    # Receiving --------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Handle what came before a violation, answer it, and discard what comes after."""
        if self.failed:
            return
        self.conn.receive_data(data)
        self.handle_events()
        if self.conn.handshake_exc is not None and not self.handshake_complete:
            self.refuse_malformed()
        elif self.conn.parser_exc is not None:
            self.handle_parser_exception()

    def handle_cont(self, event: Frame) -> None:
        """Collect a fragment; empty ones must not pile up."""
        if event.data or event.fin:
            super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        """Pass a message on if its text is valid UTF-8."""
        if self.curr_msg_data_type == "text":
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.frames = []
                if self.conn.state is OPEN:
                    self.conn.fail(1007, "invalid UTF-8")
                    self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    def handle_ping(self) -> None:
        """Answer at once; while the client does not read, only the last ping (RFC 6455, 5.5.3)."""
        output = b"".join(self.conn.data_to_send())
        if self.writable.is_set():
            self.transport.write(output)
        else:
            self.unanswered_ping = output

    def resume_writing(self) -> None:
        """Go on, with the answer that was put off."""
        super().resume_writing()
        if self.unanswered_ping is not None and not self.transport.is_closing():
            self.transport.write(self.unanswered_ping)
            self.unanswered_ping = None

    # Sending ----------------------------------------------------------------------------------

    async def send(self, message: Any) -> None:
        """Pass on what the application sends; what comes after the close is dropped."""
        await self.writable.wait()
        over = self.disconnected or self.conn.state is not OPEN
        if not (over and message["type"] == "websocket.send"):
            await super().send(message)

    # Closing ----------------------------------------------------------------------------------

    def finish(self, code: int, reason: str) -> None:
        """Close with ``code`` now; the connection is cut if the client does not follow."""
        if self.close_sent or self.disconnected:
            return
        try:
            self.conn.send_close(code, reason)
        except InvalidState:
            return
        self.close_sent = True
        self.flush()
        self.leave(code, reason)

    def handle_parser_exception(self) -> None:
        """Send the close frame that the violation calls for."""
        self.failed = True
        close = self.conn.close_sent
        self.close_sent = True
        self.flush()
        self.leave(close.code if close else 1006, close.reason if close else "")

    def leave(self, code: int, reason: str) -> None:
        """Tell the application, and read on for a while.

        A socket that is closed with unread data resets the connection, and the client may never
        see the close frame.
        """
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        if self.failed and self.transport.can_write_eof():
            self.transport.write_eof()
        self.close_timer = self.loop.call_later(self.close_s, self.transport.abort)

    def handle_close(self, event: Frame) -> None:
        """Follow the client's close, but do not wait for ever for it to read the answer."""
        super().handle_close(event)
        if self.transport.is_closing():
            self.loop.call_later(self.close_s, self.transport.abort)

    def shutdown(self) -> None:
        """End at the server's exit, after every restart has been announced."""
        if self.conn.state is OPEN:
            self.finish(1012, "restart")
        else:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Release everything."""
        self.stop_keepalive()
        super().connection_lost(exc)

    def flush(self) -> None:
        """Write what the protocol has to say."""
        self.transport.write(b"".join(self.conn.data_to_send()))


def tuned(base: type[Any], **settings: object) -> type[Any]:
    """Return a subclass of ``base`` with these class attributes, for uvicorn to instantiate."""
    return type(base.__name__, (base,), settings)
