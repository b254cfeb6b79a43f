"""The core of a client: one person's identity, credentials, connections, memory and requests.

What an app adds (reconnecting by itself, liveness, the account) builds on it in `user`; what an
attacker does is in `support.attacks`. All of them take the client as an argument; this module
imports none of them.
"""

from __future__ import annotations

import asyncio
import uuid
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

from support.client import prelude
from support.client.connection import Connection
from support.client.memory import Memory, StreamPosition
from support.client.outbox import Outbox
from support.client.run import Run
from support.client.sign_in import SignIn, SignInFailed
from support.client.tokens import Credentials
from support.client.waiting import Waiting
from support.config import NotOffered
from support.config.pace import Pacer
from support.deployment import Deployment
from support.journal import Journal, facts, records
from support.journal.canaries import new_canary

CUT_S = 3.0  # how long our own side may take to notice that a connection was cut
_LEVEL_S = 1.0  # one device may be told so much later than another


class Client(Waiting):
    """Connects, sends and waits. Methods record what happens and judge nothing.

    `key` (`s07/Alice`) is unique to the scenario; `name` is what features call the person.
    """

    def __init__(self, key: str, deployment: Deployment, journal: Journal, sign_in: SignIn) -> None:
        super().__init__()
        self.key = key
        self.name = key.rsplit("/", 1)[-1]
        self.deployment = deployment
        self.journal = journal
        self.canary = new_canary()
        self.credentials: Credentials | None = None
        self.person = deployment.person()
        self.speaker = deployment.dialect.speaker(self.person)
        self.connections: list[Connection] = []
        self.runs: list[Run] = []
        self.outbox = Outbox()
        self.memory = Memory()
        self.resumed_from: StreamPosition | None = None
        self.connect_options: dict[str, Any] = {}
        self.cleanup = AsyncExitStack()
        self._sign_in = sign_in
        self._cut_after: str | None = None
        self._pacer = Pacer()
        journal.redactor.add_canary(self.canary, key)

    # --- identity

    async def sign_in(self) -> bool:
        """Get tokens, once; False if the deployment issues none (recorded)."""
        if self.credentials is not None:
            return True
        credentials = await self._sign_in.new_person(self.key, self.journal)
        if credentials is None:
            return False
        self.hold(credentials)
        self.person.values["user_id"] = credentials.user_id
        return await self.prepare("person")

    async def ensure_prepared(self) -> None:
        """Make the calls without which the dialect has no address to connect to.

        Raises `SignInFailed` when one fails.
        """
        if self.deployment.dialect.data.before and not await self.sign_in():
            raise SignInFailed("the calls that come before a connection failed")

    async def prepare(self, scope: str) -> bool:
        """Make the calls that come before a first, or each, connection; False if one fails."""
        return await prelude.prepare(self, scope)

    @property
    def is_at_rest(self) -> bool:
        """True when everything the user asked has ended."""
        return all(run.ended for run in self.runs)

    @property
    def id(self) -> str:
        """The id by which the deployment knows the user.

        Raises `LookupError` before signing in, `NotOffered` where the deployment does not say.
        """
        known = self.own_credentials().user_id
        if known is None:
            raise NotOffered("the deployment does not say by which id it knows a user")
        return known

    def own_credentials(self) -> Credentials:
        """What the user holds. Raises `LookupError` before signing in."""
        if self.credentials is None:
            raise LookupError(f"{self.name} has not signed in")
        return self.credentials

    def hold(self, credentials: Credentials) -> None:
        """From now on these are the user's own, and the dialect sends their token."""
        self.credentials = credentials
        self.person.values["token"] = credentials.access

    def carried_credentials(self) -> Credentials:
        """As `own_credentials`, with what a connection carries in the place of a token.

        Raises `NotOffered` where that is several things.
        """
        own = self.own_credentials()
        carried = self.deployment.dialect.credential(own.access, self.person.values)
        return own if carried == own.access else replace(own, access=carried)

    # --- connecting

    async def connect(
        self,
        *,
        way: str = "header",
        since: StreamPosition | None = None,
        compress: bool = False,
        via: tuple[str, int] | None = None,
        origin: str | None = None,
        expect: str = "admitted",
        resuming: bool = False,
        subscribes: bool = True,
    ) -> bool:
        """Sign in if not signed in, connect, and subscribe: live only, or resuming after `since`.

        `resuming`: the same device comes back. It may do so where second devices are not offered:
        if its last connection is still open, the checks judge that.
        `origin` is the site whose page this is, if it is one; `via` is the host and port of a proxy
        in front of the deployment; `expect` goes into the record of the handshake.
        """
        second = self.online is not None and not resuming
        if second and self.deployment.dialect.data.runs.devices == "one":
            raise NotOffered("this kind of backend tells a run to the connection that asked alone")
        if second:
            self.ensure_room()
        if not await self.sign_in():
            return False
        self.connect_options = {"way": way, "compress": compress, "via": via, "origin": origin}
        held, connection = self.own_credentials(), self.new_connection()
        options = {"expect": expect, "token_ends": held.ends, **self.connect_options}
        if not await self.prepare("connection"):
            return False
        if not await connection.open(held.access, resuming=resuming, **options):
            return False
        self._greeted(connection)
        if not subscribes:
            self.memory.not_subscribing(connection.name)
        elif not await self.subscribe(connection, since):
            return False
        if self.renews or (self.reconnector is not None and self.reconnector.on):
            await self._send_unconfirmed()
        await self.empty_outbox()
        return True

    def ensure_room(self) -> None:
        """Raise `NotOffered` where as many connections are open as the deployment announces."""
        open_now = [c.ready for c in self.connections if c.is_open and c.ready is not None]
        allowed = open_now[-1].connections_per_user if open_now else None
        if allowed is not None and len(open_now) >= allowed:
            raise NotOffered(f"the deployment's limit of connections of one user is {allowed}")

    async def attempt(
        self,
        token: str | None,
        means: str,
        *,
        expect: str,
        way: str = "header",
        flaw: str = "token",
        origin: str | None = None,
    ) -> Connection:
        """Attempt a handshake with `token` and nothing more; `means` describes it for people.

        `flaw` is what such a client should be refused for. Raises `NotOffered` for one that should
        be `admitted`, where there is no room.
        """
        if expect == "admitted":
            self.ensure_room()
        await self.ensure_prepared()
        connection = self.new_connection()
        await connection.open(token, expect=expect, means=means, way=way, flaw=flaw, origin=origin)
        return connection

    async def reconnect(self, since: StreamPosition | None = None, *, way: str = "header") -> bool:
        """Connect again and resume after `since`, or after the last event read without a gap.

        Through the same network as before; the token travels by `way`.
        """
        await self.disconnected()
        self.resumed_from = since or self.memory.read_up_to
        return await self.connect(
            way=way, since=self.resumed_from, via=self.connect_options.get("via"), resuming=True
        )

    async def subscribe(self, connection: Connection, since: StreamPosition | None) -> bool:
        """Subscribe to the user's stream, live or after `since`; True once that is answered."""
        if "streams" not in self.deployment.capabilities:
            return True
        if self.deployment.dialect.data.resume.mode in ("none", "live"):
            since = None  # what was missed is gone
        message = self.speaker.subscribe() if since is None else self.speaker.resume(*since)
        self.memory.resubscribing(connection.name)
        await connection.send(message)
        return await self.until(
            lambda: self.memory.is_subscribed(connection.name) or not connection.is_open,
            "the answer to a subscription",
        )

    async def level(self, other: Client | None = None) -> bool:
        """Wait a moment until each device has what another has, and what it is to get again.

        `other` is a client of the same user. A deployment of several nodes may tell one device
        milliseconds after another, and pings are answered at any time, also during a replay.
        """
        theirs = (other or self).memory
        return await self.until(
            lambda: not any(self.memory.is_behind(c.name, theirs) for c in self._open),
            "an event that another device has received",
            min(_LEVEL_S, self.deployment.environment.patience.fence_s),
            named=False,
        )

    @property
    def _open(self) -> list[Connection]:
        return [c for c in self.connections if c.is_open]

    @property
    def online(self) -> Connection | None:
        """The newest open connection."""
        return next((c for c in reversed(self.connections) if c.is_open), None)

    def cut(self) -> None:
        """Lose every connection at once, without a close frame."""
        for connection in self.connections:
            connection.cut()

    def cut_after(self, event: str) -> None:
        """Lose the connection at the very moment the next event of that type arrives.

        Raises `NotOffered` where there is no such event.
        """
        self.deployment.dialect.ensure_has(event)
        self._cut_after = event

    async def disconnected(self) -> None:
        """Wait until every connection is over on our own side, too."""
        await asyncio.gather(*(c.closed_within(CUT_S) for c in self.connections))

    async def leave(self) -> None:
        """Close every open connection cleanly."""
        await asyncio.gather(*(c.leave() for c in self.connections if c.is_open))

    async def close(self) -> None:
        """Close every connection and remove what was made in the user's name. Idempotent."""
        await prelude.say_farewell(self)
        await asyncio.gather(*(c.leave() for c in self.connections))
        await prelude.clear_away(self)
        await self.cleanup.aclose()

    # --- asking

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
        tag: str | None = None,
    ) -> Run:
        """Send a question of that kind (`plain`, `tool`, …), with the user's canary in it.

        `filler` makes a `long` one long; `pieces` sends it in so many fragments; `thread` continues
        a conversation; with the `tag` of another question it has the same words. Without a
        connection it waits in the outbox.
        """
        if self.deployment.dialect.data.runs.at_once == 1 and self.runs:
            await self.finished()
        run = self.plan(kind, filler, request_id, thread, tag)
        if self.online is None or self.is_reconnecting:
            self._queue(run)
        else:
            await self._send(run, pieces)
        return run

    def plan(
        self,
        kind: str,
        filler: str = "",
        request_id: str | None = None,
        thread: str | None = None,
        tag: str | None = None,
    ) -> Run:
        """A question that is about to be sent."""
        tag = tag or f"note {len(self.runs) + 1}"
        text = self.speaker.prompt(kind, self.canary, tag, filler)
        run = Run(request_id or str(uuid.uuid4()), kind, text, tag, thread)
        self.runs.append(run)
        self.memory.asked(run)
        return run

    async def repeat(self, run: Run, *, reworded: bool = False) -> None:
        """Send the very same request again, as a client does that never got its answer.

        A `reworded` one says something else under the same id, as a client does whose ids are not
        unique, or whose user has edited the question. Raises as `ensure_can_repeat`, and
        `NotOffered` for a failed run where the deployment runs such a request again.
        """
        self.ensure_can_repeat()
        if run.failed and self.deployment.dialect.data.runs.retries_failed:
            raise NotOffered("this kind of backend runs a question again whose run has failed")
        if reworded:
            run.text, run.reworded = f"Once more: {run.text}", True
        await self._send(run, 1)

    def ensure_can_repeat(self) -> None:
        """Raise `NotOffered` where the deployment runs a request twice that is sent twice."""
        if not self.deployment.dialect.data.runs.idempotent:
            raise NotOffered("this kind of backend runs a question again that is sent again")

    async def cancel(self, run: Run, device: Connection | None = None) -> None:
        """Cancel a run, on the newest device or another; its acceptance is waited for first."""
        await self.until(lambda: run.run_id is not None, "the acceptance of a request")
        device = device or self.online
        if run.run_id is not None and device is not None:
            await device.send(self.speaker.cancel(run.run_id))

    async def empty_outbox(self) -> None:
        """Send what waits, oldest first, for as long as there is a connection."""
        while (run := self.outbox.first()) is not None and self.online is not None:
            await self._send(run, 1)
            self.outbox.sent()

    async def turn(self) -> None:
        """Wait until one more message may be sent within the deployment's announced rate."""
        await self._pacer.turn()

    def may_send_at_once(self, count: int) -> bool:
        """True where the announced rate allows so many messages at the same time."""
        return self._pacer.allows_at_once(count)

    # --- what connections report (`Observer`)

    def heard(self, connection: Connection, fact: facts.AnyFact) -> None:
        """Keep the user's own picture up to date. Called from the receive path."""
        if isinstance(fact, facts.Accepted) and self.memory.owns(fact.request_id):
            self.journal.redactor.add_identifier(fact.run_id, "run", self.key)
            self.journal.redactor.add_identifier(fact.thread_id, "thread", self.key)
        elif isinstance(fact, facts.Pong):
            self.deployment.misses.answered()
        elif isinstance(fact, facts.Turn):
            self.journal.redactor.add_identifier(fact.run_id, "run", self.key)
        earlier = self.memory.heard(connection.name, fact)
        if isinstance(fact, facts.Event):
            if fact.ends_run:
                self.deployment.warmed_up = True
            if earlier is not None:
                self._repeated(connection, earlier, fact)
            if fact.type == self._cut_after:
                self._cut_after = None
                connection.cut(f"right after {fact.type}")
        self.look_again()

    def ended(self, connection: Connection) -> None:
        """A connection is over; those who wait look again."""
        if self.reconnector is not None:
            self.reconnector.lost(connection)
        self.look_again()

    async def _send(self, run: Run, pieces: int) -> None:
        await self.turn()
        connection = self.online
        if connection is not None:
            run.sent = True
            await connection.send(run.message(self.speaker), pieces)

    async def _send_unconfirmed(self) -> None:
        """Send again what was sent and never accepted: the same request, so that it runs once."""
        if not self.deployment.dialect.data.runs.idempotent:
            return
        for run in self.runs:
            if run.sent and run.run_id is None and run.rejected is None:
                await self._send(run, 1)

    def _repeated(self, connection: Connection, earlier: str, event: facts.Event) -> None:
        """Record a repetition; an event that another open device has shown is none."""
        others = {c.name for c in self.connections if c.is_open and c is not connection}
        if event.position is not None and earlier not in others:
            self.journal.record(
                records.DuplicateDropped,
                user=self.key,
                connection=connection.name,
                position=event.position,
                epoch=event.epoch,
            )

    def _queue(self, run: Run) -> None:
        if not self.outbox.put(run):
            self.runs.remove(run)
        self.journal.record(
            records.Queued,
            user=self.key,
            request_id=run.request_id,
            size=len(self.outbox),
            refused=self.outbox.refused,
        )

    def new_connection(self) -> Connection:
        """A further connection of the user, not opened yet."""
        name = f"{self.key}#{len(self.connections) + 1}"
        connection = Connection(name, self.key, self.deployment, self.journal, self, self.person)
        self.connections.append(connection)
        return connection

    def _greeted(self, connection: Connection) -> None:
        ready = connection.ready
        if ready is None:
            return
        self.memory.greeted(ready)
        if ready.server_time is not None:
            self.deployment.clock.learn_greeting(ready.server_time)
        if ready.messages_per_s:
            self._pacer.limit(ready.messages_per_s)
