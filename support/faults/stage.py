"""A stage: one fault at work in one direction of one link; stages are chained inside a pump."""

from __future__ import annotations

import asyncio
import enum
from collections import deque
from typing import TYPE_CHECKING, Protocol

from support.faults.frames import Frame

if TYPE_CHECKING:
    from support.faults.fault import Fault
    from support.faults.pump import Pump

HELD_BYTES = 1 << 20  # what a stage holds before it stops the sender, as a full TCP window would


class End(enum.Enum):
    """How a sender ended: with FIN (it will say no more) or with RST (it is gone)."""

    FIN = "FIN"
    RST = "RST"


class Receiver(Protocol):
    """What comes next in a pump: another stage, or the way out."""

    def feed(self, data: bytes | Frame) -> None:
        """Take what was sent."""

    def end(self, how: End) -> None:
        """Take the end of what was sent."""


class Stage:
    """Lets everything pass. `active` from the moment its fault's trigger has fired."""

    framed = False

    def __init__(self, fault: Fault, pump: Pump) -> None:
        self.fault = fault
        self.pump = pump
        self.link = pump.link
        self.next: Receiver = pump
        self.active = False
        self._told = False

    def begin(self) -> None:
        """The fault's time has come on this link."""
        self.active = True

    def feed(self, data: bytes | Frame) -> None:
        """Take what was sent."""
        self.next.feed(data)

    def end(self, how: End) -> None:
        """Take the end of what was sent."""
        self.next.end(how)

    def lift(self) -> None:
        """The fault is removed, the link lives on: let go of what is held, in order."""

    def drop(self) -> None:
        """The link is over: forget what is held, cancel timers."""

    def fire(self, detail: str, *, once: bool = False) -> None:
        """Count that the fault happened; tell of it, with `once` the first time on this stage."""
        tell = not (once and self._told)
        self._told = True
        self.fault.happened(f"connection {self.link.number}: {detail}", tell=tell)


class QueueStage(Stage):
    """Holds what passes until its time has come (seconds of the loop's clock); keeps the order."""

    def __init__(self, fault: Fault, pump: Pump) -> None:
        super().__init__(fault, pump)
        self.last_due = 0.0
        self._queue: deque[tuple[float, bytes | Frame | End]] = deque()
        self._held = 0
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    @property
    def waiting(self) -> bool:
        """True while something is held."""
        return bool(self._queue)

    def now(self) -> float:
        """The loop's clock, s."""
        return self._loop.time()

    def put(self, item: bytes | Frame | End, due: float) -> None:
        """Hold `item` until `due`, and until all before it has gone."""
        self.last_due = max(due, self.last_due)
        self._queue.append((self.last_due, item))
        self._held += _size(item)
        if self._held > HELD_BYTES:
            self.pump.hold(self)
        self._arm()

    def lift(self) -> None:
        self._disarm()
        while self._queue:
            self._pass_on()
        self.pump.release(self)

    def drop(self) -> None:
        self._disarm()
        self._queue.clear()

    def _arm(self) -> None:
        if self._timer is None and self._queue and self._queue[0][0] != float("inf"):
            self._timer = self._loop.call_at(self._queue[0][0], self._due)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _due(self) -> None:
        self._timer = None
        while self._queue and self._queue[0][0] <= self.now():
            self._pass_on()
        if self._held <= HELD_BYTES // 2:
            self.pump.release(self)
        self._arm()

    def _pass_on(self) -> None:
        item = self._queue.popleft()[1]
        self._held -= _size(item)
        with self.pump.guarded():
            if isinstance(item, End):
                self.next.end(item)
            else:
                self.next.feed(item)


def as_bytes(data: bytes | Frame) -> bytes:
    """The bytes on the wire."""
    return data.raw if isinstance(data, Frame) else data


def _size(item: bytes | Frame | End) -> int:
    return 0 if isinstance(item, End) else len(as_bytes(item))
