"""An encrypted front for a service that speaks in the open, with certificates of any quality.

`Front` ends TLS on a port of 127.0.0.1 and hands every byte on to the service behind it.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

CHUNK = 65_536
_TLS_HANDSHAKE = b"\x16"  # the first byte of a TLS record that begins one (RFC 8446 5.1)
_REDIRECT = b"HTTP/1.1 301 Moved Permanently\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True)
class Manner:
    """How a front behaves. `days_left` of its certificate may be below zero.

    `oldest` is the oldest version of TLS that it accepts. `plaintext_request` is what it does on
    the same
    port with callers who do not encrypt: nothing, `serve` them, or `redirect` them to an address.
    """

    host: str = "127.0.0.1"
    days_left: float = 60.0
    oldest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
    stranger: bool = False  # signed by an authority that nobody trusts
    stranger_after: int | None = None  # the same, but only once so many have connected
    plaintext_request: str = ""
    redirect: str = ""


@dataclass(frozen=True)
class Behind:
    """A reference service that speaks in the open, by `host:port`; it signs with `SECRET`."""

    chat: str
    auth: str


SECRET = "a-secret-of-the-service-behind-the-front-0123456789"
GOOD = Manner()
MANNERS = {
    "good": GOOD,
    "expired": Manner(days_left=-1.0),
    "wrong host": Manner(host="elsewhere.example.test"),
    "of a stranger": Manner(stranger=True),
    "10 days left": Manner(days_left=10.0),
    "old protocol": Manner(oldest=ssl.TLSVersion.TLSv1_1),
    "served in the open": Manner(plaintext_request="serve"),
    "sent to safety": Manner(plaintext_request="redirect", redirect="https://127.0.0.1/ws"),
    "sent elsewhere in the open": Manner(
        plaintext_request="redirect", redirect="http://127.0.0.1/ws"
    ),
}


class Authority:
    """A private authority; `file` is what environments are told to trust."""

    def __init__(self, folder: Path) -> None:
        self._known, self._stranger = trustme.CA(), trustme.CA()
        self.file = folder / "authority.pem"
        self._known.cert_pem.write_to_path(str(self.file))

    def context(self, manner: Manner) -> ssl.SSLContext:
        """A server's context in that manner."""
        authority = self._stranger if manner.stranger else self._known
        ends = datetime.now(UTC) + timedelta(days=manner.days_left)
        made = authority.issue_cert(
            manner.host, not_before=ends - timedelta(days=90), not_after=ends
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.configure_cert(context)
        if manner.oldest < ssl.TLSVersion.TLSv1_2:
            context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = manner.oldest
        return context


@contextlib.contextmanager
def front(authority: Authority, behind: str, manner: Manner = GOOD) -> Iterator[str]:
    """The `host:port` of a front before the service at `behind` (`host:port`), until the end."""
    loop, started = asyncio.new_event_loop(), threading.Event()
    contexts = authority.context(manner), authority.context(replace(manner, stranger=True))
    server = _Front(contexts, behind, manner)

    def run() -> None:
        loop.run_until_complete(server.start())
        started.set()
        loop.run_forever()
        loop.run_until_complete(server.stop())
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(5)
    try:
        yield f"127.0.0.1:{server.port}"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


class _Front:
    """A listener that looks at the first byte, and behind it two that speak TLS.

    The second of those is for when the certificate has gone bad.
    """

    def __init__(
        self, contexts: tuple[ssl.SSLContext, ssl.SSLContext], behind: str, manner: Manner
    ) -> None:
        self._contexts = contexts
        self._accepted = 0
        host, _, port = behind.partition(":")
        self._behind = (host, int(port))
        self._manner = manner
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._inner = [
            await asyncio.start_server(self._encrypted, "127.0.0.1", 0, ssl=context)
            for context in self._contexts
        ]
        self._outer = await asyncio.start_server(self._any, "127.0.0.1", 0)
        self.port = self._outer.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        for server in (self._outer, *self._inner):
            server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _any(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, manner = await reader.read(CHUNK), self._manner
        self._accepted += 1
        bad = manner.stranger_after is not None and self._accepted > manner.stranger_after
        if first.startswith(_TLS_HANDSHAKE) or not (first and manner.plaintext_request):
            # A caller in the open gets what a TLS server says to one: an alert, and the end.
            inner = self._inner[bad].sockets[0].getsockname()
            await self._join(reader, writer, inner, first)
        elif manner.plaintext_request == "serve":
            await self._join(reader, writer, self._behind, first)
        else:
            writer.write(_REDIRECT % manner.redirect.encode())
            writer.close()

    async def _encrypted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._join(reader, writer, self._behind, b"")

    async def _join(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        to: tuple[str, int],
        first: bytes,
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            there, back = await asyncio.open_connection(*to)
            back.write(first)
            await asyncio.gather(_pump(reader, back), _pump(there, writer))
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._tasks.discard(task)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hand on until the end; a broken end breaks the other, as on a real line."""
    try:
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    except OSError:
        writer.transport.abort()
    finally:
        writer.close()
