"""Why a handshake was refused, and how a connection ended: as values, with a detail for people."""

from __future__ import annotations

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from support.deployment.tls import trouble

_OUR_COMPLAINTS = {
    1002: "the deployment broke the WebSocket protocol",
    1007: "the deployment sent text that is not UTF-8",
    1009: "the deployment sent a message over the size this suite accepts",
}


def how_closed(end: ConnectionClosed) -> tuple[str, int | None, str]:
    """Who ended a connection (`target`, `user`, `network`), the close code, and the reason."""
    if end.rcvd is not None and end.rcvd_then_sent is not False:
        return "target", end.rcvd.code, end.rcvd.reason
    if end.sent is not None:
        if end.rcvd is not None:
            return "user", end.rcvd.code, end.sent.reason
        if end.sent.code in _OUR_COMPLAINTS:
            return "user", None, f"{_OUR_COMPLAINTS[end.sent.code]} ({end.sent.reason})"
        return "user", None, "the deployment never answered the close"
    return "network", None, "the connection broke without a close frame"


def why_refused(error: Exception) -> tuple[str, int | None, str]:
    """How a handshake failed (`http`, `timeout`, `network`, `protocol`), the status, the detail."""
    if isinstance(error, InvalidStatus):
        status = error.response.status_code
        return "http", status, f"HTTP {status}"
    if isinstance(error, TimeoutError):
        return "timeout", None, "the handshake was not answered in time"
    if isinstance(error.__cause__, EOFError):
        return "network", None, "the connection was reset during the handshake"
    if isinstance(error, InvalidHandshake):
        return "protocol", None, f"no WebSocket answered: {error}"
    if isinstance(error, OSError | EOFError | ConnectionClosed):
        return "network", None, trouble(error) or getattr(error, "strerror", None) or str(error)
    return "protocol", None, f"{type(error).__name__}: {error}"
