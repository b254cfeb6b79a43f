"""Exhausting connections: more of them than one user may have, and handshakes that never end."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from support.attacks.handshake import Malformed, handshake_request, open_tcp, status_of
from support.client import User, limits
from support.client.client import Client
from support.config import NotOffered
from support.journal import records

DRIP_S = 0.2  # from one byte to the next
RETRY_S = 0.05
FREED_S = 10.0  # a deployment may take so long to see that a connection was lost
MEASURED_S = 1.0  # waited beyond the stated deadline, to measure when a handshake ends after all
ANSWER_BYTES = 4_096
_WELL_FORMED = Malformed("nothing")


async def open_all(client: User) -> None:
    """Open as many connections as one user may have, and attempt one more, with a new token.

    Raises `NotOffered` where the deployment announces no number, or one too high.
    """
    client.deployment.safety.guard("connection_cap")
    limit, token = limits.connections_per_user(client), client.own_credentials().access
    for number in range(sum(c.is_open for c in client.connections), limit):
        await client.attempt(token, f"device {number + 1}", expect="admitted")
    with suppress(NotOffered):  # the cap is that of a user, not of a token
        await client.account.renew()
        token = client.own_credentials().access
    await client.attempt(token, "one device too many", expect="refused", flaw="room")


async def replace_two(client: Client) -> None:
    """Close one connection and open another in its place; then lose one and do the same."""
    if client.online is not None:
        await client.online.leave()
    await _replace(client, "the place of a device that has left")
    if client.online is not None:
        client.online.cut()
    await _replace(client, "the place of a device that was lost")


async def _replace(client: Client, means: str) -> None:
    """Retry for a while to open a connection."""
    token, patience = client.own_credentials().access, client.deployment.environment.patience
    ends = time.monotonic() + max(FREED_S, patience.connect_s * patience.scale)
    while time.monotonic() < ends:
        connection = await client.attempt(token, means, expect="either", flaw="room")
        if connection.is_open:
            return
        await asyncio.sleep(RETRY_S)


class SlowHandshakes:
    """Handshakes that were begun and are not finished (Slowloris): `begin_handshakes`."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._enough = asyncio.Event()
        self._unfinished: list[asyncio.Task[None]] = []

    async def begin(self, count: int) -> None:
        """Begin `count` handshakes; return once all are under way, or could not be begun."""
        await self._client.ensure_prepared()
        begun = [asyncio.Event() for _ in range(count)]
        for number, event in enumerate(begun):
            self._unfinished.append(asyncio.create_task(self._linger(number == 0, event)))
        patience = self._client.deployment.environment.patience
        with suppress(TimeoutError):  # what could not be begun is not in the record either
            async with asyncio.timeout(patience.connect_s * patience.scale):
                await asyncio.gather(*(event.wait() for event in begun))

    async def cut_within(self, deadline_s: float) -> None:
        """Wait until the deployment has ended them all, or `deadline_s` and a little has passed."""
        await asyncio.wait(self._unfinished, timeout=deadline_s + MEASURED_S)
        await self.give_up()

    async def give_up(self) -> None:
        """End what is unfinished. Idempotent."""
        self._enough.set()
        await asyncio.gather(*self._unfinished, return_exceptions=True)

    async def _linger(self, drips: bool, begun: asyncio.Event) -> None:
        deployment = self._client.deployment
        reader, writer = await open_tcp(deployment)
        request = handshake_request(deployment, self._client.person, None, _WELL_FORMED)
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
        self._client.journal.record(
            records.SlowHandshake,
            user=self._client.key,
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


async def begin_handshakes(client: Client, count: int) -> SlowHandshakes:
    """Begin `count` handshakes and finish none: one goes on byte by byte, the others stop."""
    client.deployment.safety.guard("slow_handshakes")
    slow = SlowHandshakes(client)
    client.cleanup.push_async_callback(slow.give_up)
    await slow.begin(count)
    return slow


def _answered(answer: asyncio.Future[bytes]) -> int | None:
    if not answer.done() or answer.exception() is not None:
        return None
    return status_of(answer.result())
