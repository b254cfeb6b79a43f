"""The cut: a connection ends at once with a TCP reset, as when a laptop is closed."""

from __future__ import annotations

import asyncio
import socket
import struct

_RESET = struct.pack("ii", 1, 0)


def cut(transport: asyncio.BaseTransport) -> None:
    """Reset the connection under `transport`: no close frame, nothing flushed (RFC 9293 3.10.5)."""
    raw = transport.get_extra_info("socket")
    if raw is not None:
        reset_on_close(raw)
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


def reset_on_close(raw: socket.socket) -> None:
    """Make the close of `raw` a reset."""
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
