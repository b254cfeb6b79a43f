"""The truncation: the end of a message is missing."""

from __future__ import annotations

from support.faults.frame_fault import FrameFault, FrameStage
from support.faults.frames import Frame


class _Truncating(FrameStage):
    def act(self, frame: Frame) -> None:
        self.did("truncated", frame)
        half = frame.payload[: len(frame.body) // 2]
        if frame.is_text:
            half = half.decode(errors="ignore").encode()
        self.next.feed(frame.with_body(frame.body[: len(half)]))


class Truncate(FrameFault, name="truncate"):
    """Forwards only the first half of a message, in a well-formed frame.

    Text ends between two characters, so that it stays UTF-8.
    """

    frame_stage = _Truncating
