"""Delay: everything arrives later, in order."""

from __future__ import annotations

import random
from typing import Unpack

from support.faults.fault import Fault, Options
from support.faults.stage import HoldingStage, Stage
from support.faults.types import Channel, Data, End


class Delay(Fault, name="delay"):
    """Each chunk arrives `delay_s` ± up to `jitter_s` later (uniform), never before an earlier one.

    Per direction: a round trip takes twice as long. At most 1 MiB is under way. Fires for each
    chunk, announced once per connection and direction. Raises `ValueError` for a negative time.
    """

    def __init__(self, delay_s: float, jitter_s: float = 0.0, **options: Unpack[Options]) -> None:
        super().__init__(**options)
        if not 0 <= jitter_s <= delay_s:
            raise ValueError(f"a delay of {delay_s} s cannot vary by {jitter_s} s")
        self.delay_s, self.jitter_s = delay_s, jitter_s

    def stage(self, pump: Channel) -> Stage:
        return _Late(self, pump, self.random(pump))


class _Late(HoldingStage):
    def __init__(self, fault: Delay, pump: Channel, rng: random.Random) -> None:
        super().__init__(fault, pump)
        self._delay_s, self._jitter_s, self._rng = fault.delay_s, fault.jitter_s, rng

    def feed(self, data: Data) -> None:
        if self.acting:
            self.keep(data, self._when())
            text = f"{self._delay_s * 1000:g} ± {self._jitter_s * 1000:g} ms {self.pump.direction}"
            self.fire(text, once=True)
        elif self.waiting:
            self.keep(data)
        else:
            self.next.feed(data)

    def end(self, how: End) -> None:
        if self.acting or self.waiting:
            self.keep(how, self._when())
        else:
            self.next.end(how)

    def _when(self) -> float:
        return self.now() + self._delay_s + self._rng.uniform(-self._jitter_s, self._jitter_s)
