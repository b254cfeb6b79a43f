"""What people do together is over when it is said to be over."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from support.client import group
from support.config import NotOffered


class Arrival:
    """Somebody who takes a moment to connect, or cannot."""

    def __init__(self, *, offered: bool) -> None:
        self.offered, self.connected = offered, False

    async def connect(self, via: object = None) -> None:
        if not self.offered:
            raise NotOffered("the environment gives 2 users, the scenario needs one more")
        await asyncio.sleep(0.01)
        self.connected = True


def test_nobody_is_still_connecting_when_one_could_not() -> None:
    people = [Arrival(offered=True), Arrival(offered=False), Arrival(offered=True)]
    with pytest.raises(NotOffered, match="needs one more"):
        asyncio.run(group.connect(cast(Any, people)))
    assert [person.connected for person in people] == [True, False, True]


class Device:
    """A connection that is open."""

    is_open = True


class Reader:
    """Somebody who waits for nothing but round trips on so many devices."""

    online = None

    def __init__(self, devices: int) -> None:
        self.connections = [Device()] * devices
        self.liveness, self.fences, self.levels = self, 0, 0

    async def level(self) -> None:
        await asyncio.sleep(0.01 * len(self.connections))
        self.levels += 1

    async def fence(self) -> None:
        assert self.levels > self.fences
        self.fences += 1


def test_what_has_settled_has_reached_every_device() -> None:
    phone, both = Reader(1), Reader(2)
    asyncio.run(group.settle(cast(Any, [phone, both])))
    assert (phone.fences, both.fences) == (1, 2)


def test_nobody_is_fenced_before_everyones_devices_have_the_same() -> None:
    phone, both = Reader(1), Reader(2)
    seen: list[int] = []

    async def fence() -> None:
        seen.append(both.levels)

    phone.fence = fence  # type: ignore[method-assign]
    asyncio.run(group.fence(cast(Any, [phone, both])))
    assert seen == [1]
