"""Stages: a fault at work in one direction of one connection; a pump chains them."""

from __future__ import annotations

import asyncio
from collections import deque

from support.faults.types import Channel, Counter, Data, End, Receiver, as_bytes

HELD_BYTES = 1 << 20  # what a stage holds before it stops the sender, as a full TCP window would
NEVER = float("inf")


class Stage:
    """Lets everything pass to `next`. A `framed` one is fed whole messages as `Frame`."""

    framed = False

    def __init__(self, pump: Channel) -> None:
        self.pump = pump
        self.next: Receiver = pump

    def begin(self) -> None:
        """The fault's trigger has fired on this connection."""

    def feed(self, data: Data) -> None:
        """Take what was sent."""
        self.next.feed(data)

    def end(self, how: End) -> None:
        """Take the end of what was sent."""
        self.next.end(how)

    def lift(self) -> None:
        """The fault is removed, the connection lives on: pass on what is held, in order."""

    def drop(self) -> None:
        """The connection is over: forget what is held, cancel timers."""


class FaultStage(Stage):
    """A stage that counts how often its fault fires; `active` once the trigger has fired.

    `one_way`: what it does affects the direction of its pump alone.
    """

    one_way = True

    def __init__(self, fault: Counter, pump: Channel) -> None:
        super().__init__(pump)
        self.active = False
        self._fault = fault
        self._announced = False

    @property
    def acting(self) -> bool:
        """True while the fault may fire here."""
        return self.active and not self._fault.spent

    def begin(self) -> None:
        self.active = True

    def fire(self, detail: str, *, once: bool = False) -> None:
        """Count that the fault fired, and announce it; with `once` only the first time here."""
        announce = not (once and self._announced)
        self._announced = True
        direction = self.pump.direction if self.one_way else None
        self._fault.count(f"connection {self.pump.number}: {detail}", direction, announce=announce)


class HoldingStage(FaultStage):
    """Holds data until it is due, in seconds of the loop's clock; keeps the order."""

    def __init__(self, fault: Counter, pump: Channel) -> None:
        super().__init__(fault, pump)
        self._queue: deque[tuple[float, Data | memoryview | End]] = deque()
        self._held_bytes = 0
        self._last_due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    @property
    def waiting(self) -> bool:
        """True while something is held."""
        return bool(self._queue)

    def now(self) -> float:
        """The loop's clock, s."""
        return self._loop.time()

    def keep(self, item: Data | memoryview | End, due: float = 0.0) -> None:
        """Hold `item` until `due`, and until everything before it has gone out."""
        self._last_due = max(due, self._last_due)
        self._queue.append((self._last_due, item))
        self._held_bytes += _size(item)
        if self._held_bytes > HELD_BYTES:
            self.pump.hold(self)
        self._arm()

    def lift(self) -> None:
        self._disarm()
        while self._queue:
            self.pass_on()
        self.pump.release(self)

    def drop(self) -> None:
        self._disarm()
        self._queue.clear()

    def next_due(self) -> float:
        """When something may go out next; asked only while something is held."""
        return self._queue[0][0]

    def let_out(self) -> None:
        """Pass on what is due."""
        while self._queue and self._queue[0][0] <= self.now():
            self.pass_on()

    def pass_on(self, at_most: int | None = None) -> int:
        """Pass the oldest item on, or its first `at_most` bytes; returns how many bytes."""
        due, item = self._queue.popleft()
        if at_most is not None and isinstance(item, memoryview) and len(item) > at_most:
            self._queue.appendleft((due, item[at_most:]))
            item = item[:at_most]
        size = _size(item)
        self._held_bytes -= size
        with self.pump.guarded():
            if isinstance(item, End):
                self.next.end(item)
            else:
                self.next.feed(bytes(item) if isinstance(item, memoryview) else item)
        return size

    def _arm(self) -> None:
        if self._timer is None and self._queue and self.next_due() != NEVER:
            self._timer = self._loop.call_at(self.next_due(), self._wake)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wake(self) -> None:
        self._timer = None
        self.let_out()
        if self._held_bytes <= HELD_BYTES // 2:
            self.pump.release(self)
        self._arm()


class PacedStage(HoldingStage):
    """Lets at most `piece` bytes out at a time, each piece in a turn of the loop of its own."""

    piece: int
    _free_at = 0.0

    def pause_s(self, size: int) -> float:
        """How long to wait after a piece of `size` bytes."""
        raise NotImplementedError

    def concerns(self, size: int) -> bool:
        """Whether a chunk of `size` bytes is treated any differently."""
        return True

    def describe(self) -> str:
        """What is announced."""
        raise NotImplementedError

    def feed(self, data: Data) -> None:
        raw = as_bytes(data)
        acts = self.acting and self.concerns(len(raw))
        if not (acts or self.waiting):
            self.next.feed(data)
            return
        if not self.waiting:
            self._free_at = max(self._free_at, self.now())
        self.keep(memoryview(raw))
        if acts:
            self.fire(f"{self.describe()} {self.pump.direction}", once=True)

    def end(self, how: End) -> None:
        if self.waiting:
            self.keep(how)
        else:
            self.next.end(how)

    def next_due(self) -> float:
        return self._free_at

    def let_out(self) -> None:
        self._free_at += self.pause_s(self.pass_on(self.piece))


def _size(item: Data | memoryview | End) -> int:
    if isinstance(item, End):
        return 0
    return len(item) if isinstance(item, memoryview) else len(as_bytes(item))
