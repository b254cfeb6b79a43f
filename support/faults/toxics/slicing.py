"""Slicing: what was sent in one piece arrives in many."""

from __future__ import annotations

from typing import Unpack

from support.faults.fault import Fault, Options
from support.faults.stage import PacedStage, Stage
from support.faults.types import Channel


class Slicing(Fault, name="slicing"):
    """Writes pieces of at most `size` bytes, with Nagle's algorithm off.

    Each piece has a turn of the event loop to itself; a receiver that is slow may still find
    several together. Fires for each chunk that is cut, announced once per connection and direction.
    Raises `ValueError` if `size` is below 1.
    """

    def __init__(self, size: int = 1, **options: Unpack[Options]) -> None:
        super().__init__(**options)
        if size < 1:
            raise ValueError(f"a slice cannot have {size} bytes")
        self.size = size

    def stage(self, pump: Channel) -> Stage:
        return _Slicer(self, pump)


class _Slicer(PacedStage):
    def __init__(self, fault: Slicing, pump: Channel) -> None:
        super().__init__(fault, pump)
        self.piece = fault.size

    def pause_s(self, size: int) -> float:
        return 0.0

    def concerns(self, size: int) -> bool:
        return size > self.piece

    def describe(self) -> str:
        return f"slices of {self.piece} bytes"
