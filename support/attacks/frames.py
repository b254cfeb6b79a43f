"""WebSocket frames byte by byte (RFC 6455 5.2), right or wrong. Pure functions, no I/O."""

from __future__ import annotations

import struct
import zlib
from itertools import cycle

CONTINUATION, TEXT, CLOSE, PING = 0x0, 0x1, 0x8, 0x9
RESERVED_DATA, RESERVED_CONTROL = 0x3, 0xB
RSV1, RSV2, RSV3 = 0x40, 0x20, 0x10

_KEY = b"\x37\xfa\x21\x3d"
_TAIL = b"\x00\x00\xff\xff"


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    reserved: int = 0,
    masked: bool = True,
    length: int | None = None,
) -> bytes:
    """One frame. `reserved` are bits to set; `length` is declared instead of the true one.

    The masking key is always the same, which a server cannot detect.
    """
    head = bytes([(0x80 if fin else 0) | reserved | opcode])
    mask = 0x80 if masked else 0
    size = len(payload)
    if length is not None or size > 0xFFFF:
        head += struct.pack("!BQ", mask | 127, size if length is None else length)
    elif size > 125:
        head += struct.pack("!BH", mask | 126, size)
    else:
        head += bytes([mask | size])
    if not masked:
        return head + payload
    return head + _KEY + bytes(byte ^ key for byte, key in zip(payload, cycle(_KEY), strict=False))


def close_frame(code: int, reason: bytes = b"") -> bytes:
    """A close frame (RFC 6455 5.5.1)."""
    return frame(CLOSE, struct.pack("!H", code) + reason)


def bomb(text: bytes, size: int) -> bytes:
    """`text`, followed by blanks up to `size` bytes, as one compressed message (RFC 7692 7.2.1).

    It repeats what comes just before, so it fits into any window that may have been negotiated.
    """
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = deflate.compress(text.ljust(size)) + deflate.flush(zlib.Z_SYNC_FLUSH)
    return frame(TEXT, packed.removesuffix(_TAIL), reserved=RSV1)
