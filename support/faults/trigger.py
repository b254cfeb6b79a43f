"""Triggers: the moment a fault begins on a connection, by the bytes and frames that pass."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from support.faults.choice import Choice, Predicate, anything
from support.faults.frames import Frame
from support.faults.link import Link
from support.faults.stage import Stage
from support.faults.types import Channel, Data, Direction, as_bytes

Begin = Callable[[], None]
RandomOf = Callable[[Channel], random.Random]


class Trigger:
    """When a fault begins on a connection: at once, unless a subclass waits for something."""

    @property
    def reads_messages(self) -> bool:
        """True if it must see WebSocket messages, which TLS hides."""
        return False

    def watch(self, link: Link, begin: Begin, rng: RandomOf) -> list[Stage]:
        """The stages that watch `link` and call `begin`, once; none if there is nothing to await.

        `rng` gives the random sequence of a pump.
        """
        return []


AT_ONCE = Trigger()


@dataclass(frozen=True)
class AfterBytes(Trigger):
    """Once exactly `count` bytes have passed in `direction`, counted from when it is added."""

    count: int
    direction: Direction = "to_user"

    def watch(self, link: Link, begin: Begin, rng: RandomOf) -> list[Stage]:
        return [_ByteWatch(link.pumps[self.direction], begin, self.count)]


@dataclass(frozen=True)
class OnFrame(Trigger):
    """When a text frame passes whose payload fulfils `matching`: the `nth` such, or by chance.

    The share `forwarded` of its bytes is let through before (0.5: in the middle of it; 1: right
    behind it), the rest after. For ws:// without compression only.
    """

    matching: Predicate = anything
    nth: int | None = None
    probability: float = 1.0
    direction: Direction = "to_user"
    forwarded: float = 0.5

    @property
    def reads_messages(self) -> bool:
        return True

    def watch(self, link: Link, begin: Begin, rng: RandomOf) -> list[Stage]:
        pump = link.pumps[self.direction]
        choice = Choice(self.matching, self.nth, self.probability, rng(pump))
        return [_FrameWatch(pump, begin, choice, self.forwarded)]


class _Watch(Stage):
    def __init__(self, pump: Channel, begin: Begin) -> None:
        super().__init__(pump)
        self._begin = begin
        self.over = False

    def split(self, data: bytes, at: int) -> None:
        """Let `at` bytes through, begin the fault, let the rest through."""
        self.over = True
        if data[:at]:
            self.next.feed(data[:at])
        self._begin()
        if data[at:]:
            self.next.feed(data[at:])


class _ByteWatch(_Watch):
    def __init__(self, pump: Channel, begin: Begin, count: int) -> None:
        super().__init__(pump, begin)
        self._left = count

    def feed(self, data: Data) -> None:
        raw = as_bytes(data)
        if self.over or len(raw) < self._left:
            self._left -= len(raw)
            self.next.feed(data)
        else:
            self.split(raw, self._left)


class _FrameWatch(_Watch):
    framed = True

    def __init__(self, pump: Channel, begin: Begin, choice: Choice, forwarded: float) -> None:
        super().__init__(pump, begin)
        self._choice, self._forwarded = choice, forwarded

    def feed(self, data: Data) -> None:
        if (
            isinstance(data, Frame)
            and not self.over
            and data.is_message
            and self._choice.falls_on(data.payload)
        ):
            self.split(data.raw, round(len(data.raw) * self._forwarded))
        else:
            self.next.feed(data)
