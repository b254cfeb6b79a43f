"""A proxy before a service that keeps what arrived: HTTP requests and WebSocket frames.

It changes nothing on the way, and understands neither JSON nor tokens.
"""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

CONTROL_BYTES = bytes(set(range(0x20)) - set(b"\t\r\n")) + b"\x7f"


@dataclass(frozen=True)
class Request:
    """An HTTP request; `at` is monotonic seconds."""

    at: float
    method: str
    path: str
    head: bytes
    body: bytes = b""

    @property
    def upgrades(self) -> bool:
        """True for a WebSocket handshake."""
        return b"upgrade: websocket" in self.head.lower()


@dataclass(frozen=True)
class WireFrame:
    """A WebSocket frame (RFC 6455 5.2) as it was sent; `size` is its declared length."""

    at: float
    connection: int
    opcode: int
    fin: bool
    reserved: int
    masked: bool
    size: int
    payload: bytes
    compresses: bool  # permessage-deflate was offered in the handshake


@dataclass
class Arrived:
    """Everything that has arrived, by all connections of one recorder."""

    requests: list[Request] = field(default_factory=list)
    frames: list[WireFrame] = field(default_factory=list)
    unfinished: list[bytes] = field(default_factory=list)  # no request that is whole


class _Reader:
    """Takes one connection's bytes apart, as they come."""

    def __init__(self, number: int, arrived: Arrived) -> None:
        self._number, self._arrived = number, arrived
        self._data = b""
        self._upgraded = self._compresses = False

    def feed(self, data: bytes) -> None:
        self._data += data
        while self._frame() if self._upgraded else self._request():
            continue

    def end(self) -> None:
        if self._data:
            self._arrived.unfinished.append(self._data)

    def _request(self) -> bool:
        head, end, rest = self._data.partition(b"\r\n\r\n")
        if not end:
            return False
        fields = head.lower().split(b"\r\n")
        sizes = [int(f.split(b":")[1]) for f in fields if f.startswith(b"content-length:")]
        size = sizes[0] if sizes else 0
        if len(rest) < size:
            return False
        method, path, _ = head.split(b"\r\n")[0].decode("latin-1").split(" ", 2)
        request = Request(time.monotonic(), method, path, head, rest[:size])
        self._arrived.requests.append(request)
        self._data = rest[size:]
        self._upgraded = request.upgrades
        self._compresses = b"permessage-deflate" in head
        return True

    def _frame(self) -> bool:
        data = self._data
        if len(data) < 2:
            return False
        size, start = data[1] & 0x7F, 2
        wide = {126: 2, 127: 8}.get(size, 0)
        if wide:
            size, start = int.from_bytes(data[2 : 2 + wide], "big"), 2 + wide
        masked = bool(data[1] & 0x80)
        key = data[start : start + 4] if masked else bytes(4)
        start += 4 if masked else 0
        if len(data) < start + size:
            return False
        payload = bytes(b ^ key[n % 4] for n, b in enumerate(data[start : start + size]))
        self._arrived.frames.append(
            WireFrame(
                time.monotonic(),
                self._number,
                data[0] & 0x0F,
                bool(data[0] & 0x80),
                data[0] & 0x70,
                masked,
                size,
                payload,
                self._compresses,
            )
        )
        self._data = data[start + size :]
        return True


class Recorder:
    """Stands on a port of its own before the service at `url`; `close()` ends it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self.arrived = Arrived()
        self._connections = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        opened = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop
        )
        self._server = opened.result(5)
        host, port = self._server.sockets[0].getsockname()
        self.url = f"http://{host}:{port}"

    def close(self) -> None:
        """Accept nothing more, and stop."""
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        if not self._thread.is_alive():
            self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        parser = _Reader(self._connections, self.arrived)
        beyond, onward = await asyncio.open_connection(self._host, self._port)

        async def pump(
            source: asyncio.StreamReader, sink: asyncio.StreamWriter, parsed: _Reader | None
        ) -> None:
            try:
                while data := await source.read(65536):
                    if parsed is not None:
                        parsed.feed(data)
                    sink.write(data)
                    await sink.drain()
            except OSError:
                sink.transport.abort()
            finally:
                sink.close()

        await asyncio.gather(pump(reader, onward, parser), pump(beyond, writer, None))
        parser.end()


def most_within(times: list[float], seconds: float) -> int:
    """The largest number of `times` in any stretch of so many seconds."""
    times = sorted(times)
    first, most = 0, 0
    for last, at in enumerate(times):
        while at - times[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most
