"""What the scenarios of connection limits catch."""

from __future__ import annotations

from case import Case

CAP = "A user can use as many connections as announced, and no more"
BLOCK = "Unfinished handshakes do not block other users"
CLOSED = "Unfinished handshakes are closed"

CASES = (
    Case(
        "any-version-accepted",
        "A handshake with an unknown protocol version is refused",
        r"a client was admitted",
    ),
    Case("key-not-needed", "A handshake with no key is refused", r"a client was admitted"),
    Case("connection-cap-missing", CAP, r"connection \d+ was admitted, too"),
    Case("connection-cap-of-all", CAP, r"refused: HTTP 429"),
    Case("connection-cap-by-token", CAP, r"connection \d+ was admitted, too"),
    Case("connection-cap-early", CAP, r"was not admitted: HTTP 429"),
    Case("connection-room-never-freed", CAP, r"no new connection was admitted after a disconnect"),
    Case(
        "room-of-lost-connections-never-freed",
        CAP,
        r"no new connection was admitted after a disconnect, in .* that was lost",
    ),
    Case("slow-handshakes-kept", CLOSED, r"byte by byte was kept"),
    Case("dripping-handshakes-kept", CLOSED, r"byte by byte was kept"),
    Case("unfinished-handshakes-block", BLOCK, r"the handshake was not answered in time|it took"),
)
