"""Violations of the WebSocket protocol, each with its rule in RFC 6455 and the close it requires.

Each carries a question that the deployment would answer if it accepted the violation.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from support.attacks.frames import (
    CLOSE,
    CONTINUATION,
    PING,
    RESERVED_CONTROL,
    RESERVED_DATA,
    RSV1,
    RSV2,
    RSV3,
    TEXT,
    close_frame,
    frame,
)
from support.client.client import Client
from support.journal import facts

PROTOCOL_ERROR = (1002,)  # RFC 6455 7.4.1
INVALID_DATA = (1007,)
#: A forbidden length is also far over any limit of size.
NO_LENGTH = (1002, 1009)
#: A close frame with a bad reason breaks the rules of both frames and text.
BAD_REASON = (1002, 1007)
_FROM_END = 8  # bytes, in the middle of the question


@dataclass(frozen=True)
class ProtocolViolation:
    """Bytes around a question that `section` of RFC 6455 forbids."""

    section: str
    close: tuple[int, ...]
    around: Callable[[bytes], bytes]


def _not_text(text: bytes) -> bytes:
    """The text with a byte near its end that UTF-8 never has."""
    return text[:-_FROM_END] + b"\xff" + text[-_FROM_END:]


def _not_text_in_two(text: bytes) -> bytes:
    """A character begun in one fragment and not continued in the next."""
    begun = frame(TEXT, text[:-_FROM_END] + b"\xe2\x82", fin=False)
    return begun + frame(CONTINUATION, b"(" + text[-_FROM_END:])


#: By the words of the features: violates the protocol with …
VIOLATIONS: dict[str, ProtocolViolation] = {
    "an unmasked frame": ProtocolViolation(
        "5.1", PROTOCOL_ERROR, lambda text: frame(TEXT, text, masked=False)
    ),
    "a frame with the first reserved bit set": ProtocolViolation(
        "5.2", PROTOCOL_ERROR, lambda text: frame(TEXT, text, reserved=RSV1)
    ),
    "a frame with the second reserved bit set": ProtocolViolation(
        "5.2", PROTOCOL_ERROR, lambda text: frame(TEXT, text, reserved=RSV2)
    ),
    "a frame with the third reserved bit set": ProtocolViolation(
        "5.2", PROTOCOL_ERROR, lambda text: frame(TEXT, text, reserved=RSV3)
    ),
    "a frame with an unknown opcode": ProtocolViolation(
        "5.2", PROTOCOL_ERROR, lambda text: frame(RESERVED_DATA, text)
    ),
    "a control frame with an unknown opcode": ProtocolViolation(
        "5.2", PROTOCOL_ERROR, lambda text: frame(RESERVED_CONTROL)
    ),
    "a frame with an impossible length": ProtocolViolation(
        "5.2", NO_LENGTH, lambda text: frame(TEXT, text, length=1 << 63 | len(text))
    ),
    "an oversized ping": ProtocolViolation(
        "5.5", PROTOCOL_ERROR, lambda text: frame(PING, bytes(126))
    ),
    "a fragmented ping": ProtocolViolation(
        "5.5",
        PROTOCOL_ERROR,
        lambda text: frame(PING, b"half", fin=False) + frame(CONTINUATION, b"half"),
    ),
    "a continuation frame without a message": ProtocolViolation(
        "5.4", PROTOCOL_ERROR, lambda text: frame(CONTINUATION, text)
    ),
    "a new message inside an unfinished one": ProtocolViolation(
        "5.4", PROTOCOL_ERROR, lambda text: frame(TEXT, text, fin=False) + frame(TEXT, text)
    ),
    "a close frame that is cut short": ProtocolViolation(
        "5.5.1", PROTOCOL_ERROR, lambda text: frame(CLOSE, b"\x03")
    ),
    "a close frame with a reserved code": ProtocolViolation(
        "7.4.1", PROTOCOL_ERROR, lambda text: close_frame(1005)
    ),
    "a close frame with an invalid code": ProtocolViolation(
        "7.4.2", PROTOCOL_ERROR, lambda text: close_frame(999)
    ),
    "a close frame whose reason is not valid UTF-8": ProtocolViolation(
        "5.5.1", BAD_REASON, lambda text: close_frame(1000, b"\xff\xfe")
    ),
    "text that is not valid UTF-8": ProtocolViolation(
        "8.1", INVALID_DATA, lambda text: frame(TEXT, _not_text(text))
    ),
    "text that is not valid UTF-8, in two fragments": ProtocolViolation(
        "8.1", INVALID_DATA, _not_text_in_two
    ),
}


async def violate_protocol(client: Client, name: str) -> None:
    """Send the violation of that name, and wait for the end of the connection."""
    violation, dialect = VIOLATIONS[name], client.deployment.dialect
    what = f"{name} (RFC 6455 {violation.section})"
    close = (*violation.close, *dialect.data.closing.breach)
    fact = facts.MalformedSent(what=what, close=close, drop=dialect.data.closing.breach_drop)
    await send_raw(client, violation.around(question(client)), fact, "protocol_violations")


def question(client: Client) -> bytes:
    """A question that would be answered if it were sent as it should be."""
    text = client.speaker.ask(str(uuid.uuid4()), "Good morning.").text
    return text if isinstance(text, bytes) else text.encode()


async def send_raw(client: Client, data: bytes, fact: facts.MalformedSent, kind: str) -> None:
    """Send bytes outside the rules, and wait for the end of the connection.

    Raises `NotSafe` where safe mode leaves actions of that `kind` out.
    """
    connection, patience = client.online, client.deployment.environment.patience
    if connection is not None:
        connection.send_raw(data, fact, kind)
        await connection.closed_within(patience.fence_s * patience.scale)
