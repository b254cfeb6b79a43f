"""A user who sends far more than the deployment has announced it will take."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from support.client.connection import Connection
from support.config import NotOffered
from support.deployment import Deployment
from support.dialects.schema import FloodRules

if TYPE_CHECKING:
    from support.client.user import User

TIMES = 20  # as fast as announced
MOST_PER_S = 4_000.0
BATCH = 40
IN_FLIGHT = 100  # unanswered, so that it can be told after how many refusals a close came


async def flood(user: User, deployment: Deployment, meanwhile: Awaitable[object]) -> None:
    """Flood for as long as `meanwhile` lasts; cut off for it, come back and go on.

    What is sent starts no work: wishes to end runs that do not exist, each of which is answered.
    In the end the flooder leaves. Raises `NotOffered` where no rate is announced, or one too high
    to be exceeded from here.
    """
    deployment.safety.guard("flood")
    rate, rules = announced(user, deployment)
    under_way = asyncio.ensure_future(meanwhile)
    try:
        while not under_way.done():
            connection = user.online
            if connection is None and user.credentials is not None:
                connection = await user.knock(
                    user.credentials.access, "a good token", expect="admitted"
                )
            if connection is None or not connection.is_open:
                break
            if not await _until(under_way, connection, user, deployment, rate, rules):
                break
    finally:
        await under_way
        await user.leave()


def announced(user: User, deployment: Deployment) -> tuple[float, FloodRules]:
    """Messages a second by the deployment's own greeting, and how it holds back who sends more."""
    rules = deployment.dialect.data.flood
    told = [c.ready.messages_per_s for c in user.connections if c.ready is not None]
    rate = told[-1] if told else None
    if rules is None or rate is None:
        raise NotOffered("the deployment announces no usable limit of messages a second")
    most = user.sizes.messages_per_s
    if rate > most:
        raise NotOffered(
            f"the deployment takes {rate:g} messages a second; up to {most:g} are exceeded here"
            " (sizes.messages_per_s)"
        )
    return rate, rules


async def _until(
    under_way: asyncio.Future[object],
    connection: Connection,
    user: User,
    deployment: Deployment,
    rate: float,
    rules: FloodRules,
) -> bool:
    """Flood one connection; False when it is not answered any more."""
    over = user.mischief.provokes(
        connection, "sends far more than is taken", close=tuple(rules.close)
    )
    every_s = BATCH / min(TIMES * rate, MOST_PER_S)
    sent, answered_before = 0, user.memory.refusals
    due = time.monotonic()

    async def answered(but: int) -> bool:
        wanted = answered_before + sent - but
        return await user.until(
            lambda: user.memory.refusals >= wanted or not connection.is_open,
            "answers to what is sent too fast",
            deployment.environment.patience.fence_s,
        )

    going = True
    while going and connection.is_open and not under_way.done():
        batch = [deployment.dialect.cancel(f"greenlight-{uuid.uuid4().hex}") for _ in range(BATCH)]
        await connection.send_together(batch)
        sent += BATCH
        going = await answered(IN_FLIGHT)
        due = max(due + every_s, time.monotonic())
        await asyncio.wait([under_way], timeout=due - time.monotonic())
    going = going and await answered(0)
    over()
    return going
