"""The swallowing: heartbeats of the WebSocket itself are lost, everything else passes."""

from __future__ import annotations

from typing import Unpack

from support.faults.frame_fault import FrameFault, FrameOptions, FrameStage
from support.faults.frames import PING, PONG, Frame
from support.faults.link import Link
from support.faults.pump import Pump
from support.faults.stage import Stage


class Swallow(FrameFault, name="swallow"):
    """Does not forward `pings` and/or `pongs` (RFC 6455 5.5.2 and 5.5.3). Fires for each."""

    def __init__(
        self, pings: bool = True, pongs: bool = True, **options: Unpack[FrameOptions]
    ) -> None:
        super().__init__(**options)
        self.opcodes = frozenset(o for o, on in ((PING, pings), (PONG, pongs)) if on)

    def stages(self, link: Link) -> list[Stage]:
        return [_Swallowing(self, link.pumps[d], self.opcodes) for d in self.directions]


class _Swallowing(FrameStage):
    def __init__(self, fault: Swallow, pump: Pump, opcodes: frozenset[int]) -> None:
        super().__init__(fault, pump)
        self._opcodes = opcodes

    def concerns(self, frame: Frame) -> bool:
        return frame.opcode in self._opcodes

    def act(self, frame: Frame) -> None:
        what = "ping" if frame.opcode == PING else "pong"
        self.fire(f"swallowed a {what} {self.pump.direction}")
