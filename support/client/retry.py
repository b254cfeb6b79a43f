"""Retry until complete on a bad network: missing events are asked for until all have arrived."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from support.client.questions import Question
from support.client.user import User
from support.config import Chaos


async def retry_until_complete(people: Sequence[User], question: Question, plan: Chaos) -> bool:
    """Everyone asks `question`, one after another; True once all of them are answered, whole.

    After `plan.patience_s` of silence, a user's app asks for what is missing, and sends again what
    was never accepted; after `plan.within_s` in all, it gives up.
    """
    deadline = time.monotonic() + plan.within_s

    async def talk(user: User) -> None:
        for kind in question.kinds * question.count:
            run = await user.ask(kind)
            while not run.ended and time.monotonic() < deadline:
                await _listen(user, plan.patience_s)
        while user.memory.has_gaps and time.monotonic() < deadline:
            await _listen(user, plan.patience_s)

    await asyncio.gather(*(talk(user) for user in people))
    return all(run.ended for user in people for run in user.runs)


async def _listen(user: User, patience_s: float) -> None:
    if not await user.any_news(patience_s):
        await user.catch_up()
