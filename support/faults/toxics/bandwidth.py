"""Bandwidth: only so many bytes a second pass."""

from __future__ import annotations

from typing import Unpack

from support.faults.fault import Fault, Options
from support.faults.stage import PacedStage, Stage
from support.faults.types import Channel

TURN_S = 0.02
LEAST_BYTES = 16


class Bandwidth(Fault, name="bandwidth"):
    """At most `bytes_per_s` pass in each direction of each connection, evenly, in small pieces.

    Up to 1 MiB waits in the proxy, the rest with the sender. Fires for each chunk, announced once
    per connection and direction. Raises `ValueError` unless `bytes_per_s` is positive.
    """

    def __init__(self, bytes_per_s: float, **options: Unpack[Options]) -> None:
        super().__init__(**options)
        if bytes_per_s <= 0:
            raise ValueError(f"{bytes_per_s} bytes/s is not a bandwidth")
        self.bytes_per_s = bytes_per_s

    def stage(self, pump: Channel) -> Stage:
        return _Narrow(self, pump)


class _Narrow(PacedStage):
    def __init__(self, fault: Bandwidth, pump: Channel) -> None:
        super().__init__(fault, pump)
        self._rate = fault.bytes_per_s
        self.piece = max(LEAST_BYTES, int(self._rate * TURN_S))

    def pause_s(self, size: int) -> float:
        return size / self._rate

    def describe(self) -> str:
        return f"{self._rate:g} bytes/s"
