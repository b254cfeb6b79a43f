"""The double: a message arrives twice."""

from __future__ import annotations

from support.faults.frame_fault import FrameFault, FrameStage
from support.faults.frames import Frame


class _Doubling(FrameStage):
    def act(self, frame: Frame) -> None:
        self.did("doubled", frame)
        self.next.feed(frame)
        self.next.feed(frame)


class Double(FrameFault, name="double"):
    """Forwards a message twice, one right behind the other."""

    frame_stage = _Doubling
