"""The WebSocket below a connection: stamps what arrives, and sends what no library would send."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Sequence
from typing import Any, ClassVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.frames import Frame, Opcode
from websockets.protocol import Event
from websockets.typing import Origin, Subprotocol

from support.client.raw_headers import Hidden, revealed, stand_ins
from support.deployment import Deployment
from support.deployment.tls import is_secure
from support.dialects import Handshake

# At level DEBUG websockets logs every header and half of every message. The journal has them all.
_QUIET = logging.getLogger("support.client.socket")
_QUIET.setLevel(logging.WARNING)
CLOSE_S = 3.0
_DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)


class Socket(ClientConnection):
    """Stamps each message in the receive path, before any task has to be scheduled for it."""

    hidden: ClassVar[Hidden] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._arrived = 0.0
        self.stamps: deque[float] = deque()
        self.close_stamp = 0.0
        self.muted = False

    def data_received(self, data: bytes) -> None:
        self._arrived = time.monotonic()
        super().data_received(data)

    def process_event(self, event: Event) -> None:
        if isinstance(event, Frame) and event.fin and event.opcode in _DATA:
            self.stamps.append(self._arrived)
        elif isinstance(event, Frame) and event.opcode is Opcode.CLOSE:
            self.close_stamp = self._arrived
            self.muted = False  # a silent app that is disconnected has been tested: end quickly
            self.send_data()
        super().process_event(event)

    def send_in_pieces(self, data: bytes, pieces: int) -> None:
        """Send a text message in fragments of equal size, even within a character."""
        step = -(-len(data) // pieces)
        parts = [data[start : start + step] for start in range(0, len(data), step)]
        for number, part in enumerate(parts):
            send = self.protocol.send_text if number == 0 else self.protocol.send_continuation
            send(part, fin=number == len(parts) - 1)
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
    # The name in the address is the one a certificate must be for, wherever we connect to.
    elsewhere: dict[str, Any] = {"host": via[0], "port": via[1]} if via else {}
    if is_secure(deployment.socket_url):
        elsewhere["ssl"] = deployment.tls
    opened = await _Connect(
        deployment.socket_address(plan.path),
        create_connection=type("_RawSocket", (Socket,), {"hidden": hidden}) if hidden else Socket,
        additional_headers=headers,
        subprotocols=[Subprotocol(p) for p in plan.subprotocols] or None,
        origin=Origin(origin) if origin else None,
        # Compression costs 45 KiB a connection: off unless it is what is tested.
        compression="deflate" if compress else None,
        **elsewhere,
        proxy=True if deployment.environment.use_proxy else None,
        open_timeout=None,
        close_timeout=CLOSE_S,
        ping_interval=None,
        max_size=deployment.environment.max_frame_bytes,
        user_agent_header="greenlight",
        logger=_QUIET,
    )
    assert isinstance(opened, Socket)
    return opened
