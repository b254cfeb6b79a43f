"""Overload: compression bombs, floods, and a slow reader whose long answers pile up."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from support.attacks.frames import bomb
from support.attacks.protocol_violations import question, send_raw
from support.client import limits
from support.client.access import NO_COMPRESSION
from support.client.client import Client
from support.client.connection import Connection
from support.config import NotOffered
from support.dialects import new_nonce
from support.dialects.endings import FloodRules
from support.journal import facts, records

MOST_BOMB_BYTES = 45_000_000  # more than memory may usually grow by (`policy.bomb_growth_mb`)
BOMB_FACTOR = 900  # it swells to: times the limit, below which it has to stay itself
NOTES = 5
RECALLS = 3
NEED_BYTES = 2_000  # of a message, for all but the filler
MOST_ANSWERS = 1_000
TIMES = 20  # as fast as announced
MOST_PER_S = 4_000.0
BATCH = 40
IN_FLIGHT = 100  # unanswered, so that refusals can be counted until the close
PAUSES = 8  # tries, at least, while a burst becomes allowed again
PAUSE_S = 0.25
SPARE_S = 1.0
BURSTS = 6

#: What others do at the same time, for as long as what it is given lasts.
Beside = Callable[[Awaitable[object]], Awaitable[object]]


@contextmanager
def provoked_close(
    client: Client, connection: Connection, what: str, close: tuple[int, ...], *, bare: bool = False
) -> Iterator[None]:
    """Record, before and after, that the end of `connection` is provoked in between."""

    def record(done: bool) -> None:
        client.journal.record(
            records.ProvokedClose,
            connection=connection.name,
            user=client.key,
            what=what,
            close=close,
            bare=bare,
            done=done,
        )

    record(False)
    yield
    record(True)


# --- compression bombs


async def send_bombs(client: Client, count: int) -> None:
    """Send that many compressed messages that swell a thousandfold, reconnecting for each.

    Raises `NotOffered` where compression was not negotiated.
    """
    limit = limits.message_bytes_announced(client)
    size = min(BOMB_FACTOR * limit, MOST_BOMB_BYTES) if limit else MOST_BOMB_BYTES
    packed = await asyncio.to_thread(bomb, question(client), size)
    what = f"a message of {len(packed):,} bytes that swells to {size:,}"
    close = tuple(client.deployment.dialect.data.closing.oversize)
    for _ in range(count):
        if client.online is None:
            await client.connect(compress=True)
        if client.online is not None and not client.online.compresses:
            raise NotOffered(NO_COMPRESSION)
        fact = facts.MalformedSent(what=what, close=close)
        await send_raw(client, packed, fact, "compression_bomb")


# --- slow reader


async def read_long_answers(client: Client, beside: Beside) -> str:
    """Request long answers and read them on every device, with `beside` at the same time.

    Returns the kind of question whose answers are long: notes are recalled, which is long to read
    and short to ask; where recalling yields little, long questions are asked, to be quoted.
    """
    client.deployment.safety.guard("unread_answers")
    client.connections[0].shrink_receive_buffer()
    recalling = asyncio.ensure_future(_recall(client))
    await beside(recalling)
    return await recalling


async def read_nothing(client: Client, beside: Beside, kind: str = "recall") -> None:
    """Stop reading on the first device while the newest one asks questions of that kind.

    Once more has been sent than may wait, and `beside` has ended, everything is read, to the end of
    the connection if it has one. Raises `NotOffered` where the deployment does not say how much may
    wait, or drops the device for missed heartbeats before that.
    """
    deployment = client.deployment
    deployment.safety.guard("unread_answers")
    rules, silent = deployment.dialect.data.unread, deployment.dialect.data.closing.silent
    if rules is None:
        raise NotOffered("this kind of backend does not say how much may wait for a client")
    buffers = int(deployment.environment.buffers_mb * 1e6)
    slow, codes = client.connections[0], (*rules.close, *silent)
    with provoked_close(client, slow, "reads nothing any more", codes, bare=True):
        slow.stop_reading()
        await beside(_long_answers(client, rules.bytes + buffers, kind))
    slow.resume_reading()
    nonce = new_nonce()
    await slow.send(client.speaker.ping(nonce))
    await client.until(
        lambda: not slow.is_open or client.memory.has_pong(nonce),
        "the end of a connection on which nothing was read",
    )
    end = slow.outcome
    if isinstance(end, records.Closed) and "silent" in end.causes:
        raise NotOffered(
            "the connection was closed for missed heartbeats before its unread data reached the"
            " limit"
        )


async def _recall(client: Client) -> str:
    reading, kind = client.online, "recall"
    for _ in range(NOTES):
        await client.finished(await client.ask("keep", filler=_filler(client)))
    await client.level()
    for _ in range(RECALLS):
        before = reading.received_bytes if reading else 0
        await client.finished(await client.ask(kind, filler=_filler(client)))
        await client.level()  # another device may have told the end
        gained = reading.received_bytes - before if reading else 0
        if gained < 2 * limits.message_bytes(client):
            kind = "page"
    return kind


async def _long_answers(client: Client, volume: int, kind: str) -> None:
    """Ask until so many bytes of answers have reached the newest device.

    One question after the other: long answers are work for both sides, and nobody else should wait
    for that.
    """
    reading = client.online
    enough = volume + (reading.received_bytes if reading else 0)
    for _ in range(MOST_ANSWERS):
        if reading is None or not reading.is_open or reading.received_bytes >= enough:
            return
        await client.finished(await client.ask(kind, filler=_filler(client)))


def _filler(client: Client) -> str:
    """Words that make a message almost as long as it may be."""
    return "lorem ipsum " * ((limits.message_bytes(client) - NEED_BYTES) // 12)


# --- floods


async def flood(client: Client, meanwhile: Callable[[], Awaitable[object]]) -> None:
    """Flood for as long as `meanwhile()` lasts; disconnected for it, reconnect and continue.

    What is sent starts no work: requests to cancel runs that do not exist, each of which is
    answered. In the end the client is limited once more, pauses, and leaves. Raises `NotOffered`
    where no rate is announced, or one too high to be exceeded from here.
    """
    client.deployment.safety.guard("flood")
    rate, rules = announced(client)
    under_way = asyncio.ensure_future(meanwhile())
    try:
        while not under_way.done():
            connection = client.online
            if connection is None and client.credentials is not None:
                token = client.credentials.access
                connection = await client.attempt(token, "a good token", expect="admitted")
            if connection is None or not connection.is_open:
                break
            if not await _flood_connection(under_way, connection, client, rate, rules):
                break
        await under_way
        await _slow_down(client, rate, rules)
    finally:
        await under_way
        await client.leave()


def announced(client: Client) -> tuple[float, FloodRules]:
    """Messages a second by the deployment's own greeting, and how it limits who sends more."""
    rules = client.deployment.dialect.data.flood
    if rules is None:
        raise NotOffered("this kind of backend announces no limit of messages a second")
    return limits.messages_per_s(client), rules


