"""The slicing: what was sent in one piece arrives in many."""

from __future__ import annotations

from typing import Unpack

from support.faults.fault import Fault, Options
from support.faults.link import Link
from support.faults.paced import PacedStage
from support.faults.pump import Pump
from support.faults.stage import Stage


class Slicing(Fault, name="slicing"):
    """Writes pieces of at most `size` bytes, `gap_s` apart, with Nagle's algorithm off.

    Without a gap each piece has a turn of the event loop to itself; a receiver that is slow may
    still find several together. Fires for each chunk that is cut, told of once per connection and
    direction. Raises `ValueError` if `size` is below 1.
    """

    def __init__(self, size: int = 1, gap_s: float = 0.0, **options: Unpack[Options]) -> None:
        super().__init__(**options)
        if size < 1:
            raise ValueError(f"a slice of {size} bytes is none")
        self.size, self.gap_s = size, gap_s

    def stages(self, link: Link) -> list[Stage]:
        return [_Slicer(self, link.pumps[d]) for d in self.directions]


class _Slicer(PacedStage):
    def __init__(self, fault: Slicing, pump: Pump) -> None:
        super().__init__(fault, pump)
        self.piece, self._gap_s = fault.size, fault.gap_s

    def pause_s(self, size: int) -> float:
        return self._gap_s

    def concerns(self, size: int) -> bool:
        return size > self.piece

    def does(self) -> str:
        return f"slices of {self.piece} bytes"
