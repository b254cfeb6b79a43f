"""The truncation: the end of a message is missing."""

from __future__ import annotations

from typing import Unpack

from support.faults.frame_fault import FrameFault, FrameOptions, FrameStage
from support.faults.frames import Frame
from support.faults.link import Link
from support.faults.pump import Pump
from support.faults.stage import Stage


class Truncate(FrameFault, name="truncate"):
    """Forwards only the first share `keep` (0 to below 1) of a message's bytes.

    `honest`: the header tells the new length, so that the message alone is damaged. Otherwise it
    tells the old one, and what follows is taken for the missing bytes. A cut through a character
    makes text that is not UTF-8. An empty message can not be truncated: the fault does not fire.
    """

    def __init__(
        self, keep: float = 0.5, honest: bool = True, **options: Unpack[FrameOptions]
    ) -> None:
        super().__init__(**options)
        if not 0 <= keep < 1:
            raise ValueError(f"a share of {keep} leaves nothing out")
        self.keep, self.honest = keep, honest

    def stages(self, link: Link) -> list[Stage]:
        return [_Truncating(self, link.pumps[d], self) for d in self.directions]


class _Truncating(FrameStage):
    def __init__(self, fault: FrameFault, pump: Pump, how: Truncate) -> None:
        super().__init__(fault, pump)
        self._how = how

    def concerns(self, frame: Frame) -> bool:
        return frame.is_message and bool(frame.body)

    def act(self, frame: Frame) -> None:
        self.did("truncated", frame)
        body = frame.body[: int(len(frame.body) * self._how.keep)]
        self.next.feed(frame.with_body(body) if self._how.honest else frame.header + body)
