"""One real WebSocket: opens, records every frame the moment it arrives, closes or is cut."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Sequence
from typing import Any, Protocol

from websockets.exceptions import ConnectionClosed, InvalidState

from support import faults
from support.client.attempt import Attempt, ms_since
from support.client.outcome import how_closed
from support.client.recording import Recording, as_bytes, readable
from support.client.transport import Arrival, Socket, dial
from support.deployment import Deployment
from support.dialects import Outgoing, Person
from support.dialects.conversation import Heard
from support.dialects.speaker import Request
from support.journal import Journal, facts, records
from support.journal.announced import believable


class Observer(Protocol):
    """Who owns a connection. Called on the loop, from the receive path."""

    def heard(self, connection: Connection, fact: facts.AnyFact) -> None:
        """A fact arrived on `connection` and is in the journal already."""

    def ended(self, connection: Connection) -> None:
        """`connection` is over."""


class Connection:
    """A user's connection. `open()` and everything after it only record; nothing is judged here."""

    def __init__(
        self,
        name: str,
        user: str,
        deployment: Deployment,
        journal: Journal,
        observer: Observer,
        person: Person,
    ) -> None:
        self.name = name
        self.user = user
        self.ready: facts.Ready | None = None
        self._deployment = deployment
        self._journal = journal
        self._log = Recording(journal, name, user)
        self._observer = observer
        self._dialect = deployment.dialect
        self._conversation = deployment.dialect.conversation(person)
        self._replies: set[asyncio.Task[None]] = set()
        self._socket: Socket | None = None
        self._reader: asyncio.Task[None] | None = None
        self._cut = self._ends_soon = False
        self.received_bytes = 0
        self.let_go = asyncio.Event()  # by the answer to the last message
        self._greeted = asyncio.Event()
        self._over = asyncio.Event()
        self._attempt = Attempt(journal, self._log, deployment.dialect, self._over)

    @property
    def outcome(self) -> records.Refused | records.Closed | None:
        """How it was refused or ended; None while it is neither."""
        return self._log.outcome

    @property
    def is_open(self) -> bool:
        """True from the greeting until the end."""
        return self.ready is not None and not self._over.is_set()

    @property
    def time_is_up(self) -> bool:
        """True once it has ended for its age, or as was announced, with the deployment still up."""
        end = self.outcome
        if not isinstance(end, records.Closed) or end.by not in ("target", "network"):
            return False
        return self._ends_soon or "aged" in end.causes

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
        resuming: bool = False,
    ) -> bool:
        """Connect with `token`; True once the deployment has sent its greeting.

        A refusal is recorded, not raised. `expect` and `means` go into the record: whether this
        handshake should succeed, and how it was tried; `flaw` is what it should be refused for
        (`token`, `scope`, `origin`, `room`, …). `token_ends` is for a token that expires soon:
        Unix seconds by the deployment's clock. `resuming`: a device that was connected before comes
        back. Cancels safely; raises `NotOffered` for a `way` that the dialect does not have.
        """
        self._conversation.may_be_refused(flaw)
        address = self._deployment.socket_address
        plan = self._conversation.handshake(token, way, resuming=resuming, address=address)
        await self._deployment.safety.connect()
        if token and token.count(".") == 2:  # whatever is wrong with it, most of it may be right
            self._journal.redactor.add_secret(token, "token")
        self._log.add(
            records.Connecting,
            expect=expect,
            means=means,
            flaw=flaw if expect == "refused" else "",
            token_ends=token_ends,
        )
        self._attempt.begins(token, flaw, self.connect_limit_s)
        dialled = dial(self._deployment, plan, origin=origin, compress=compress, via=via)
        if (socket := await self._in_time(dialled)) is None:
            return False
        self._socket = socket
        self._attempt.succeeded(socket)
        self._reader = asyncio.create_task(self._read(socket))
        for message in self._conversation.opened(token):
            await self.send(message)
        if expect == "refused":
            await self._refused_openly()
            return self.is_open
        if self._conversation.established and not self._conversation.greets:
            self._imply(self._conversation.implied())
        await self._greeting(self._attempt.left_s)
        if self._attempt.turned and not self.is_open and not self._over.is_set():
            self._attempt.refused_openly("error")
            await self.leave()
        return self.is_open

    async def _in_time(self, dialled: Awaitable[Socket]) -> Socket | None:
        """The open WebSocket; None, and recorded, for an attempt that was refused or too slow."""
        try:
            async with asyncio.timeout(self.connect_limit_s):
                return await dialled
        except Exception as error:
            self._attempt.failed(error)
            self._conversation.over()
            self._over.set()
            return None
        except asyncio.CancelledError:
            self._conversation.over()
            raise

    async def send(self, message: Outgoing, pieces: int = 1) -> float | None:
        """Send one message, in so many fragments; None if the connection is gone (recorded).

        Returns when sending began, by the monotonic clock: in safe mode messages wait their turn.
        """
        if self._socket is None:
            return None
        await self._deployment.safety.message(message.text)
        self._sent(message)
        if message.request is not None:
            began = await self._call(message.request)
            await self.say(message.then)
            return began
        began = time.monotonic()
        try:
            if pieces > 1:
                self._socket.send_in_pieces(as_bytes(message.text), pieces)
            else:
                await self._socket.send(message.text)
        except ConnectionClosed:
            return None
        await self.say(message.then)
        return began

    async def say(self, templates: Sequence[Any], what: str = "follow-up", wait: str = "") -> None:
        """Send messages of the protocol itself; the answer to the last meets `wait`, if given."""
        for message in self._conversation.following(templates, what, wait):
            await self.send(message)

    async def send_together(self, messages: Sequence[Outgoing]) -> bool:
        """Send messages as fast as it goes; False if the connection is gone."""
        if self._socket is None or self._over.is_set():
            return False
        for message in messages:
            await self._deployment.safety.message(message.text)
            self._sent(message)
        try:
            self._socket.send_together([as_bytes(message.text) for message in messages])
        except (InvalidState, OSError):
            return False
        await asyncio.sleep(0)
        return True

    def send_raw(self, data: bytes, fact: facts.AnyFact, kind: str) -> None:
        """Send bytes outside the rules of the protocol; what arrives is read as usual.

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

    def shrink_receive_buffer(self) -> None:
        """Keep the kernel's receive buffer at its initial size.

        Call it before much has arrived: a TCP window that was once opened cannot be closed again.
        """
        if self._socket is not None:
            self._socket.shrink_receive_buffer()

    def stop_reading(self) -> None:
        """From now on leave what arrives in the kernel, whose window soon closes."""
        if self._socket is not None:
            self._socket.stop_reading()

    def resume_reading(self) -> None:
        """Undo `stop_reading`: what has arrived is read now."""
        if self._socket is not None:
            self._socket.resume_reading()

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
        self._log.add(
            records.Heartbeat, level="protocol", answered=answered, took_ms=ms_since(started)
        )
        return answered

    async def leave(self) -> None:
        """Close cleanly and wait for the deployment's answer, at most a few seconds."""
        if self._socket is not None:
            await self._socket.close(self._dialect.data.closing.leave)
            await self._over.wait()

    def give_up(self, silent_s: float) -> None:
        """Treat the connection as dead, after `silent_s` without an answer: end it at once."""
        if self._socket is not None:
            self._log.add(records.DeadConnectionNoticed, silent_s=silent_s)
            self._socket.transport.abort()

    def mute(self) -> None:
        """From now on send nothing, not even answers to pings: a client that has hung."""
        if self._socket is not None:
            self._log.add(records.Fault, name="mute", detail="no longer answers")
            self._socket.muted = True

    def cut(self, detail: str = "") -> None:
        """End the connection at once, without a close frame. Idempotent."""
        if self._socket is None or self._over.is_set() or self._cut:
            return
        self._cut = True
        self._log.add(records.Fault, name="cut", detail=detail)
        faults.cut(self._socket.transport)

    async def closed_within(self, within_s: float) -> bool:
        """True once the connection has ended, False if it has not within `within_s`."""
        try:
            async with asyncio.timeout(within_s):
                await self._over.wait()
        except TimeoutError:
            return False
        return True

    async def _greeting(self, within_s: float) -> None:
        decided = (self._greeted, self._over, self._attempt.away)
        waits = [asyncio.create_task(event.wait()) for event in decided]
        try:
            done, _ = await asyncio.wait(
                waits, timeout=within_s, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            for wait in waits:
                wait.cancel()
        if not done:
            self._log.add(
                records.WaitTimedOut, waited_for="the deployment's greeting", limit_s=within_s
            )

    async def _refused_openly(self) -> None:
        """Record it where the caller was refused and the connection is still open."""
        conversation = self._conversation

        async def ask() -> None:
            for message in conversation.probe(uuid.uuid4().hex, "Is anybody there?"):
                await self.send(message)

        greets = conversation.greets or not conversation.established
        if how := await self._attempt.outcome(ask, greets=greets):
            self._attempt.refused_openly(how)

    async def _read(self, socket: Socket) -> None:
        try:
            while True:
                message, arrival = await socket.next()
                with self._journal.together():
                    self._received(message, arrival)
                    for message, arrival in socket.at_hand():
                        self._received(message, arrival)
        except ConnectionClosed as end:
            self._ended(end)
        except Exception as error:
            self._log.broke(error)  # any error here is the harness's own
            socket.transport.abort()
        finally:
            self._conversation.over()
            self._over.set()
            self._observer.ended(self)

    def _received(self, message: str | bytes, arrival: Arrival) -> None:
        if self._cut:  # an app that was cut off never reads what had arrived by then
            return
        size = len(as_bytes(message))
        self.received_bytes += size
        message = self._conversation.as_text(message)
        examined = self._journal.redactor.examine(readable(message))
        heard = self._conversation.read(examined.clean if isinstance(message, str) else message)
        self._log.received(size, examined, heard.facts, arrival.at, arrival.unsure_ms)
        if self.ready is None:
            self._attempt.heard(heard.facts)
        self._heard(heard)

    def _heard(self, heard: Heard) -> None:
        if heard.farewell:
            self.let_go.set()
        for reply in heard.replies:
            task = asyncio.create_task(self._reply(reply))
            self._replies.add(task)
            task.add_done_callback(self._replies.discard)
        self._tell(heard.facts)

    async def _reply(self, message: Outgoing) -> None:
        await self.send(message)

    async def _call(self, request: Request) -> float | None:
        """Make an HTTP call that a message stands for; what is answered arrives here."""
        began = time.monotonic()
        http, within_s = self._deployment.chat_http, self._deployment.environment.patience.answer_s
        method, path, body = request.method, request.path, request.body
        headers = self._conversation.signed(
            method, http.base + path, request.headers, body, self._attempt.token
        )
        answer = await asyncio.to_thread(http.call, method, path, body, headers, within_s)
        examined = self._journal.redactor.examine(answer.text)
        heard = self._conversation.answered(answer.status, examined.clean, request)
        self._log.received(len(as_bytes(answer.text)), examined, heard.facts, http=True)
        self._heard(heard)
        return began

    def _imply(self, fact: facts.AnyFact) -> None:
        self._log.implied(fact)
        self._tell((fact,))

    def _tell(self, said: Sequence[facts.AnyFact]) -> None:
        for fact in said:
            if isinstance(fact, facts.Ready):
                self.ready = believable(fact)
                self._greeted.set()
            elif isinstance(fact, facts.Closing):
                self._ends_soon |= fact.time_left_s is not None
            self._observer.heard(self, fact)

    def _sent(self, message: Outgoing) -> None:
        self._log.sent(message)
        self._conversation.sent(message.fact)

    def _ended(self, end: ConnectionClosed) -> None:
        by, code, reason = how_closed(end)
        if by == "user" and end.rcvd is None and not self._dialect.data.closing.answered:
            reason = ""  # our own close; such a backend ends TCP in the place of an answer
        if self._cut:
            by, code, reason = "fault", None, ""
        raw_reason, reason = reason, self._journal.redactor.redact(reason)
        if self.ready is None:
            self._attempt.closed(by, code, reason, raw_reason)
        # Closed when the close frame came; the end of TCP may be waited for much longer.
        stamp = self._socket.close_stamp if self._socket else 0.0
        age_s = (stamp or time.monotonic()) - self._attempt.began
        causes = self._dialect.close_causes(code, age_s) if by == "target" else ()
        self._log.add(records.Closed, at=stamp, by=by, code=code, reason=reason, causes=causes)