def lifted_within_s(rate: float, rules: FloodRules) -> float:
    """In how many seconds without any message the announced rate allows the next one."""
    return rules.burst_s + 1 / rate + SPARE_S


async def _slow_down(client: Client, rate: float, rules: FloodRules) -> None:
    """On a new connection exceed the rate until a ping is refused, then ping until one is answered.

    That is tried now and then, for as long as `lifted_within_s`.
    """
    await client.leave()
    token = client.own_credentials().access
    connection = await client.attempt(token, "a good token", expect="admitted")
    with provoked_close(client, connection, "sends more than is taken", tuple(rules.close)):
        most = max(rules.in_a_row // 2, 1)  # rejections, and as many tries: no row that ends it
        more = min(BATCH, most)
        count = int(rules.burst_s * rate) + more  # at once: what is sent bit by bit is no burst
        for _ in range(BURSTS):
            started = time.monotonic()
            if not await _taken(client, connection, count):
                break
            count = min(more + int(rate * (time.monotonic() - started)), most)
        within_s = lifted_within_s(rate, rules)
        ends = time.monotonic() + within_s
        while connection.is_open and time.monotonic() < ends:
            await asyncio.sleep(max(PAUSE_S, rules.burst_s / PAUSES, 2 / rate, within_s / most))
            if await _taken(client, connection, 0):
                break


async def _taken(client: Client, connection: Connection, count: int) -> bool:
    """Send so many messages and, once they are answered, a ping: True if that is not refused."""
    nonce, within_s = new_nonce(), client.deployment.environment.patience.fence_s
    refused = client.memory.refusals + count
    await connection.send_together(
        [client.speaker.cancel(f"greenlight-{uuid.uuid4().hex}") for _ in range(count)]
    )
    await connection.send(client.speaker.ping(nonce))
    await client.until(
        lambda: (
            client.memory.has_pong(nonce)
            or client.memory.refusals > refused
            or not connection.is_open
        ),
        "the answer to a ping",
        within_s,
    )
    return client.memory.has_pong(nonce)


async def _flood_connection(
    under_way: asyncio.Future[object],
    connection: Connection,
    client: Client,
    rate: float,
    rules: FloodRules,
) -> bool:
    """Flood one connection; False when it no longer answers."""
    every_s = BATCH / min(TIMES * rate, MOST_PER_S)
    sent, answered_before = 0, client.memory.refusals
    due, answering = time.monotonic(), True
    deployment = client.deployment

    async def answered(but: int) -> bool:
        wanted = answered_before + sent - but
        return await client.until(
            lambda: client.memory.refusals >= wanted or not connection.is_open,
            "answers to what is sent too fast",
            deployment.environment.patience.fence_s,
        )

    what, close = "sends far more than is taken", tuple(rules.close)
    with provoked_close(client, connection, what, close):
        while answering and connection.is_open and not under_way.done():
            batch = [client.speaker.cancel(f"greenlight-{uuid.uuid4().hex}") for _ in range(BATCH)]
            await connection.send_together(batch)
            sent += BATCH
            answering = await answered(IN_FLIGHT)
            due = max(due + every_s, time.monotonic())
            await asyncio.wait([under_way], timeout=due - time.monotonic())
        return answering and await answered(0)
