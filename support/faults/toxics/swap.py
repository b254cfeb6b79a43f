"""The swap: two messages of a kind arrive in the wrong order."""

from __future__ import annotations

import asyncio
from typing import Unpack

from support.faults.choice import Choice
from support.faults.frame_fault import FrameFault, FrameOptions, FrameStage
from support.faults.frames import PING, PONG, Frame
from support.faults.stage import Stage
from support.faults.types import Channel, Counter, Data, End

HOLD_S = 60.0


class _Swapping(FrameStage):
    def __init__(self, fault: Counter, pump: Channel, choice: Choice, hold_s: float) -> None:
        super().__init__(fault, pump, choice)
        self._hold_s = hold_s
        self._held: Frame | None = None
        self._timer: asyncio.TimerHandle | None = None

    def feed(self, data: Data) -> None:
        if self._held is None:
            super().feed(data)
        elif isinstance(data, Frame) and data.is_message and not self._choice.matches(data.payload):
            self.next.feed(data)  # a message of another kind, such as a hint that somebody types
        elif isinstance(data, Frame) and data.is_message:
            self.did("swapped", self._held)
            self.next.feed(data)
            self._pass_on()
        else:
            if not isinstance(data, Frame) or data.opcode not in (PING, PONG):
                self._pass_on()  # nothing may come behind a close, or between fragments
            self.next.feed(data)

    def act(self, frame: Frame) -> None:
        self._held = frame
        self._timer = asyncio.get_running_loop().call_later(self._hold_s, self._give_up)

    def end(self, how: End) -> None:
        self._pass_on()
        self.next.end(how)

    def lift(self) -> None:
        self._pass_on()

    def drop(self) -> None:
        self._held = None
        self._pass_on()

    def _give_up(self) -> None:
        with self.pump.guarded():
            self._pass_on()

    def _pass_on(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        held, self._held = self._held, None
        if held is not None:
            self.next.feed(held)


class Swap(FrameFault, name="swap"):
    """Holds a message back until the next that matches, too, has passed.

    If none comes within `hold_s`, or the connection ends before, it goes on as it was and the fault
    has not fired.
    """

    def __init__(self, hold_s: float = HOLD_S, **options: Unpack[FrameOptions]) -> None:
        super().__init__(**options)
        self.hold_s = hold_s

    def stage(self, pump: Channel) -> Stage:
        return _Swapping(self, pump, self.choice(pump), self.hold_s)
