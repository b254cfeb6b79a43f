"""What a user overloads the service with, by the names that features use."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from functools import partial
from typing import Protocol

from support.attacks import overload
from support.client import User, group

BEFORE, DURING = 15, 24  # pings of the other user; with every fourth, a question


class Load(Protocol):
    """More than the service may be asked to bear. `questions` are asked at most."""

    questions: int

    async def prepare(self, user: User, other: User) -> Awaitable[object]:
        """While `other` chats as usual, get ready; returns the overload, which then is awaited.

        It lasts until `other` has chatted long enough to be measured.
        """


class Flood:
    """Many times more messages a second than announced, for as long as the other user chats."""

    questions = 10

    async def prepare(self, user: User, other: User) -> Awaitable[object]:
        await group.talk(other, BEFORE, asyncio.sleep(0))
        during = partial(group.talk, other, DURING)
        return overload.flood(user, lambda: during(asyncio.sleep(0)))


class UnreadAnswers:
    """Long answers that the user's first device does not read."""

    questions = 30

    async def prepare(self, user: User, other: User) -> Awaitable[object]:
        kind = await overload.read_long_answers(user, partial(group.talk, other, BEFORE))
        return overload.read_nothing(user, partial(group.talk, other, DURING), kind)


LOADS: dict[str, Load] = {
    "a flood of messages": Flood(),
    "long answers that the first device does not read": UnreadAnswers(),
}
