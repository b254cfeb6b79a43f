"""WebSocket frames (RFC 6455 5.2), found, not interpreted: masks and compression stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

FIN = 0x80
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as it was on the wire: `header` with length and mask, `body` still masked.

    A message that came in fragments is one frame here, too; `fragments` are its bytes as they came.
    """

    header: bytes
    body: bytes
    fragments: bytes = b""

    @property
    def raw(self) -> bytes:
        """The bytes on the wire."""
        return self.fragments or self.header + self.body

    @property
    def opcode(self) -> int:
        """RFC 6455 11.8."""
        return self.header[0] & 0x0F

    @property
    def is_final(self) -> bool:
        """True for a frame that ends its message."""
        return bool(self.header[0] & FIN)

    @property
    def is_message(self) -> bool:
        """True for a whole text or binary message, neither a lone fragment nor control."""
        return self.header[0] & 0x8F in (FIN | TEXT, FIN | BINARY)

    @property
    def is_text(self) -> bool:
        """True for a text frame, the first fragment of a text included."""
        return self.opcode == TEXT

    @property
    def mask(self) -> bytes:
        """The masking key, 4 bytes; empty from a server (RFC 6455 5.3)."""
        return self.header[-4:] if self.header[1] & 0x80 else b""

    @property
    def payload(self) -> bytes:
        """The body, unmasked. Compressed if the connection is: nothing here inflates."""
        return masked(self.body, self.mask) if self.mask else self.body

    def with_body(self, body: bytes) -> Frame:
        """The same frame around another `body` (masked with the same key), length corrected."""
        return Frame(header(self.header[0], len(body), self.mask), body)

    @staticmethod
    def joined(fragments: Sequence[Frame]) -> Frame:
        """The message that came in these fragments, under the mask of the first."""
        first = fragments[0]
        payload = b"".join(fragment.payload for fragment in fragments)
        body = masked(payload, first.mask) if first.mask else payload
        raw = b"".join(fragment.raw for fragment in fragments)
        return Frame(header(first.header[0] | FIN, len(body), first.mask), body, raw)


def header(first: int, length: int, mask: bytes = b"") -> bytes:
    """A frame header: `first` byte (FIN, RSV, opcode), payload `length` in bytes, masking key."""
    bit = 0x80 if mask else 0
    if length < 126:
        return bytes((first, bit | length)) + mask
    if length < 1 << 16:
        return bytes((first, bit | 126)) + length.to_bytes(2, "big") + mask
    return bytes((first, bit | 127)) + length.to_bytes(8, "big") + mask


def masked(data: bytes, mask: bytes) -> bytes:
    """`data` under the 4-byte `mask`, or out from under it (RFC 6455 5.3)."""
    size = len(data)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(data, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")
