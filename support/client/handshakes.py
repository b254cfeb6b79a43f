"""At the door, by hand: handshakes that are wrong or never end, and more devices than there is
room for. A browser would do none of it, so the request is written here, byte by byte."""

from __future__ import annotations

import asyncio
import base64
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from support.config import NotOffered
from support.deployment import Deployment
from support.deployment.tls import is_secure
from support.journal import Journal, records

if TYPE_CHECKING:
    from support.client.user import User

DRIP_S = 0.2  # from one byte to the next
AGAIN_S = 0.05
MEASURED_S = 1.0  # so much longer than the stated deadline, to see when it ends after all
ANSWER_BYTES = 4_096


@dataclass(frozen=True)
class Flaw:
    """What is wrong with a handshake (RFC 6455 4.2.1), and what it is refused for."""

    why: str
    version: str = "13"
    key: bool = True


#: By the words of the features: a handshake with …
HANDSHAKE_FLAWS = {
    "an unknown protocol version": Flaw("version", version="99"),
    "no key": Flaw("key", key=False),
}


class Handshakes:
    """A user's own handshakes, written by hand. Records, and judges nothing."""

    def __init__(self, user: User, deployment: Deployment, journal: Journal) -> None:
        self._user = user
        self._deployment = deployment
        self._journal = journal
        self._tries = 0
        self._unfinished: list[asyncio.Task[None]] = []
        self._enough = asyncio.Event()

    async def knock_wrongly(self, token: str, name: str) -> None:
        """Knock with a good token and a handshake with that flaw; what is answered is recorded."""
        flaw = HANDSHAKE_FLAWS[name]
        self._tries += 1
        connection = f"{self._user.key}#by-hand-{self._tries}"

        def record(kind: Callable[..., records.Record], **what: Any) -> None:
            self._journal.record(kind, connection=connection, user=self._user.key, **what)

        record(records.Connecting, expect="refused", means=name)
        started = time.monotonic()
        status = None
        try:
            async with asyncio.timeout(self._deployment.environment.patience.connect_s):
                reader, writer = await self._dial()
                writer.write(self._request(token, flaw))
                status = status_of(await reader.readline())  # which may come in pieces
                writer.close()
        except (OSError, TimeoutError, ValueError):  # ValueError: a line that does not end
            status = None  # recorded below as no answer
        took_ms = (time.monotonic() - started) * 1000
        if status == 101:
            record(records.Connected, took_ms=took_ms)
            return
        record(
            records.Refused,
            how="http" if status else "network",
            status=status,
            agreed=status is not None and self._deployment.dialect.agrees(flaw.why, http=status),
            detail=f"HTTP {status}" if status else "no answer",
            took_ms=took_ms,
        )

    async def fill(self) -> None:
        """Open as many connections as one user may have, and try one more.

        Raises `NotOffered` where the deployment names no number, or one too high.
        """
        self._deployment.safety.guard("connection_cap")
        limit, token = self.room(), self._token()
        for number in range(sum(c.is_open for c in self._user.connections), limit):
            await self._user.knock(token, f"device {number + 1}", expect="admitted")
        await self._user.knock(token, "one device too many", expect="refused", flaw="room")

    async def make_room(self) -> None:
        """Leave on one connection, and try for a while to get in on another."""
        newest = self._user.online
        if newest is not None:
            await newest.leave()
        patience = self._deployment.environment.patience
        ends = time.monotonic() + patience.connect_s * patience.scale
        while time.monotonic() < ends:
            connection = await self._user.knock(
                self._token(), "the place of another device", expect="either", flaw="room"
            )
            if connection.is_open:
                return
            await asyncio.sleep(AGAIN_S)

    def room(self) -> int:
        """How many connections one user may have, as the deployment says in its greeting."""
        told = [c.ready.connections_per_user for c in self._user.connections if c.ready is not None]
        if not told or told[-1] is None:
            raise NotOffered("the deployment announces no usable limit of connections")
        most = self._user.sizes.connections
        if told[-1] > most:
            raise NotOffered(
                f"one user may have {told[-1]:,} connections; up to {most:,} are opened here"
                " (sizes.connections)"
            )
        return told[-1]

    async def begin(self, count: int) -> None:
        """Begin so many handshakes and finish none: one goes on byte by byte, the others stop."""
        self._deployment.safety.guard("slow_handshakes")
        begun = [asyncio.Event() for _ in range(count)]
        for number, event in enumerate(begun):
            self._unfinished.append(asyncio.create_task(self._linger(number == 0, event)))
        patience = self._deployment.environment.patience
        with suppress(TimeoutError):  # what could not be begun is not in the record either
            async with asyncio.timeout(patience.connect_s * patience.scale):
                await asyncio.gather(*(event.wait() for event in begun))

    async def cut_within(self, deadline_s: float) -> None:
        """Wait until the deployment has ended them all, or a while longer than it may."""
        await asyncio.wait(self._unfinished, timeout=deadline_s + MEASURED_S)
        await self.give_up()

    async def give_up(self) -> None:
        """End what is unfinished. Idempotent."""
        self._enough.set()
        await asyncio.gather(*self._unfinished, return_exceptions=True)

    async def _linger(self, drips: bool, begun: asyncio.Event) -> None:
        reader, writer = await self._dial()
        request = self._request(None, Flaw("nothing"))
        pieces = (
            [bytes([byte]) for byte in request[:-4]] if drips else [request[: len(request) // 2]]
        )
        answer = asyncio.ensure_future(reader.read(ANSWER_BYTES))
        enough = asyncio.ensure_future(self._enough.wait())
        started, sent = time.monotonic(), 0
        while not answer.done() and not enough.done():
            if sent < len(pieces):
                writer.write(pieces[sent])
                sent += 1
                begun.set()
            wait_s = DRIP_S if sent < len(pieces) else None
            await asyncio.wait(
                [answer, enough], timeout=wait_s, return_when=asyncio.FIRST_COMPLETED
            )
        self._journal.record(
            records.SlowHandshake,
            user=self._user.key,
            way="byte by byte" if drips else "half, and then silence",
            sent=sum(len(piece) for piece in pieces[:sent]),
            pieces=sent,
            lasted_s=time.monotonic() - started,
            cut=answer.done(),
            status=_answered(answer),
        )
        answer.cancel()
        enough.cancel()
        writer.transport.abort()

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A bare connection to where handshakes go. Raises `NotOffered` behind a web proxy."""
        if self._deployment.environment.use_proxy:
            raise NotOffered("through a web proxy no handshake can be written by hand")
        await self._deployment.safety.connect()
        parts = urlsplit(self._deployment.socket_url)
        secure = self._deployment.tls if is_secure(self._deployment.socket_url) else None
        port = parts.port or (443 if secure else 80)
        async with asyncio.timeout(self._deployment.environment.patience.connect_s):
            return await asyncio.open_connection(parts.hostname, port, ssl=secure)

    def _request(self, token: str | None, flaw: Flaw) -> bytes:
        parts = urlsplit(self._deployment.socket_url)
        plan = self._deployment.dialect.handshake(token, "header")
        lines = [
            f"GET {parts.path} HTTP/1.1",
            f"Host: {parts.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Version: {flaw.version}",
            *(f"{name}: {value}" for name, value in plan.headers.items()),
        ]
        if flaw.key:
            key = base64.b64encode(secrets.token_bytes(16)).decode()
            lines.append(f"Sec-WebSocket-Key: {key}")
        if plan.subprotocols:
            lines.append(f"Sec-WebSocket-Protocol: {', '.join(plan.subprotocols)}")
        return "\r\n".join([*lines, "", ""]).encode()

    def _token(self) -> str:
        if self._user.credentials is None:
            raise LookupError(f"{self._user.name} has not signed in")
        return self._user.credentials.access


def status_of(answer: bytes) -> int | None:
    """The status of an HTTP answer; None for anything else."""
    words = answer.split(b" ", 2)
    known = len(words) > 1 and words[0].startswith(b"HTTP/") and words[1].isdigit()
    return int(words[1]) if known else None


def _answered(answer: asyncio.Future[bytes]) -> int | None:
    if not answer.done() or answer.exception() is not None:
        return None
    return status_of(answer.result())
