"""Finds WebSocket frames on a byte stream, without I/O.

A `FrameReader` follows one direction of a connection from its first byte: the HTTP head of the
handshake, then frames. What is no WebSocket (TLS, plain HTTP) is handed on as it is.
"""

from __future__ import annotations

import enum

from support.faults.frames import BINARY, CONTINUATION, PING, PONG, TEXT, Frame

HEAD_BYTES = 64 << 10  # a longer HTTP head is not one
FRAME_BYTES = 16 << 20  # a longer frame is passed on in pieces, unseen


class _State(enum.Enum):
    HEAD = 1
    FRAMES = 2
    OTHER = 3


class FrameReader:
    """Follows a stream. Bytes go in by `feed`; what comes out is the same bytes, in order.

    While `holding` is false everything comes out at once and only boundaries are kept track of;
    while it is true whole frames come out as `Frame`. A frame begun before is passed as bytes.

    A message in fragments comes out as one `Frame` when its last fragment has come; control frames
    between them come out first. So a fault falls on a message however its sender cuts it up.
    """

    def __init__(self) -> None:
        self.holding = False
        self._state = _State.HEAD
        self._buffer = bytearray()
        self._gone = 0  # bytes at the start of the buffer that have come out already
        self._skip = 0  # bytes to come of a frame that is passed on in pieces
        self._fragments: list[Frame] = []  # of a message whose last one has not come

    @property
    def is_other(self) -> bool:
        """True if this is no WebSocket; nothing will come out as a frame."""
        return self._state is _State.OTHER

    def feed(self, data: bytes) -> list[bytes | Frame]:
        """Everything of the stream that can come out now."""
        if self._state is _State.OTHER:
            return [data]
        out: list[bytes | Frame] = []
        if self._state is _State.HEAD:
            used = self._head(data)
            if used:
                out.append(data[:used])
                data = data[used:]
            if not data:
                return out
            if self.is_other:
                return [*out, data]
        if self.holding:
            self._buffer += data
            self._take(out)
        else:
            out.append(data)
            self._follow(data)
        return out

    def stop(self) -> bytes:
        """This is no WebSocket after all, or it has ended: what was held."""
        held = bytes(self._buffer[self._gone :]) if self._state is _State.FRAMES else b""
        self._state = _State.OTHER
        self._buffer.clear()
        return self._unfinished() + held

    def stop_holding(self) -> bytes:
        """Hold no longer; what was held comes out, the rest of its frame will follow as bytes."""
        self.holding = False
        if self._state is not _State.FRAMES:
            return b""
        held = self._unfinished() + bytes(self._buffer[self._gone :])
        whole = bytes(self._buffer)
        self._buffer.clear()
        self._gone = 0
        self._follow(whole)
        return held

    def _head(self, data: bytes) -> int:
        """How many bytes of `data` belong to the HTTP head."""
        start = len(self._buffer)
        self._buffer += data
        if not 0x41 <= self._buffer[0] <= 0x5A:  # neither a method nor "HTTP/1.1"
            self.stop()
            return len(data)
        end = self._buffer.find(b"\r\n\r\n", max(start - 3, 0))
        if end < 0:
            if len(self._buffer) > HEAD_BYTES:
                self.stop()
            return len(data)
        text = bytes(self._buffer[:end]).lower()
        self._buffer.clear()
        self._state = _State.FRAMES if _upgrades(text) else _State.OTHER
        return end + 4 - start

    def _take(self, out: list[bytes | Frame]) -> None:
        buffer = self._buffer
        while buffer:
            if self._skip:
                piece = bytes(buffer[: self._skip])
                del buffer[: len(piece)]
                self._skip -= len(piece)
                out.append(piece)
                continue
            size, length = _measure(buffer)
            total = size + length
            if not size:
                return
            if self._gone or total > FRAME_BYTES:
                self._release(out)
                del buffer[: self._gone]
                self._skip = total - self._gone
                self._gone = 0
            elif len(buffer) >= total:
                self._put(Frame(bytes(buffer[:size]), bytes(buffer[size:total])), out)
                del buffer[:total]
            else:
                return

    def _put(self, frame: Frame, out: list[bytes | Frame]) -> None:
        """Hand a frame out; a fragment waits for the last one of its message."""
        if frame.opcode in (PING, PONG):
            out.append(frame)
            return
        held = sum(len(fragment.body) for fragment in self._fragments)
        if frame.opcode != CONTINUATION or held + len(frame.body) > FRAME_BYTES:
            self._release(out)
        begins = frame.opcode in (TEXT, BINARY) and not frame.is_final
        if not (begins or self._fragments):
            out.append(frame)
            return
        self._fragments.append(frame)
        if frame.is_final:
            out.append(Frame.joined(self._fragments))
            self._fragments.clear()

    def _release(self, out: list[bytes | Frame]) -> None:
        if self._fragments:
            out.append(self._unfinished())

    def _unfinished(self) -> bytes:
        """The fragments that were held, as they came."""
        held = b"".join(fragment.raw for fragment in self._fragments)
        self._fragments.clear()
        return held

    def _follow(self, data: bytes) -> None:
        """Keep track only: the buffer holds at most an unfinished header, and that has gone."""
        if self._skip >= len(data):
            self._skip -= len(data)
            return
        self._buffer += memoryview(data)[self._skip :]
        self._skip = 0
        at, end = 0, len(self._buffer)
        while at < end:
            size, length = _measure(self._buffer[at : at + 14])
            if not size:
                break
            at += size + length
        self._skip = max(at - end, 0)
        del self._buffer[:at]
        self._gone = len(self._buffer)


def _upgrades(head: bytes) -> bool:
    if head.startswith(b"http/"):
        return head.split(b" ", 2)[1:2] == [b"101"]
    return b"\r\nupgrade:" in head and b"websocket" in head


def _measure(buffer: bytearray) -> tuple[int, int]:
    """Sizes of header and body of the frame at the start; (0, 0) if the header is unfinished."""
    if len(buffer) < 2:
        return 0, 0
    short = buffer[1] & 0x7F
    wide = {126: 2, 127: 8}.get(short, 0)
    size = 2 + wide + (4 if buffer[1] & 0x80 else 0)
    if len(buffer) < size:
        return 0, 0
    return size, int.from_bytes(buffer[2 : 2 + wide], "big") if wide else short
