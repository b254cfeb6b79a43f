"""What the faults of the frame layer share: which messages they fall on."""

from __future__ import annotations

import random
from typing import ClassVar, Unpack

from support.faults.choice import Choice, Predicate, anything
from support.faults.fault import Fault, Options
from support.faults.frames import Frame
from support.faults.stage import FaultStage, Stage
from support.faults.types import Channel, Counter, Data


class FrameOptions(Options, total=False):
    """What every frame fault takes beside `Options`.

    matching: only messages whose unmasked payload fulfils it (`contains("…")`).
    nth: of those only the n-th of each connection and direction, from 1.
    probability: and of those each with this chance (0 to 1).
    """

    matching: Predicate
    nth: int | None
    probability: float


class FrameStage(FaultStage):
    """Hands chosen messages to `act`, lets everything else pass."""

    framed = True

    def __init__(self, fault: Counter, pump: Channel, choice: Choice) -> None:
        super().__init__(fault, pump)
        self._choice = choice

    def feed(self, data: Data) -> None:
        if isinstance(data, Frame) and self._chosen(data):
            self.act(data)
        else:
            self.next.feed(data)

    def act(self, frame: Frame) -> None:
        """Do it, and count it by `did`."""
        raise NotImplementedError

    def did(self, what: str, frame: Frame) -> None:
        """Count it and announce it."""
        self.fire(f"{what} a message of {len(frame.body)} bytes {self.pump.direction}")

    def _chosen(self, frame: Frame) -> bool:
        return self.acting and frame.is_message and self._choice.falls_on(frame.payload)


class FrameFault(Fault):
    """Falls on whole text and binary messages, in fragments or not; control frames pass untouched.

    What is done to a message in fragments leaves it in one frame. Never fires on what is no
    WebSocket in the clear (wss://), and breaks the compression of a connection that has any. Fires
    for each message. Raises `ValueError` for an impossible choice.
    """

    frame_stage: ClassVar[type[FrameStage]]

    def __init__(
        self,
        *,
        matching: Predicate = anything,
        nth: int | None = None,
        probability: float = 1.0,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(**options)
        self._wanted = matching, nth, probability
        Choice(*self._wanted, random.Random(0))  # raises for an impossible one

    @property
    def reads_messages(self) -> bool:
        return True

    def choice(self, pump: Channel) -> Choice:
        """Which messages of one direction of one connection it falls on."""
        return Choice(*self._wanted, self.random(pump))

    def stage(self, pump: Channel) -> Stage:
        return self.frame_stage(self, pump, self.choice(pump))
