"""Retry until complete on a bad network: missing events are asked for until all have arrived."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from support.client.user import User


async def retry_until_complete(
    people: Sequence[User], questions: int, patience_s: float, within_s: float
) -> bool:
    """Everyone asks so many questions, one after another; True once all of them are answered.

    After `patience_s` of silence, a user asks for what is missing; after `within_s`
    in all, everyone gives up.
    """
    deadline = time.monotonic() + within_s

    async def talk(user: User) -> None:
        for _ in range(questions):
            run = await user.ask("tools")
            while not run.ended and time.monotonic() < deadline:
                await _listen(user, patience_s)
        await wait_until_complete(user, patience_s, deadline - time.monotonic())

    await asyncio.gather(*(talk(user) for user in people))
    return all(run.ended for user in people for run in user.runs)


async def wait_until_complete(user: User, patience_s: float, within_s: float) -> bool:
    """True once the current run has ended and nothing before its end is missing.

    After `patience_s` of silence, the user's app asks for what is missing, and
    sends again what was never accepted; after `within_s` in all it gives up.
    """
    deadline = time.monotonic() + within_s
    while not user.current_run.ended or user.memory.has_gaps:
        if time.monotonic() >= deadline:
            return False
        await _listen(user, patience_s)
    return True


async def _listen(user: User, patience_s: float) -> None:
    if not await user.any_news(patience_s):
        await user.catch_up()
