"""The truncation: the end of a message is missing."""

from __future__ import annotations

from support.faults.frame_fault import FrameFault, FrameStage
from support.faults.frames import Frame


class _Truncating(FrameStage):
    def act(self, frame: Frame) -> None:
        self.did("truncated", frame)
        self.next.feed(frame.with_body(frame.body[: len(frame.body) // 2]))


class Truncate(FrameFault, name="truncate"):
    """Forwards only the first half of a message's bytes, in a well-formed frame.

    A cut through a character makes text that is not UTF-8.
    """

    frame_stage = _Truncating
