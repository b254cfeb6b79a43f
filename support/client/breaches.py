"""Breaches of the WebSocket protocol, each with its rule in RFC 6455 and the close it calls for.

Each carries a text that the deployment would answer if it let the breach pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from support.client.raw_frames import (
    CLOSE,
    CONTINUATION,
    PING,
    RESERVED_CONTROL,
    RESERVED_DATA,
    RSV1,
    RSV2,
    RSV3,
    TEXT,
    frame,
    goodbye,
)

PROTOCOL_ERROR = (1002,)  # RFC 6455 7.4.1
INVALID_DATA = (1007,)
#: A length that is against the rules is also far over any limit of size.
NO_LENGTH = (1002, 1009)
#: A close frame with a bad reason breaks the rules of both frames and text.
BAD_REASON = (1002, 1007)
_LAST_WORD = 8  # bytes from the end, in the middle of what is asked


@dataclass(frozen=True)
class Breach:
    """Bytes that no right client sends. `section` of RFC 6455 forbids them."""

    section: str
    close: tuple[int, ...]
    around: Callable[[bytes], bytes]


def _not_text(text: bytes) -> bytes:
    """The text with a byte in its last word that UTF-8 never has."""
    return text[:-_LAST_WORD] + b"\xff" + text[-_LAST_WORD:]


def _not_text_in_two(text: bytes) -> bytes:
    """A character begun in one fragment and not gone on with in the next."""
    begun = frame(TEXT, text[:-_LAST_WORD] + b"\xe2\x82", fin=False)
    return begun + frame(CONTINUATION, b"(" + text[-_LAST_WORD:])


#: By the words of the features: breaks the protocol with …
BREACHES: dict[str, Breach] = {
    "an unmasked frame": Breach(
        "5.1", PROTOCOL_ERROR, lambda text: frame(TEXT, text, masked=False)
    ),
    "a frame with the first reserved bit set": Breach(
        "5.2", PROTOCOL_ERROR, lambda text: frame(TEXT, text, reserved=RSV1)
    ),
    "a frame with the second reserved bit set": Breach(
        "5.2", PROTOCOL_ERROR, lambda text: frame(TEXT, text, reserved=RSV2)
    ),
    "a frame with the third reserved bit set": Breach(
        "5.2", PROTOCOL_ERROR, lambda text: frame(TEXT, text, reserved=RSV3)
    ),
    "a frame with an unknown opcode": Breach(
        "5.2", PROTOCOL_ERROR, lambda text: frame(RESERVED_DATA, text)
    ),
    "a control frame with an unknown opcode": Breach(
        "5.2", PROTOCOL_ERROR, lambda text: frame(RESERVED_CONTROL)
    ),
    "a frame with an impossible length": Breach(
        "5.2", NO_LENGTH, lambda text: frame(TEXT, text, length=1 << 63 | len(text))
    ),
    "an oversized ping": Breach("5.5", PROTOCOL_ERROR, lambda text: frame(PING, bytes(126))),
    "a fragmented ping": Breach(
        "5.5",
        PROTOCOL_ERROR,
        lambda text: frame(PING, b"half", fin=False) + frame(CONTINUATION, b"half"),
    ),
    "a continuation frame without a message": Breach(
        "5.4", PROTOCOL_ERROR, lambda text: frame(CONTINUATION, text)
    ),
    "a new message inside an unfinished one": Breach(
        "5.4", PROTOCOL_ERROR, lambda text: frame(TEXT, text, fin=False) + frame(TEXT, text)
    ),
    "a close frame that is cut short": Breach(
        "5.5.1", PROTOCOL_ERROR, lambda text: frame(CLOSE, b"\x03")
    ),
    "a close frame with a reserved code": Breach(
        "7.4.1", PROTOCOL_ERROR, lambda text: goodbye(1005)
    ),
    "a close frame with an invalid code": Breach(
        "7.4.2", PROTOCOL_ERROR, lambda text: goodbye(999)
    ),
    "a close frame whose reason is not valid UTF-8": Breach(
        "5.5.1", BAD_REASON, lambda text: goodbye(1000, b"\xff\xfe")
    ),
    "text that is not valid UTF-8": Breach(
        "8.1", INVALID_DATA, lambda text: frame(TEXT, _not_text(text))
    ),
    "text that is not valid UTF-8, in two fragments": Breach("8.1", INVALID_DATA, _not_text_in_two),
}
