"""The WebSocket below a connection: stamps what arrives, and sends what no library would send."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from websockets.asyncio.client import ClientConnection, connect
from websockets.frames import Frame, Opcode
from websockets.protocol import Event
from websockets.typing import Origin, Subprotocol
from websockets.uri import parse_uri

from support.client.arrival import StampedSocket, connected
from support.client.raw_headers import Hidden, revealed, stand_ins
from support.deployment import Deployment
from support.deployment.tls import is_secure
from support.dialects import Handshake

# At level DEBUG websockets logs every header and half of every message. The journal has them all.
_QUIET = logging.getLogger("support.client.socket")
_QUIET.setLevel(logging.WARNING)
CLOSE_S = 3.0
_RECEIVE_BUFFER_BYTES = 64 * 1024  # doubled by Linux, for its own book-keeping
_DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)


class Arrival(NamedTuple):
    """When a message was there, monotonic, and how much earlier it may have come.

    `unsure_ms` is None where nobody can tell.
    """

    at: float
    unsure_ms: float | None = None


#: A message as it arrived.
Received = tuple[str | bytes, Arrival]


class Socket(ClientConnection):
    """Stamps each message in the receive path, before any task has to be scheduled for it."""

    def __init__(
        self, *args: Any, raw: StampedSocket | None, hidden: Hidden, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.hidden = hidden
        self.raw = raw
        self._arrived = Arrival(0.0)
        # What can be read. None is a message that `recv` has to make, or to refuse: its stamp is
        # known once the last fragment has come.
        self._messages: deque[tuple[str | bytes | None, Arrival]] = deque()
        self._of_fragments: deque[Arrival] = deque()
        self._news = asyncio.Event()
        self._is_over = False
        self.close_stamp = 0.0
        self.muted = False

    async def next(self) -> Received:
        """The next message; raises `ConnectionClosed` once there will be none."""
        while not self._messages and not self._is_over:
            self._news.clear()
            await self._news.wait()
        message, arrival = self._messages.popleft() if self._messages else (None, self._arrived)
        if message is None:
            message = await self.recv()
            arrival = self._of_fragments.popleft()
        return message, arrival

    def at_hand(self) -> Iterator[Received]:
        """The next messages, as far as nobody has to wait for them."""
        messages = self._messages
        while messages:
            message, arrival = messages[0]
            if message is None:
                return
            messages.popleft()
            yield message, arrival

    def data_received(self, data: bytes) -> None:
        raw = self.raw
        if raw is None:
            self._arrived = Arrival(time.monotonic())
        else:
            self._arrived = Arrival(raw.arrived, raw.spread_s * 1000)
        super().data_received(data)
        if self._messages:
            if raw is not None and raw.exact:
                self._last_is_exact(raw.arrived)
            self._news.set()

    def _last_is_exact(self, at: float) -> None:
        """What came last came with the last byte."""
        message, arrival = self._messages[-1]
        if message is not None and arrival is self._arrived:
            self._messages[-1] = message, Arrival(at, 0.0)
        elif self._of_fragments and self._of_fragments[-1] is self._arrived:
            self._of_fragments[-1] = Arrival(at, 0.0)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._is_over = True
        self._news.set()

    def process_event(self, event: Event) -> None:
        if isinstance(event, Frame):
            if event.opcode in _DATA:
                message = _whole(event)
                if message is not None:
                    self._messages.append((message, self._arrived))
                    return
                if event.opcode is not Opcode.CONT:
                    self._messages.append((None, self._arrived))
                if event.fin:
                    self._of_fragments.append(self._arrived)
            elif event.opcode is Opcode.CLOSE:
                self.close_stamp = self._arrived.at
                self.muted = False  # a silent app that is disconnected has been tested: end quickly
                self.send_data()
        super().process_event(event)

    def stop_reading(self) -> None:
        """From now on leave what arrives in the kernel."""
        self.transport.pause_reading()
        if self.raw is not None:
            self.raw.leave_unread()

    def resume_reading(self) -> None:
        """Undo `stop_reading`: what has arrived is read now."""
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def shrink_receive_buffer(self) -> None:
        """Keep the kernel's receive buffer at its initial size."""
        raw = self.transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)

    def send_in_pieces(self, data: bytes, pieces: int) -> None:
        """Send a text message in fragments of equal size, even within a character.

        A ping comes before the last, as control frames may (RFC 6455, section 5.4).
        """
        step = -(-len(data) // pieces)
        parts = [data[start : start + step] for start in range(0, len(data), step)]
        for number, part in enumerate(parts):
            send = self.protocol.send_text if number == 0 else self.protocol.send_continuation
            last = number == len(parts) - 1
            if last and number:
                self.protocol.send_ping(b"")
            send(part, fin=last)
            self.send_data()

    def send_together(self, messages: Sequence[bytes]) -> None:
        """Send text messages in one write."""
        for message in messages:
            self.protocol.send_text(message)
        self.send_data()

    def send_data(self) -> None:
        """As websockets; a muted connection sends nothing at all, not even pongs."""
        if not self.muted:
            if self.hidden:
                self.protocol.writes = revealed(self.protocol.writes, self.hidden)
            super().send_data()


def _whole(frame: Frame) -> str | bytes | None:
    """The message that one frame is; None for a fragment, and for text that is none."""
    if not frame.fin or frame.opcode is Opcode.CONT:
        return None
    if frame.opcode is Opcode.BINARY:
        return bytes(frame.data)
    try:
        return str(frame.data, "utf-8")
    except UnicodeDecodeError:
        return None


class _Connect(connect):
    """`websockets.connect` follows redirects by itself; a gate must see them instead."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def dial(
    deployment: Deployment,
    plan: Handshake,
    *,
    origin: str | None,
    compress: bool,
    via: tuple[str, int] | None,
) -> Socket:
    """The opened WebSocket; raises what `websockets.connect` raises. It has no deadline."""
    headers, hidden = stand_ins(plan.headers)
    address = deployment.socket_address(plan.path)
    # The name in the address is the one a certificate must be for, wherever we connect to.
    options: dict[str, Any] = {}
    if is_secure(deployment.socket_url):
        options["ssl"] = deployment.tls
    raw: StampedSocket | None = None
    if deployment.environment.use_proxy:
        options |= {"proxy": True} | ({"host": via[0], "port": via[1]} if via else {})
    else:
        uri = parse_uri(address)
        options["sock"] = raw = await connected(*(via or (uri.host, uri.port)))
    made: Any = partial(Socket, raw=raw, hidden=hidden)
    opened = await _Connect(
        address,
        create_connection=made,
        additional_headers=headers,
        subprotocols=[Subprotocol(p) for p in plan.subprotocols] or None,
        origin=Origin(origin) if origin else None,
        # Compression costs 45 KiB a connection: off unless it is what is tested.
        compression="deflate" if compress else None,
        **({"proxy": None} | options),
        open_timeout=None,
        max_queue=None,  # the reader takes all there is, at once
        close_timeout=CLOSE_S,
        ping_interval=None,
        max_size=deployment.environment.max_frame_bytes,
        user_agent_header="greenlight",
        logger=_QUIET,
    )
    assert isinstance(opened, Socket)
    return opened
