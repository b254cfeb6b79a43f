"""The corruption: bytes of a message are not what was sent."""

from __future__ import annotations

import random
from typing import Unpack

from support.faults.frame_fault import FrameFault, FrameOptions, FrameStage
from support.faults.frames import Frame
from support.faults.link import Link
from support.faults.pump import Pump
from support.faults.stage import Stage


class Corrupt(FrameFault, name="corrupt"):
    """Changes up to `count` bytes of a message's payload, at random places to random others.

    The frame stays well-formed; text may no longer be UTF-8. An empty message can not be corrupted:
    the fault does not fire. Raises `ValueError` if `count` is below 1.
    """

    def __init__(self, count: int = 1, **options: Unpack[FrameOptions]) -> None:
        super().__init__(**options)
        if count < 1:
            raise ValueError(f"{count} corrupted bytes corrupt nothing")
        self.count = count

    def stages(self, link: Link) -> list[Stage]:
        return [
            _Corrupting(self, link.pumps[d], self.count, self.random(link.pumps[d], "bytes"))
            for d in self.directions
        ]


class _Corrupting(FrameStage):
    def __init__(self, fault: Corrupt, pump: Pump, count: int, rng: random.Random) -> None:
        super().__init__(fault, pump)
        self._count, self._rng = count, rng

    def concerns(self, frame: Frame) -> bool:
        return frame.is_message and bool(frame.body)

    def act(self, frame: Frame) -> None:
        self.did("corrupted", frame)
        body = bytearray(frame.body)
        for place in self._rng.sample(range(len(body)), min(self._count, len(body))):
            body[place] ^= self._rng.randrange(1, 256)
        self.next.feed(frame.with_body(bytes(body)))
