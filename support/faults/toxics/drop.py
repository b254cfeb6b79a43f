"""The drop: a message is lost."""

from __future__ import annotations

from support.faults.frame_fault import FrameFault, FrameStage
from support.faults.frames import Frame


class _Dropping(FrameStage):
    def act(self, frame: Frame) -> None:
        self.did("dropped", frame)


class Drop(FrameFault, name="drop"):
    """Does not forward a message; the connection lives on."""

    frame_stage = _Dropping
