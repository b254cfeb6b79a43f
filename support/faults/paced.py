"""A stage that lets bytes out in pieces, one after the other."""

from __future__ import annotations

import asyncio
from collections import deque

from support.faults.fault import Fault
from support.faults.frames import Frame
from support.faults.pump import Pump
from support.faults.stage import HELD_BYTES, End, Stage, as_bytes


class PacedStage(Stage):
    """Lets at most `piece` bytes out at a time, each in a turn of the loop of its own."""

    piece: int

    def __init__(self, fault: Fault, pump: Pump) -> None:
        super().__init__(fault, pump)
        self._queue: deque[memoryview | End] = deque()
        self._held = 0
        self._free_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    def pause_s(self, size: int) -> float:
        """How long to wait after a piece of `size` bytes."""
        raise NotImplementedError

    def concerns(self, size: int) -> bool:
        """Whether a chunk of `size` bytes is treated any differently."""
        return True

    def does(self) -> str:
        """What is told."""
        raise NotImplementedError

    def feed(self, data: bytes | Frame) -> None:
        raw = as_bytes(data)
        acts = self.active and not self.fault.spent and self.concerns(len(raw))
        if not acts and not self._queue:
            self.next.feed(data)
            return
        self._queue.append(memoryview(raw))
        self._held += len(raw)
        if self._held > HELD_BYTES:
            self.pump.hold(self)
        self._arm()
        if acts:
            self.fire(f"{self.does()} {self.pump.direction}", once=True)

    def end(self, how: End) -> None:
        if self._queue:
            self._queue.append(how)
        else:
            self.next.end(how)

    def lift(self) -> None:
        self._disarm()
        while self._queue:
            self._let_out(self._held)
        self.pump.release(self)

    def drop(self) -> None:
        self._disarm()
        self._queue.clear()

    def _arm(self) -> None:
        if self._timer is None and self._queue:
            self._free_at = max(self._free_at, self._loop.time())
            self._timer = self._loop.call_at(self._free_at, self._due)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _due(self) -> None:
        self._timer = None
        self._free_at += self.pause_s(self._let_out(self.piece))
        if self._held <= HELD_BYTES // 2:
            self.pump.release(self)
        if self._queue and self._timer is None:
            self._timer = self._loop.call_at(self._free_at, self._due)

    def _let_out(self, at_most: int) -> int:
        item = self._queue.popleft()
        with self.pump.guarded():
            if isinstance(item, End):
                self.next.end(item)
                return 0
            if len(item) > at_most:
                self._queue.appendleft(item[at_most:])
            piece = bytes(item[:at_most])
            self._held -= len(piece)
            self.next.feed(piece)
            return len(piece)
        return 0
