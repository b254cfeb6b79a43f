"""One real WebSocket: opens, records every frame the moment it arrives, closes or is cut."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidState,
    InvalidStatus,
)
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import Event
from websockets.typing import Origin, Subprotocol

from support import faults
from support.client.observer import Observer
from support.client.smuggling import Smuggled, revealed, stand_ins
from support.client.token_echo import echoes
from support.deployment import Deployment
from support.deployment.tls import is_secure, trouble
from support.dialects import Handshake
from support.dialects.dialect import Outgoing
from support.journal import Journal, facts, records
from support.journal.announced import believable

# At level DEBUG websockets logs every header and half of every message. The journal has them all.
_QUIET = logging.getLogger("support.client.socket")
_QUIET.setLevel(logging.WARNING)
CLOSE_S = 3.0
_KEPT_BYTES = 64 * 1024  # doubled by Linux, for its own book-keeping
_EARLY_S = 0.05  # timers may come that much early or late


class _Socket(ClientConnection):
    """Stamps each message in the receive path, before any task has to be scheduled for it."""

    hidden: ClassVar[Smuggled] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._arrived = 0.0
        self.stamps: deque[float] = deque()
        self.close_stamp = 0.0
        self.muted = False

    def data_received(self, data: bytes) -> None:
        self._arrived = time.monotonic()
        super().data_received(data)

    def process_event(self, event: Event) -> None:
        if isinstance(event, Frame) and event.fin and event.opcode in _DATA:
            self.stamps.append(self._arrived)
        elif isinstance(event, Frame) and event.opcode is Opcode.CLOSE:
            self.close_stamp = self._arrived
            self.muted = False  # let go, a hung app has nothing more to prove: end quickly
            self.send_data()
        super().process_event(event)

    def send_in_pieces(self, data: bytes, pieces: int) -> None:
        """Send a text message in fragments of equal size, be it in the middle of a character."""
        step = -(-len(data) // pieces)
        parts = [data[start : start + step] for start in range(0, len(data), step)]
        for number, part in enumerate(parts):
            send = self.protocol.send_text if number == 0 else self.protocol.send_continuation
            send(part, fin=number == len(parts) - 1)
            self.send_data()

    def send_together(self, messages: Sequence[bytes]) -> None:
        """Send text messages in one go."""
        for message in messages:
            self.protocol.send_text(message)
        self.send_data()

    def send_data(self) -> None:
        """As websockets; a muted connection says nothing at all, not even pongs."""
        if not self.muted:
            if self.hidden:
                self.protocol.writes = revealed(self.protocol.writes, self.hidden)
            super().send_data()


_DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)


class _Connect(connect):
    """`websockets.connect` follows redirects by itself; a gate must see them instead."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class Connection:
    """A user's connection. `open()` and everything after it only record; nothing is judged here."""

    def __init__(
        self, name: str, user: str, deployment: Deployment, journal: Journal, observer: Observer
    ) -> None:
        self.name = name
        self.user = user
        self.ready: facts.Ready | None = None
        self.outcome: records.Refused | records.Closed | None = None
        self._deployment = deployment
        self._journal = journal
        self._observer = observer
        self._dialect = deployment.dialect.conversation()
        self._socket: _Socket | None = None
        self._reader: asyncio.Task[None] | None = None
        self._cut = False
        self._flaw = "token"
        self._token: str | None = None
        self.received_bytes = 0
        self._greeted = asyncio.Event()
        self._over = asyncio.Event()

    @property
    def is_open(self) -> bool:
        """True from the greeting until the end."""
        return self.ready is not None and not self._over.is_set()

    @property
    def connect_limit_s(self) -> float:
        """After how many seconds without a greeting an attempt to connect is given up."""
        return self._deployment.environment.patience.connect_s

    async def open(
        self,
        token: str | None,
        *,
        way: str = "header",
        expect: str = "admitted",
        means: str = "",
        flaw: str = "token",
        origin: str | None = None,
        compress: bool = False,
        via: tuple[str, int] | None = None,
        token_ends: float | None = None,
    ) -> bool:
        """Knock with `token`; True once the deployment has greeted us.

        A refusal is recorded, not raised. `expect` and `means` go into the record: whether this
        visitor should be let in, and what they tried; `flaw` is what they should be refused for
        (`token`, `scope`, `origin`, `room`, …). `token_ends` is for a token that ends soon: Unix
        seconds by the deployment's clock. Cancels safely; raises `NotOffered` for a way there is
        not.
        """
        self._flaw, self._token = flaw, token
        plan = self._dialect.handshake(token, way)
        await self._deployment.safety.connect()
        if token and token.count(".") == 2:  # whatever is wrong with it, most of it may be right
            self._journal.redactor.add_secret(token, "token")
        self._record(records.Connecting, expect=expect, means=means, token_ends=token_ends)
        started = time.monotonic()
        limit_s = self.connect_limit_s
        try:
            async with asyncio.timeout(limit_s):
                self._socket = await self._handshake(plan, origin, compress, via)
        except Exception as error:
            self._refused(error, started)
            return False
        response = self._socket.response
        self._record(
            records.Connected,
            took_ms=_ms_since(started),
            subprotocol=self._clean(self._socket.subprotocol),
            agreed=self._socket.subprotocol == self._deployment.dialect.data.handshake.selects,
            keep_alive=self._clean(response.headers.get("Keep-Alive")) if response else None,
            echoed=echoes(token, response),
        )
        self._reader = asyncio.create_task(self._read(self._socket))
        left_s = limit_s - (time.monotonic() - started)
        await self._first_word(max(left_s, 0.1))
        return self.is_open

    async def send(self, message: Outgoing, pieces: int = 1) -> float | None:
        """Send one message, in so many fragments; None if the connection is gone (recorded).

        Returns when sending began, by the monotonic clock: in safe mode messages wait their turn.
        """
        if self._socket is None:
            return None
        await self._deployment.safety.message(message.text)
        self._sent(message)
        began = time.monotonic()
        try:
            if pieces > 1:
                self._socket.send_in_pieces(_bytes(message.text), pieces)
            else:
                await self._socket.send(message.text)
        except ConnectionClosed:
            return None
        return began

    async def send_together(self, messages: Sequence[Outgoing]) -> bool:
        """Send messages as fast as it goes; False if the connection is gone."""
        if self._socket is None or self._over.is_set():
            return False
        for message in messages:
            await self._deployment.safety.message(message.text)
            self._sent(message)
        try:
            self._socket.send_together([_bytes(message.text) for message in messages])
        except (InvalidState, OSError):
            return False
        await asyncio.sleep(0)
        return True

    def send_raw(self, data: bytes, fact: facts.AnyFact, kind: str) -> None:
        """Send bytes past all rules of the protocol; what comes is read as ever.

        Raises `NotSafe` where safe mode leaves actions of that `kind` out.
        """
        self._deployment.safety.guard(kind)
        if self._socket is not None and not self._over.is_set():
            self._sent(Outgoing(data, fact))
            self._socket.transport.write(data)

    @property
    def compresses(self) -> bool:
        """True when compression was agreed on in the handshake."""
        return self._socket is not None and bool(self._socket.protocol.extensions)

    def keep_little(self) -> None:
        """Have the kernel keep as little unread as it does at first, and never more.

        To be asked for before much has come: a window, once opened, is not to be taken back.
        """
        raw = self._socket.transport.get_extra_info("socket") if self._socket else None
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _KEPT_BYTES)

    def stop_reading(self) -> None:
        """From now on leave what comes to the kernel, whose window soon closes."""
        if self._socket is not None:
            self._socket.transport.pause_reading()

    def go_on_reading(self) -> None:
        """Take `stop_reading` back: what has come is read now."""
        if self._socket is not None and not self._socket.transport.is_closing():
            self._socket.transport.resume_reading()

    async def protocol_ping(self, within_s: float) -> bool:
        """A WebSocket ping (RFC 6455 5.5.2); True if its pong came within `within_s`."""
        started, answered = time.monotonic(), False
        if self._socket is not None:
            try:
                async with asyncio.timeout(within_s):
                    await (await self._socket.ping())
                answered = True
            except (TimeoutError, ConnectionClosed):
                answered = False
        self._record(
            records.Heartbeat, level="protocol", answered=answered, took_ms=_ms_since(started)
        )
        return answered

    async def leave(self) -> None:
        """Close cleanly and wait for the deployment's answer, at most a few seconds."""
        if self._socket is not None:
            await self._socket.close(self._deployment.dialect.data.closing.leave)
            await self._over.wait()

    async def watch(self, interval_s: float) -> None:
        """Ping every `interval_s`; give the line up for lost after two without an answer.

        Returns once the connection is over, whoever ended it. Cancels safely.
        """
        silent_since = time.monotonic()
        while self._socket is not None and not self._over.is_set():
            due = time.monotonic() + interval_s
            if await self.protocol_ping(interval_s):
                silent_since = due - interval_s
            elif time.monotonic() - silent_since >= 2 * interval_s - _EARLY_S:
                silent_s = time.monotonic() - silent_since
                self._record(records.DeadConnectionNoticed, silent_s=silent_s)
                self._socket.transport.abort()
                return
            await self.gone(max(due - time.monotonic(), 0))

    def mute(self) -> None:
        """From now on say nothing, not even answers to pings: a client that has hung."""
        if self._socket is not None:
            self._record(records.Fault, name="mute", detail="answers nothing any more")
            self._socket.muted = True

    def cut(self, detail: str = "") -> None:
        """End the connection at once, without a word. Idempotent."""
        if self._socket is None or self._over.is_set() or self._cut:
            return
        self._cut = True
        self._record(records.Fault, name="cut", detail=detail)
        faults.cut(self._socket.transport)

    async def gone(self, within_s: float) -> bool:
        """True once the connection has ended, False if it has not within `within_s`."""
        try:
            async with asyncio.timeout(within_s):
                await self._over.wait()
        except TimeoutError:
            return False
        return True

    async def _handshake(
        self,
        plan: Handshake,
        origin: str | None,
        compress: bool,
        via: tuple[str, int] | None,
    ) -> _Socket:
        environment = self._deployment.environment
        headers, hidden = stand_ins(plan.headers)
        # The name in the address is the one a certificate must be for, wherever we connect to.
        elsewhere: dict[str, Any] = {"host": via[0], "port": via[1]} if via else {}
        if is_secure(self._deployment.socket_url):
            elsewhere["ssl"] = self._deployment.tls
        opened = await _Connect(
            self._deployment.socket_url + (f"?{urlencode(plan.query)}" if plan.query else ""),
            create_connection=type("_Smuggler", (_Socket,), {"hidden": hidden})
            if hidden
            else _Socket,
            additional_headers=headers,
            subprotocols=[Subprotocol(p) for p in plan.subprotocols] or None,
            origin=Origin(origin) if origin else None,
            # Compression costs 45 KiB a connection: off unless it is what is tested.
            compression="deflate" if compress else None,
            **elsewhere,
            proxy=True if environment.use_proxy else None,
            open_timeout=None,
            close_timeout=CLOSE_S,
            ping_interval=None,
            max_size=environment.max_frame_bytes,
            user_agent_header="greenlight",
            logger=_QUIET,
        )
        assert isinstance(opened, _Socket)
        return opened

    async def _first_word(self, within_s: float) -> None:
        waits = [asyncio.create_task(e.wait()) for e in (self._greeted, self._over)]
        try:
            done, _ = await asyncio.wait(
                waits, timeout=within_s, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            for wait in waits:
                wait.cancel()
        if not done:
            self._record(
                records.WaitTimedOut, waited_for="the deployment's greeting", limit_s=within_s
            )

    async def _read(self, socket: _Socket) -> None:
        try:
            while True:
                message, stamp = await socket.recv(), socket.stamps.popleft()
                if not self._cut:  # what had arrived by then, an app that is cut off never reads
                    self._received(message, stamp)
        except ConnectionClosed as end:
            self._ended(end)
        except Exception as error:
            # Whatever breaks here is ours: the run must not be approved on what was not read.
            what = f"reading {self.name}: {type(error).__name__}: {error}"
            self._journal.record(records.HarnessError, what=what)
            socket.transport.abort()
        finally:
            self._over.set()
            self._observer.ended(self)

    def _received(self, message: str | bytes, stamp: float) -> None:
        self.received_bytes += len(message)
        text = _readable(message)
        redactor = self._journal.redactor
        clean = redactor.redact(text)
        said = self._dialect.read(clean if isinstance(message, str) else message)
        self._journal.record(
            records.Frame,
            t=self._journal.at(stamp),
            connection=self.name,
            user=self.user,
            direction="received",
            size=len(message),
            text=self._journal.cut(clean),
            facts=said,
            mentions=redactor.mentions(text),
        )
        for fact in said:
            if isinstance(fact, facts.Ready):
                self.ready = believable(fact)
                self._greeted.set()
            self._observer.heard(self, fact)

    def _sent(self, message: Outgoing) -> None:
        redactor, text = self._journal.redactor, _readable(message.text)
        self._journal.record(
            records.Frame,
            connection=self.name,
            user=self.user,
            direction="sent",
            size=len(_bytes(message.text)),
            text=self._journal.cut(redactor.redact(text)),
            facts=(message.fact, *message.also),
            mentions=redactor.mentions(text),
        )

    def _ended(self, end: ConnectionClosed) -> None:
        by, code, reason = _how_it_ended(end)
        if self._cut:
            by, code, reason = "fault", None, ""
        end_words, reason = reason, self._journal.redactor.redact(reason)
        if self.ready is None and code is not None and by == "target":
            agreed = self._dialect.agrees(self._flaw, close=code)
            told = f"closed with {code}" + (f" ({reason})" if reason else "")
            echoed = ("the closing words",) if self._token and self._token in end_words else ()
            self._record(
                records.Refused,
                how="close",
                status=code,
                agreed=agreed,
                detail=told,
                echoed=echoed,
            )
        # Closed when the close frame came; the end of TCP may be waited for much longer.
        stamp = self._socket.close_stamp if self._socket else 0.0
        self._record(records.Closed, at=stamp, by=by, code=code, reason=reason)

    def _refused(self, error: Exception, started: float) -> None:
        how, status, detail = _why_refused(error)
        self._record(
            records.Refused,
            how=how,
            status=status,
            agreed=status is not None and self._dialect.agrees(self._flaw, http=status),
            detail=self._journal.redactor.redact(detail),
            took_ms=_ms_since(started),
            echoed=echoes(self._token, getattr(error, "response", None)),
        )
        self._over.set()

    def _clean(self, text: str | None) -> str | None:
        return self._journal.redactor.redact(text) if text is not None else None

    def _record(self, kind: Callable[..., records.Record], at: float = 0.0, **what: Any) -> None:
        if kind is not records.WaitTimedOut:
            what["connection"] = self.name
        t = self._journal.at(at) if at else self._journal.now()
        done = self._journal.record(kind, t=t, user=self.user, **what)
        if isinstance(done, records.Refused | records.Closed):
            self.outcome = done


def _readable(message: str | bytes) -> str:
    return message if isinstance(message, str) else message.hex()


def _bytes(message: str | bytes) -> bytes:
    return message.encode() if isinstance(message, str) else message


def _ms_since(started: float) -> float:
    return (time.monotonic() - started) * 1000


def _how_it_ended(end: ConnectionClosed) -> tuple[str, int | None, str]:
    if end.rcvd is not None and end.rcvd_then_sent is not False:
        return "target", end.rcvd.code, end.rcvd.reason
    if end.sent is not None:
        if end.rcvd is not None:
            return "user", end.rcvd.code, end.sent.reason
        if end.sent.code in _OUR_COMPLAINTS:
            return "user", None, f"{_OUR_COMPLAINTS[end.sent.code]} ({end.sent.reason})"
        return "user", None, "the deployment never answered the close"
    return "network", None, "the connection broke without a close frame"


_OUR_COMPLAINTS = {
    1002: "the deployment broke the WebSocket protocol",
    1007: "the deployment sent text that is not UTF-8",
    1009: "the deployment sent a message over the size this suite accepts",
}


def _why_refused(error: Exception) -> tuple[str, int | None, str]:
    if isinstance(error, InvalidStatus):
        response: Response = error.response
        return "http", response.status_code, f"HTTP {response.status_code}"
    if isinstance(error, TimeoutError):
        return "timeout", None, "the handshake was not answered in time"
    if isinstance(error.__cause__, EOFError):
        return "network", None, "the connection was reset during the handshake"
    if isinstance(error, InvalidHandshake):
        return "protocol", None, f"no WebSocket answered: {error}"
    if isinstance(error, OSError | EOFError | ConnectionClosed):
        return "network", None, trouble(error) or getattr(error, "strerror", None) or str(error)
    return "protocol", None, f"{type(error).__name__}: {error}"
