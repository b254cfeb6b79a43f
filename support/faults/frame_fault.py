"""What the faults of the frame layer share: which frames they fall on."""

from __future__ import annotations

from typing import Unpack

from support.faults.choice import Choice, Predicate, anything
from support.faults.fault import Fault, Options
from support.faults.frames import Frame
from support.faults.link import Link
from support.faults.pump import Pump
from support.faults.stage import Stage


class FrameOptions(Options, total=False):
    """What every frame fault takes beside `Options`.

    matching: only frames whose unmasked payload fulfils it (`contains("…")`).
    nth: of those only the n-th of each connection and direction, from 1.
    probability: and of those each with this chance (0 to 1).
    """

    matching: Predicate
    nth: int | None
    probability: float


class FrameFault(Fault):
    """Falls on whole text and binary messages, in fragments or not; control frames pass untouched.

    What is done to a message in fragments leaves it in one frame. Never fires on what is no
    WebSocket in the clear (wss://), and breaks the compression of a connection that has any. Fires
    for each message. Raises `ValueError` for an impossible choice.
    """

    stage: type[FrameStage]

    def __init__(
        self,
        *,
        matching: Predicate = anything,
        nth: int | None = None,
        probability: float = 1.0,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(**options)
        self._choice = matching, nth, probability
        Choice(*self._choice)  # raises for what can not be

    def choice(self, pump: Pump) -> Choice:
        """Which frames of one direction of one connection are meant."""
        return Choice(*self._choice, self.random(pump))

    def stages(self, link: Link) -> list[Stage]:
        return [self.stage(self, link.pumps[d]) for d in self.directions]


class FrameStage(Stage):
    """Hands chosen frames to `act`, lets all else pass."""

    framed = True

    def __init__(self, fault: FrameFault, pump: Pump) -> None:
        super().__init__(fault, pump)
        self._choice = fault.choice(pump)

    def feed(self, data: bytes | Frame) -> None:
        if isinstance(data, Frame) and self.chosen(data):
            self.act(data)
        else:
            self.next.feed(data)

    def chosen(self, frame: Frame) -> bool:
        """Whether the fault falls on `frame`; counts it."""
        return (
            self.active
            and not self.fault.spent
            and self.concerns(frame)
            and self._choice.falls_on(frame.payload)
        )

    def concerns(self, frame: Frame) -> bool:
        """Whether `frame` is of the kind that is counted."""
        return frame.is_message

    def act(self, frame: Frame) -> None:
        """Do it, and `fire`."""
        raise NotImplementedError

    def did(self, what: str, frame: Frame) -> None:
        """Count it and tell of it."""
        self.fire(f"{what} a message of {len(frame.body)} bytes {self.pump.direction}")
