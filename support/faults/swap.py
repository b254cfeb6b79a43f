"""The swap: two messages arrive in the wrong order."""

from __future__ import annotations

import asyncio
from typing import Unpack

from support.faults.frame_fault import FrameFault, FrameOptions, FrameStage
from support.faults.frames import PING, PONG, Frame
from support.faults.link import Link
from support.faults.pump import Pump
from support.faults.stage import End, Stage

HOLD_S = 1.0


class Swap(FrameFault, name="swap"):
    """Holds a message back until the next has passed.

    If none comes within `hold_s`, or the conversation ends before, it goes on as it was and the
    fault has not fired.
    """

    def __init__(self, hold_s: float = HOLD_S, **options: Unpack[FrameOptions]) -> None:
        super().__init__(**options)
        self.hold_s = hold_s

    def stages(self, link: Link) -> list[Stage]:
        return [_Swapping(self, link.pumps[d], self.hold_s) for d in self.directions]


class _Swapping(FrameStage):
    def __init__(self, fault: Swap, pump: Pump, hold_s: float) -> None:
        super().__init__(fault, pump)
        self._hold_s = hold_s
        self._held: Frame | None = None
        self._timer: asyncio.TimerHandle | None = None

    def feed(self, data: bytes | Frame) -> None:
        if self._held is None:
            super().feed(data)
        elif isinstance(data, Frame) and data.is_message:
            self.did("swapped", self._held)
            self.next.feed(data)
            self._let_go()
        else:
            if not isinstance(data, Frame) or data.opcode not in (PING, PONG):
                self._let_go()  # nothing may come behind a close, or between fragments
            self.next.feed(data)

    def act(self, frame: Frame) -> None:
        self._held = frame
        self._timer = asyncio.get_running_loop().call_later(self._hold_s, self._give_up)

    def end(self, how: End) -> None:
        self._let_go()
        self.next.end(how)

    def lift(self) -> None:
        self._let_go()

    def drop(self) -> None:
        self._held = None
        self._let_go()

    def _give_up(self) -> None:
        with self.pump.guarded():
            self._let_go()

    def _let_go(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        held, self._held = self._held, None
        if held is not None:
            self.next.feed(held)
