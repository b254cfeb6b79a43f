"""A person in a scenario: identity, tokens, secret canary, connections, and what they did."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from typing import Any

from support.client.account import Account
from support.client.connection import Connection
from support.client.door import Door
from support.client.handshakes import Handshakes
from support.client.liveness import Liveness
from support.client.memory import Memory, Place
from support.client.mischief import Mischief
from support.client.outbox import Outbox
from support.client.reconnect import AutoReconnect
from support.client.resume_positions import RESUME_POSITIONS
from support.client.rights import Rights
from support.client.run import Run
from support.client.sign_in import SignIn, SignInFailed
from support.client.tokens import Credentials
from support.client.trespass import Trespass
from support.config import NotOffered, Sizes
from support.config.pace import Pacer
from support.deployment import Deployment
from support.journal import Journal, facts, records
from support.journal.canaries import new_canary

LOST_S = 3.0  # how long a cut connection may take to be over on our own side


class User:
    """Everything a scenario's person can do. Methods record what happens and judge nothing.

    `key` (`s07/Alice`) is unique to the scenario; `name` is what features call them.
    """

    def __init__(self, key: str, deployment: Deployment, journal: Journal, sign_in: SignIn) -> None:
        self.key = key
        self.name = key.rsplit("/", 1)[-1]
        self.canary = new_canary()
        self.credentials: Credentials | None = None
        self.connections: list[Connection] = []
        self.runs: list[Run] = []
        self._deployment = deployment
        self._journal = journal
        self._sign_in = sign_in
        self.outbox = Outbox()
        self.line = Liveness(self, deployment, journal)
        self.door = Door(self, deployment, journal)
        self.account = Account(self, deployment, journal)
        self.rights = Rights(self, deployment, journal)
        self.trespass = Trespass(self, deployment)
        self.memory = Memory()
        self.came_back_from: Place | None = None
        self.auto_reconnect = AutoReconnect(self, deployment, journal)
        self.how: dict[str, Any] = {}
        self.handshakes = Handshakes(self, deployment, journal)
        self.mischief = Mischief(self, deployment, journal)
        self._cut_after: str | None = None
        self._news = asyncio.Event()
        self._pacer = Pacer()
        journal.redactor.add_canary(self.canary, key)

    # --- coming and going

    async def sign_in(self) -> bool:
        """Get tokens; False if the deployment issues none (recorded). Once per user."""
        if self.credentials is not None:
            return True
        for _ in range(self._sign_in.calls):
            await self._deployment.safety.auth_call()
        started, way = time.monotonic(), self._deployment.environment.sign_in
        detail, user_id, status = "", None, None
        try:
            self.credentials = await asyncio.to_thread(self._sign_in.next_person())
            user_id = self.credentials.user_id
            self._journal.redactor.add_secret(self.credentials.access, "token")
            self._journal.redactor.add_identifier(user_id, "user", self.key)
            self._journal.redactor.add_identifier(self.credentials.email, "email", self.key)
        except SignInFailed as error:
            detail, status = str(error), error.status
        self._journal.record(
            records.SignedIn,
            user=self.key,
            ok=self.credentials is not None,
            way=way,
            user_id=user_id,
            took_ms=(time.monotonic() - started) * 1000,
            detail=detail,
            status=status,
        )
        for earlier in self._sign_in.met_before(user_id, self.key):
            self._journal.record(records.SameIdentityAs, user=earlier, user_id=user_id or "")
        return self.credentials is not None

    async def connect(
        self,
        *,
        way: str = "header",
        since: Place | None = None,
        compress: bool = False,
        via: tuple[str, int] | None = None,
        origin: str | None = None,
        expect: str = "admitted",
    ) -> bool:
        """Sign in if need be, connect, and subscribe: live only, or resuming after `since`.

        `origin` is the site whose page this is, if it is one; `via` is the host and port of a proxy
        that stands before the deployment; `expect` goes into the record of the handshake.
        """
        if not await self.sign_in() or self.credentials is None:
            return False
        self.how = {"way": way, "compress": compress, "via": via, "origin": origin}
        connection = self._new_connection()
        held = self.credentials
        if not await connection.open(held.access, expect=expect, token_ends=held.ends, **self.how):
            return False
        self._greeted(connection)
        if not await self._subscribe(connection, since):
            return False
        if self.auto_reconnect.on:
            await self._send_unconfirmed()
        await self.empty_outbox()
        return True

    async def connect_from_page(self) -> bool:
        """As `connect`, as a page of the allowed site does: it can set no header of its own."""
        return await self.connect(way=self.door.page_way, origin=self._deployment.allowed_origin)

    async def knock(
        self,
        token: str | None,
        means: str,
        *,
        expect: str,
        way: str = "header",
        flaw: str = "token",
        origin: str | None = None,
    ) -> Connection:
        """Try to get in with `token`, and nothing more; `means` says how, in words for people.

        `flaw` is what such a caller should be refused for.
        """
        connection = self._new_connection()
        await connection.open(token, expect=expect, means=means, way=way, flaw=flaw, origin=origin)
        return connection

    async def reconnect(
        self, since: Place | None = None, *, via: tuple[str, int] | None = None
    ) -> bool:
        """Come back after a cut and ask for everything missed: after `since`, or the last seen."""
        await self.gone()
        self.came_back_from = since or self.memory.place
        return await self.connect(since=self.came_back_from, via=via)

    async def reconnect_at_gap(self, within_s: float) -> bool:
        """Wait for an event that shows that one before it is missing; then lose the connection.

        True once the app has reconnected by itself. False if no event is missed (recorded), or if
        the app has not reconnected after `within_s`. Raises nothing; cancels safely.
        """
        if not await self.until(lambda: self.memory.has_gaps, "an event after a missing one"):
            return False
        self.cut()
        await self.gone()
        return await self.auto_reconnect.healed(within_s)

    async def claim(self, place: str) -> bool:
        """Come back to a place in the stream that cannot be had; `RESUME_POSITIONS` has their
        names."""
        await self.gone()
        return await self.reconnect(since=await RESUME_POSITIONS[place](self))

    async def gone(self) -> None:
        """Wait until every connection is over on our own side, too."""
        await asyncio.gather(*(c.gone(LOST_S) for c in self.connections))

    async def leave(self) -> None:
        """Close every open connection cleanly; whoever leaves does not want to be brought back."""
        await self.auto_reconnect.stop()
        await asyncio.gather(*(c.leave() for c in self.connections if c.is_open))

    def stay_connected(self) -> None:
        """From now on come back by oneself; `healer` tells how it goes, and stops it."""
        self.auto_reconnect.start()

    def cut(self) -> None:
        """Lose every connection at once, without a word."""
        for connection in self.connections:
            connection.cut()

    def cut_after(self, event: str) -> None:
        """Lose the connection at the very moment the next event of that type arrives."""
        self._cut_after = event

    async def lose_connection_after(self, event: str) -> None:
        """As `cut_after`, and wait until it has happened; at once if the event is there already."""
        if event in self.current_run.seen:
            self.cut()
        else:
            self.cut_after(event)
        await self.until(lambda: self.online is None, f"{event} of a run")

    @property
    def online(self) -> Connection | None:
        """The newest open connection."""
        return next((c for c in reversed(self.connections) if c.is_open), None)

    @property
    def id(self) -> str:
        """The id the deployment knows the user by. Raises `LookupError` before signing in.

        Raises `NotOffered` where the deployment has not told it.
        """
        known = self.own_credentials().user_id
        if known is None:
            raise NotOffered("the deployment does not say by which id it knows a user")
        return known

    # --- talking

    @property
    def current_run(self) -> Run:
        """The run asked for last. Raises `LookupError` if nothing has been asked."""
        if not self.runs:
            raise LookupError(f"{self.name} has not asked anything yet")
        return self.runs[-1]

    async def ask(
        self,
        kind: str = "plain",
        *,
        filler: str = "",
        pieces: int = 1,
        request_id: str | None = None,
        thread: str | None = None,
    ) -> Run:
        """Send a question of that kind (`plain`, `tool`, …), with the user's canary in it.

        `filler` makes a `long` one long; `pieces` sends it in so many fragments; `thread` goes on
        with a conversation. Without a connection it waits in the outbox.
        """
        run = self.plan(kind, filler, request_id, thread)
        if self.online is None or self.auto_reconnect.at_work:
            self._keep(run)
        else:
            await self._send(run, pieces)
        return run

    def plan(
        self,
        kind: str,
        filler: str = "",
        request_id: str | None = None,
        thread: str | None = None,
    ) -> Run:
        """A question that is about to be sent."""
        tag = f"note {len(self.runs) + 1}"
        text = self._deployment.dialect.prompt(kind, self.canary, tag, filler)
        run = Run(self, request_id or str(uuid.uuid4()), kind, text, tag, thread)
        self.runs.append(run)
        self.memory.asked(run)
        return run

    @property
    def message_limit(self) -> int:
        """Bytes a message may have, as the deployment has said.

        Raises `NotOffered` if it has not, or if that is more than this environment sends.
        """
        told = [c.ready.message_bytes for c in self.connections if c.ready is not None]
        if not told or told[-1] is None:
            raise NotOffered("the deployment announces no usable limit of a message")
        if told[-1] > self.sizes.message_bytes:
            raise NotOffered(
                f"a message may have {told[-1]:,} bytes; up to {self.sizes.message_bytes:,} are"
                " sent here (sizes.message_bytes)"
            )
        return told[-1]

    @property
    def retained_events(self) -> int | None:
        """How many events of a stream the deployment keeps, as it has said."""
        told = [c.ready.retained_events for c in self.connections if c.ready is not None]
        return told[-1] if told else None

    @property
    def sizes(self) -> Sizes:
        """How much this environment is willing to ask of the deployment."""
        return self._deployment.environment.sizes

    async def ask_sized(self, size: int, *, letter: str = "x", pieces: int = 1) -> Run:
        """Ask a `long` question whose whole message has exactly `size` bytes."""
        text = self._deployment.dialect.prompt("long", self.canary, f"note {len(self.runs) + 1}")
        bare = self._deployment.dialect.ask(str(uuid.uuid4()), text).text
        room = size - len(bare.encode() if isinstance(bare, str) else bare)
        count, rest = divmod(room, len(letter.encode()))
        return await self.ask("long", filler=letter * count + "x" * rest, pieces=pieces)

    async def hears_announcement(self) -> bool:
        """Wait for an announcement; True once one has arrived."""
        return await self.until(lambda: self.memory.announcements > 0, "an announcement")

    async def repeat(self, run: Run) -> None:
        """Send the very same request again, as a client does that never got its answer."""
        await self._send(run, 1)

    async def cancel(self, run: Run) -> None:
        """End a run early; its acceptance is waited for first."""
        await self.until(lambda: run.run_id is not None, "the acceptance of a request")
        if run.run_id is not None and self.online is not None:
            await self.online.send(self._deployment.dialect.cancel(run.run_id))

    async def misbehave(self, what: str) -> None:
        """Send what no well-behaved client sends, and wait for the answer or the close."""
        connection = self.online
        if connection is None:
            return
        limit = connection.ready.message_bytes if connection.ready else None
        message = self._deployment.dialect.broken(what, limit)
        refusals = self.memory.refusals
        await connection.send(message)
        await self.until(
            lambda: self.memory.refusals > refusals or not connection.is_open,
            f"the answer to {what}",
        )

    async def empty_outbox(self) -> None:
        """Send what waits, oldest first, for as long as there is a connection."""
        while (run := self.outbox.first()) is not None and self.online is not None:
            await self._send(run, 1)
            self.outbox.sent()

    async def ask_series(self, count: int, in_flight: int, kind: str = "plain") -> list[Run]:
        """Ask `count` questions, at most `in_flight` of them unanswered at any time.

        Stops early, leaving the rest unasked, once an answer does not come in time.
        """
        runs: list[Run] = []
        for _ in range(count):
            pending = [run for run in runs[-2 * in_flight :] if not run.ended]
            if len(pending) >= in_flight and not await pending[0].finished():
                break
            runs.append(await self.ask(kind))
        for run in runs:
            if not await run.finished():
                break
        return runs

    async def until(
        self, condition: Callable[[], bool], what: str, within_s: float | None = None
    ) -> bool:
        """Wait until `condition` holds, woken by every arrival; False (recorded) at the deadline.

        `within_s` defaults to the environment's patience for an answer. Waiting ends early, too,
        when the user has no connection left, and will have none, on which anything could arrive.
        """
        patience = self._deployment.environment.patience
        limit_s = (within_s or patience.answer_s) * patience.scale
        deadline = time.monotonic() + limit_s
        while not condition():
            left_s = deadline - time.monotonic()
            hope = self.auto_reconnect.at_work or any(c.is_open for c in self.connections)
            if left_s <= 0 or not hope:
                self._journal.record(
                    records.WaitTimedOut, user=self.key, waited_for=what, limit_s=limit_s
                )
                return False
            self._news.clear()
            try:
                async with asyncio.timeout(left_s):
                    await self._news.wait()
            except TimeoutError:
                continue
        return True

    async def hears_something(self, within_s: float) -> bool:
        """True as soon as anything happens on any connection, False after `within_s` of silence."""
        self._news.clear()
        try:
            async with asyncio.timeout(within_s):
                await self._news.wait()
        except TimeoutError:
            return False
        return True

    async def catch_up(self) -> None:
        """Ask again for all that was not read without a gap; send what was never confirmed.

        Where the app has given up, try once more, as a person does who wants to see the end.
        """
        connection = self.online
        if self.auto_reconnect.at_work:
            return
        if connection is None:
            await self.auto_reconnect.rested()
            await self.auto_reconnect.try_again()
            return
        await self._subscribe(connection, self.memory.place)
        await self._send_unconfirmed()

    # --- what connections tell

    def heard(self, connection: Connection, fact: facts.AnyFact) -> None:
        """Keep the user's own picture up to date. Called from the receive path."""
        if isinstance(fact, facts.Accepted) and self.memory.owns(fact.request_id):
            self._journal.redactor.add_identifier(fact.run_id, "run", self.key)
            self._journal.redactor.add_identifier(fact.thread_id, "thread", self.key)
        earlier = self.memory.heard(connection.name, fact)
        if earlier is not None and isinstance(fact, facts.Event):
            self._repeated(connection, earlier, fact)
        if isinstance(fact, facts.Event) and fact.type == self._cut_after:
            self._cut_after = None
            connection.cut(f"right after {fact.type}")
        self._news.set()

    def ended(self, connection: Connection) -> None:
        """A connection is over; whoever waits looks again."""
        self.auto_reconnect.lost(connection)
        self.look_again()

    def look_again(self) -> None:
        """Wake whoever waits: something has changed that no connection tells."""
        self._news.set()

    def own_credentials(self) -> Credentials:
        """What the user holds. Raises `LookupError` for one who has not signed in."""
        if self.credentials is None:
            raise LookupError(f"{self.name} has not signed in")
        return self.credentials

    def target_time(self) -> float:
        """Unix seconds by the deployment's clock, as far as it has told; by ours if it has not."""
        return self._deployment.clock.now()

    async def turn(self) -> None:
        """Wait until one more message may be sent without going over the deployment's rate."""
        await self._pacer.turn()

    async def _send(self, run: Run, pieces: int) -> None:
        await self.turn()
        connection = self.online
        if connection is not None:
            run.sent = True
            await connection.send(run.message(self._deployment.dialect), pieces)

    async def _send_unconfirmed(self) -> None:
        """Send again what was sent and never accepted: the same request, so that it runs once."""
        for run in self.runs:
            if run.sent and run.run_id is None and run.rejected is None:
                await self._send(run, 1)

    def _repeated(self, connection: Connection, earlier: str, event: facts.Event) -> None:
        """Record a repetition; what another device has shown, too, is none."""
        others = {c.name for c in self.connections if c.is_open and c is not connection}
        if event.position is not None and earlier not in others:
            self._journal.record(
                records.DuplicateDropped,
                user=self.key,
                connection=connection.name,
                position=event.position,
                epoch=event.epoch,
            )

    def _keep(self, run: Run) -> None:
        if not self.outbox.put(run):
            self.runs.remove(run)
        self._journal.record(
            records.Queued,
            user=self.key,
            request_id=run.request_id,
            size=len(self.outbox),
            refused=self.outbox.refused,
        )

    def _new_connection(self) -> Connection:
        name = f"{self.key}#{len(self.connections) + 1}"
        connection = Connection(name, self.key, self._deployment, self._journal, self)
        self.connections.append(connection)
        return connection

    def _greeted(self, connection: Connection) -> None:
        ready = connection.ready
        if ready is None:
            return
        self.memory.greeted(ready)
        if ready.server_time is not None:
            self._deployment.clock.learn(ready.server_time)
        if ready.messages_per_s:
            self._pacer.limit(ready.messages_per_s)

    async def _subscribe(self, connection: Connection, since: Place | None) -> bool:
        if "streams" not in self._deployment.capabilities:
            return True
        dialect = self._deployment.dialect
        message = dialect.subscribe() if since is None else dialect.resume(*since)
        self.memory.resubscribing(connection.name)
        await connection.send(message)
        return await self.until(
            lambda: self.memory.is_subscribed(connection.name) or not connection.is_open,
            "the answer to a subscription",
        )
