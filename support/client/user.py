"""A person in a scenario: a client, and the app they use it with."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Collection

from support.client import limits
from support.client.account import Account
from support.client.client import Client
from support.client.connection import Connection
from support.client.liveness import Liveness
from support.client.reconnect import AutoReconnect
from support.client.run import Run
from support.client.sign_in import SignIn
from support.config import NotOffered
from support.deployment import Deployment
from support.dialects import Outgoing
from support.journal import Journal, facts


class User(Client):
    """A client with an account, liveness checks and automatic reconnecting.

    user.stay_connected()                          # from now on reconnect automatically
    await user.auto_reconnect.reconnected(5.0)     # True once connected, False if it gave up
    await user.liveness.fence()                    # all that was sent before has arrived
    """

    def __init__(self, key: str, deployment: Deployment, journal: Journal, sign_in: SignIn) -> None:
        super().__init__(key, deployment, journal, sign_in)
        self.liveness = Liveness(self)
        self.account = Account(self)
        self.reconnector = self.auto_reconnect = AutoReconnect(self)

    # --- connecting

    async def connect_from_page(self) -> bool:
        """As `connect`, as a page of the allowed site does: it can set no header of its own."""
        deployment = self.deployment
        return await self.connect(way=deployment.page_way, origin=deployment.allowed_origin)

    async def connect_with_expiring_token(self, way: str = "header") -> bool:
        """As `connect`, with a token that is about to expire by the deployment's own clock.

        An existing connection stays open; this opens another. That clock is read from pongs, too,
        where the dialect has them.
        """
        chatting = self.online is not None
        if not chatting:
            await self.connect(way=way)
        if self.deployment.dialect.round_trips:
            await self.liveness.fence()
        if not chatting:
            await self.leave()
        await self.account.expire_soon()
        return await (self.connect(way=way) if chatting else self.reconnect(way=way))

    async def disconnected_by_service(self) -> None:
        """Wait for the end of the newest connection.

        Of one whose token ends, not too long; other connections of the user may go on.
        """
        newest = self.online
        if newest is not None and self.own_credentials().ends is not None:
            await self.account.wait_for_expiry(newest)
        else:
            await self.until(lambda: self.online is None, "the end of the connection")

    async def reconnect_at_gap(self, within_s: float) -> bool:
        """Wait for an event that shows that one before it is missing; then lose the connection.

        True once the app has reconnected by itself. False if no event is missed (recorded), or if
        the app has not reconnected after `within_s`. Cancels safely. Raises `NotOffered` where
        events carry no positions that could show it.
        """
        if "positions" not in self.deployment.capabilities:
            raise self.deployment.lacking("positions") or NotOffered("there are no positions")
        if not await self.until(lambda: self.memory.has_gaps, "an event after a missing one"):
            return False
        self.cut()
        await self.disconnected()
        return await self.auto_reconnect.reconnected(within_s)

    async def lose_connection_after(self, event: str) -> None:
        """As `cut_after`, and wait until it has happened; at once if the event is there already."""
        if event in self.current_run.seen:
            self.cut()
        else:
            self.cut_after(event)
        await self.until(lambda: self.online is None, f"{event} of a run")

    def stay_connected(self) -> None:
        """From now on reconnect automatically."""
        self.auto_reconnect.start()

    async def leave(self) -> None:
        """Stop reconnecting and close every open connection cleanly."""
        await self.auto_reconnect.stop()
        await super().leave()

    async def close(self) -> None:
        await self.auto_reconnect.stop()
        await super().close()

    async def catch_up(self) -> None:
        """Ask again for all that was not read without a gap; send what was never confirmed.

        Where automatic reconnecting has given up, try once more, as a person does.
        """
        connection = self.online
        if self.auto_reconnect.at_work:
            return
        if connection is None:
            await self.auto_reconnect.cooled_down()
            await self.auto_reconnect.attempt_now()
            return
        await self.subscribe(connection, self.memory.read_up_to)
        await self._send_unconfirmed()

    # --- asking

    @property
    def message_limit(self) -> int:
        """Bytes a message may have; raises `NotOffered` as `limits.message_bytes`."""
        return limits.message_bytes(self)

    async def ask_sized(self, size: int, *, letter: str = "x", pieces: int = 1) -> Run:
        """Ask a `long` question whose whole message has exactly `size` bytes."""
        text = self.speaker.prompt("long", self.canary, f"note {len(self.runs) + 1}")
        bare = self.speaker.ask(str(uuid.uuid4()), text).text
        room = size - len(bare.encode() if isinstance(bare, str) else bare)
        count, rest = divmod(room, len(letter.encode()))
        return await self.ask("long", filler=letter * count + "x" * rest, pieces=pieces)

    async def ask_series(
        self,
        count: int,
        in_flight: int,
        kind: str = "plain",
        filler: str = "",
        *,
        same_words: Collection[int] = (),
    ) -> list[Run]:
        """Ask `count` questions, at most `in_flight` of them unanswered at any time.

        Those at the places `same_words` have the words of the first. Stops early, leaving the rest
        unasked, once an answer does not come in time.
        """
        runs: list[Run] = []
        for place in range(count):
            pending = [run for run in runs[-2 * in_flight :] if not run.ended]
            if len(pending) >= in_flight and not await self.finished(pending[0]):
                break
            tag = runs[0].tag if runs and place in same_words else None
            runs.append(await self.ask(kind, filler=filler, tag=tag))
        for run in runs:
            if not await self.finished(run):
                break
        return runs

    async def ask_twice(self, kind: str) -> Run:
        """Ask a question of that kind and send the very same request again at once.

        Where the announced rate does not allow that, one after the other. Raises as
        `ensure_can_repeat`.
        """
        self.ensure_can_repeat()
        run = self.plan(kind)
        run.twice = True
        if not self.may_send_at_once(2):
            await self._send(run, 1)
            await self._send(run, 1)
            return run
        for _ in range(2):  # before either is sent: the second must not wait for its turn
            await self.turn()
        connection = self.online
        if connection is not None:
            run.sent = True
            messages = [run.message(self.speaker) for _ in range(2)]  # each with its own number
            await asyncio.gather(*map(connection.send, messages))
        return run

    async def cancel_on_every_device(self, run: Run) -> None:
        """Cancel a run on one device; once it has ended, on the others and once more."""
        devices = [c for c in self.connections if c.is_open]
        for device in devices[:1]:
            await self.cancel(run, device)
        await self.finished(run)
        for device in (*devices[1:], *devices[-1:]):
            await self.cancel_again(run, device)

    async def cancel_again(self, run: Run, device: Connection) -> None:
        """Cancel a run that has ended; where the dialect has a code for it, wait for the error."""
        refusals = self.memory.refusals
        await self.cancel(run, device)
        if self.deployment.dialect.rejects("absent"):
            within_s = self.deployment.environment.patience.fence_s
            await self.until(lambda: self.memory.refusals > refusals, "a refusal", within_s)

    async def misbehave(self, what: str) -> None:
        """Send the broken messages of that name, and wait for the answer to each, or the close."""
        connection = self.online
        if connection is None:
            return
        limit = connection.ready.message_bytes if connection.ready else None
        for message in self.speaker.broken(what, limit):
            if not connection.is_open or not await self._answered(connection, message, what):
                return

    async def _answered(self, connection: Connection, message: Outgoing, what: str) -> bool:
        """Send a broken message; True once it is answered, or the connection is over."""
        await self.turn()
        refusals = self.memory.refusals
        await connection.send(message)
        if isinstance(message.fact, facts.MalformedSent) and message.fact.ignored:
            await self.liveness.fence()
            return True
        return await self.until(
            lambda: self.memory.refusals > refusals or not connection.is_open,
            f"the answer to {what}",
        )

    async def announcement_received(self) -> bool:
        """Wait for an announcement; True once one has arrived on every subscribed one."""
        return await self.until(
            lambda: all(
                self.memory.has_announcement(c.name)
                for c in self.connections
                if c.is_open and not self.memory.is_unsubscribed(c.name)
            ),
            "an announcement",
        )
