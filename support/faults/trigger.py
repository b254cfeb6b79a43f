"""Triggers: the moment a fault begins on a connection, told by bytes and frames that pass."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from support.faults.choice import Choice, Predicate, anything
from support.faults.frames import Frame
from support.faults.stage import Stage, as_bytes

if TYPE_CHECKING:
    from support.faults.fault import Fault
    from support.faults.link import Link
    from support.faults.pump import Pump


class Trigger:
    """When a fault begins on a connection; each connection is watched on its own, once."""

    def watch(self, fault: Fault, link: Link) -> list[Stage]:
        """The stage that watches `link` for `fault`; none if there is nothing to wait for."""
        raise NotImplementedError


@dataclass(frozen=True)
class AtOnce(Trigger):
    """As soon as the fault is added, or the connection accepted."""

    def watch(self, fault: Fault, link: Link) -> list[Stage]:
        return []


AT_ONCE = AtOnce()


@dataclass(frozen=True)
class AfterBytes(Trigger):
    """Once exactly `count` bytes have passed in `direction`, counted from when it is added."""

    count: int
    direction: Literal["to_target", "to_user"] = "to_user"

    def watch(self, fault: Fault, link: Link) -> list[Stage]:
        return [_ByteWatch(fault, link.pumps[self.direction], self.count)]


@dataclass(frozen=True)
class OnFrame(Trigger):
    """When a text frame passes whose payload fulfils `matching`: the `nth` such, or by chance.

    The share `forwarded` of its bytes is let through before (0.5: in the middle of it; 1: right
    behind it), the rest after. For ws:// without compression only; the payload is bytes to us.
    """

    matching: Predicate = field(default=anything)
    nth: int | None = None
    probability: float = 1.0
    direction: Literal["to_target", "to_user"] = "to_user"
    forwarded: float = 0.5

    def watch(self, fault: Fault, link: Link) -> list[Stage]:
        return [_FrameWatch(fault, link.pumps[self.direction], self)]


class _Watch(Stage):
    def __init__(self, fault: Fault, pump: Pump) -> None:
        super().__init__(fault, pump)
        self.over = False

    def begin(self) -> None:
        """A watch does not wait for itself."""

    def split(self, data: bytes, at: int) -> None:
        """Let `at` bytes through, begin the fault, let the rest through."""
        self.over = True
        if data[:at]:
            self.next.feed(data[:at])
        self.fault.begin(self.link)
        if data[at:]:
            self.next.feed(data[at:])


class _ByteWatch(_Watch):
    def __init__(self, fault: Fault, pump: Pump, count: int) -> None:
        super().__init__(fault, pump)
        self._left = count

    def feed(self, data: bytes | Frame) -> None:
        raw = as_bytes(data)
        if self.over or len(raw) < self._left:
            self._left -= len(raw)
            self.next.feed(data)
        else:
            self.split(raw, self._left)


class _FrameWatch(_Watch):
    framed = True

    def __init__(self, fault: Fault, pump: Pump, when: OnFrame) -> None:
        super().__init__(fault, pump)
        self._choice = Choice(when.matching, when.nth, when.probability, fault.random(pump))
        self._forwarded = when.forwarded

    def feed(self, data: bytes | Frame) -> None:
        if (
            isinstance(data, Frame)
            and not self.over
            and data.is_text
            and self._choice.falls_on(data.payload)
        ):
            self.split(data.raw, round(len(data.raw) * self._forwarded))
        else:
            self.next.feed(data)
