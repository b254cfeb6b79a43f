"""WebSockets of the load engine: the only place that knows picows.

Each frame is stamped in the receive callback, before anything else. No extension is ever offered.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from typing import Protocol

from picows import (
    WSCloseCode,
    WSError,
    WSFrame,
    WSHandshakeError,
    WSListener,
    WSMsgType,
    WSTransport,
    ws_connect,
)

_READ_BUFFER = 2048  # bytes at first: an idle connection then costs 17 to 19 KiB
NOT_IN_TIME = "the handshake was not answered in time"
BROKE_PROTOCOL = "the deployment broke the WebSocket protocol"


class Refused(Exception):
    """No WebSocket came about: `cause` is a short value to count by, such as `HTTP 401`."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class Owner(Protocol):
    """Who owns a line. Called from the receive callback."""

    def message(self, frame: str | bytes, stamp: float) -> None:
        """A whole message arrived, at `stamp` of the monotonic clock."""

    def closed(self, code: int | None, reason: str) -> None:
        """The connection is over; without a close frame of the deployment, `code` is None."""


class Line(WSListener):
    """One WebSocket of a user."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._transport: WSTransport | None = None
        self._parts: list[bytes] = []
        self._text = True
        self._code: int | None = None
        self._reason = ""
        self.subprotocol: str | None = None
        self.left = False

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Handshake done. Called by picows."""
        self._transport = transport
        self.subprotocol = transport.response.headers.get("Sec-WebSocket-Protocol")

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """A frame has arrived. Called by picows; pings are answered there."""
        stamp = time.monotonic()
        kind = frame.msg_type
        if kind == WSMsgType.TEXT and frame.fin and not self._parts:
            self._owner.message(_text_of(frame), stamp)
        elif kind in (WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION):
            self._fragment(kind, frame.get_payload_as_bytes(), stamp, last=bool(frame.fin))
        elif kind == WSMsgType.CLOSE:
            code = frame.get_close_code()
            self._code = code.value if isinstance(code, WSCloseCode) else int(code)
            self._reason = (frame.get_close_message() or b"").decode("utf-8", "replace")
            if not self.left:
                transport.send_close(frame.get_close_code())
            transport.disconnect()

    def _fragment(self, kind: WSMsgType, payload: bytes, stamp: float, *, last: bool) -> None:
        if (kind == WSMsgType.CONTINUATION) is not bool(self._parts):
            self._reason = BROKE_PROTOCOL
            self.cut()
            return
        if kind != WSMsgType.CONTINUATION:
            self._text = kind == WSMsgType.TEXT
        self._parts.append(payload)
        if last:
            whole = b"".join(self._parts)
            self._parts = []
            self._owner.message(_text(whole) if self._text else whole, stamp)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The connection is over. Called by picows, once."""
        self._owner.closed(self._code, self._reason)

    def send(self, text: str | bytes) -> bool:
        """Send one message; False where the connection is gone."""
        if self._transport is None or self._transport.is_disconnected or self.left:
            return False
        kind = WSMsgType.TEXT if isinstance(text, str) else WSMsgType.BINARY
        try:
            self._transport.send(kind, text.encode() if isinstance(text, str) else text)
        except (WSError, OSError):
            return False
        return True

    def leave(self) -> None:
        """Begin to close normally."""
        if self._transport is not None and not self.left:
            self.left = True
            self._transport.send_close(WSCloseCode.OK)

    def cut(self) -> None:
        """End the connection at once, without a close frame."""
        self.left = True
        if self._transport is not None:
            self._transport.disconnect(graceful=False)


def _text_of(frame: WSFrame) -> str | bytes:
    """As `_text`, of a whole frame, without a copy of its bytes."""
    try:
        return frame.get_payload_as_utf8_text()
    except UnicodeDecodeError:
        return frame.get_payload_as_bytes()


def _text(payload: bytes) -> str | bytes:
    """A text message; as bytes, which no dialect reads as text, where it is no UTF-8."""
    try:
        return payload.decode()
    except UnicodeDecodeError:
        return payload


async def dial(
    url: str,
    headers: dict[str, str],
    subprotocols: list[str],
    owner: Owner,
    *,
    tls: ssl.SSLContext | None,
    within_s: float,
    most_bytes: int,
) -> Line:
    """An open WebSocket. Raises `Refused` with the cause; redirects are refusals."""
    offered = {"Sec-WebSocket-Protocol": ", ".join(subprotocols)} if subprotocols else {}
    try:
        async with asyncio.timeout(within_s):
            _, line = await ws_connect(
                lambda: Line(owner),
                url,
                ssl_context=tls,
                websocket_handshake_timeout=None,
                extra_headers={**headers, **offered, "User-Agent": "greenlight"},
                max_redirects=0,
                max_frame_size=most_bytes,
                read_buffer_init_size=_READ_BUFFER,
            )
    except WSHandshakeError as error:
        status = getattr(getattr(error, "response", None), "status", None)
        raise Refused(f"HTTP {int(status)}" if status else "no WebSocket answered") from error
    except TimeoutError as error:
        raise Refused(NOT_IN_TIME) from error
    except OSError as error:
        raise Refused(error.strerror or type(error).__name__) from error
    except (WSError, EOFError) as error:
        raise Refused("the connection was reset during the handshake") from error
    assert isinstance(line, Line)
    return line
