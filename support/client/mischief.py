"""What no well-behaved client does: breaches of the protocol, bombs, and leaving all unread."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from support.client.breaches import BREACHES
from support.client.connection import Connection
from support.client.flood import flood
from support.client.raw_frames import bomb
from support.config import NotOffered
from support.deployment import Deployment
from support.journal import Journal, facts, records

if TYPE_CHECKING:
    from support.client.user import User

BOMB_BYTES = 20_000_000
NOTES = 5
RECALLS = 3
NEED_BYTES = 2_000  # of a message, for all but the filler
MOST_ANSWERS = 1_000

#: What others do at the same time, for as long as what it is given lasts.
Beside = Callable[[Awaitable[object]], Awaitable[object]]


class Mischief:
    """A user's bad behaviour, deliberate and recorded. Judges nothing."""

    def __init__(self, user: User, deployment: Deployment, journal: Journal) -> None:
        self._user = user
        self._deployment = deployment
        self._journal = journal
        self._asks = "recall"

    async def breaks_protocol(self, name: str) -> None:
        """Send a breach of the protocol, by its name, and wait for the end of the connection."""
        breach = BREACHES[name]
        also = self._deployment.dialect.data.closing.breach
        what = f"{name} (RFC 6455 {breach.section})"
        fact = facts.MalformedSent(what=what, close=(*breach.close, *also))
        await self._sends(breach.around(self._text()), fact, "protocol_violations")

    async def sends_bombs(self, count: int) -> None:
        """Send that many compressed messages that swell a thousandfold, each when let in again.

        Raises `NotOffered` where compression was not agreed on.
        """
        packed = await asyncio.to_thread(bomb, self._text(), BOMB_BYTES)
        what = f"a message of {len(packed):,} bytes that swells to {BOMB_BYTES:,}"
        fact = facts.MalformedSent(
            what=what, close=tuple(self._deployment.dialect.data.closing.oversize)
        )
        for _ in range(count):
            if self._user.online is None:
                await self._user.connect(compress=True)
            if self._user.online is not None and not self._user.online.compresses:
                raise NotOffered("the deployment does not compress")
            await self._sends(packed, fact, "compression_bomb")

    async def floods(self, meanwhile: Awaitable[object]) -> None:
        """Send far more than is taken for as long as `meanwhile` lasts; see `flood`."""
        await flood(self._user, self._deployment, meanwhile)

    async def reads_much(self, beside: Beside) -> None:
        """Have long answers made and read them on every device, with `beside` at the same time.

        What was noted is recalled, which is long to read and short to ask; where recalling brings
        little, long questions are asked from then on, to be quoted.
        """
        self._deployment.safety.guard("unread_answers")
        self._user.connections[0].keep_little()
        await beside(self._recalls())

    async def reads_nothing(self, beside: Beside) -> None:
        """Stop reading on the first device while the newest one asks for very long answers.

        Once more has been sent than may wait, and `beside` has ended, all is read that is there, to
        the end of the connection if it has one. Raises `NotOffered` where the deployment does not
        say how much may wait, or drops the device for its silence before that.
        """
        self._deployment.safety.guard("unread_answers")
        rules, deaf = self._deployment.dialect.data.unread, self._user.connections[0]
        if rules is None:
            raise NotOffered("this kind of backend does not say how much may wait for a client")
        buffers = int(self._deployment.environment.buffers_mb * 1e6)
        codes = (*rules.close, *self._deployment.dialect.data.closing.silent)
        done = self.provokes(deaf, "reads nothing any more", codes, bare=True)
        deaf.stop_reading()
        await beside(self._long_answers(rules.bytes + buffers))
        done()
        deaf.go_on_reading()
        nonce = uuid.uuid4().hex
        await deaf.send(self._deployment.dialect.ping(nonce))
        await self._user.until(
            lambda: not deaf.is_open or self._user.memory.has_pong(nonce),
            "the end of a connection on which nothing was read",
        )
        end = deaf.outcome
        if (
            isinstance(end, records.Closed)
            and end.code in self._deployment.dialect.data.closing.silent
        ):
            raise NotOffered(
                "the connection was ended for missed heartbeats before what waited for it could"
                " reach its bound"
            )

    def provokes(
        self, connection: Connection, what: str, close: tuple[int, ...], *, bare: bool = False
    ) -> Callable[[], None]:
        """Record that the end of `connection` is provoked from now on; call what it returns when
        that is over."""

        def tell(done: bool) -> None:
            self._journal.record(
                records.ProvokedClose,
                connection=connection.name,
                user=self._user.key,
                what=what,
                close=close,
                bare=bare,
                done=done,
            )

        tell(False)
        return lambda: tell(True)

    async def _recalls(self) -> None:
        reading = self._user.online
        for _ in range(NOTES):
            await (await self._user.ask("keep", filler=self._filler())).finished()
        for _ in range(RECALLS):
            before = reading.received_bytes if reading else 0
            await (await self._user.ask(self._asks, filler=self._filler())).finished()
            gained = reading.received_bytes - before if reading else 0
            if gained < 2 * self._user.message_limit:
                self._asks = "page"

    async def _long_answers(self, volume: int) -> None:
        """Ask until so many bytes of answers have reached the newest device.

        One question after the other: long answers are work for both sides, and nobody else is to
        wait for that.
        """
        reading = self._user.online
        enough = volume + (reading.received_bytes if reading else 0)
        for _ in range(MOST_ANSWERS):
            if reading is None or not reading.is_open or reading.received_bytes >= enough:
                return
            await (await self._user.ask(self._asks, filler=self._filler())).finished()

    def _filler(self) -> str:
        """Words that make a message almost as long as it may be."""
        return "lorem ipsum " * ((self._user.message_limit - NEED_BYTES) // 12)

    async def _sends(self, data: bytes, fact: facts.MalformedSent, kind: str) -> None:
        connection, patience = self._user.online, self._deployment.environment.patience
        if connection is not None:
            connection.send_raw(data, fact, kind)
            await connection.gone(patience.fence_s * patience.scale)

    def _text(self) -> bytes:
        """A question that would be answered, were it sent as it should be."""
        text = self._deployment.dialect.ask(str(uuid.uuid4()), "Good morning.").text
        return text if isinstance(text, bytes) else text.encode()
