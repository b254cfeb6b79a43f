"""The delay: everything arrives later, in order."""

from __future__ import annotations

import random
from typing import Unpack

from support.faults.fault import Fault, Options
from support.faults.frames import Frame
from support.faults.link import Link
from support.faults.pump import Pump
from support.faults.stage import End, QueueStage, Stage


class Delay(Fault, name="delay"):
    """Each chunk arrives `delay_s` ± up to `jitter_s` later (uniform), never before an earlier one.

    Per direction: a round trip takes twice as long. At most 1 MiB is under way. Fires for each
    chunk, told of once per connection and direction. Raises `ValueError` for a negative time.
    """

    def __init__(self, delay_s: float, jitter_s: float = 0.0, **options: Unpack[Options]) -> None:
        super().__init__(**options)
        if not 0 <= jitter_s <= delay_s:
            raise ValueError(f"a delay of {delay_s} s can not vary by {jitter_s} s")
        self.delay_s, self.jitter_s = delay_s, jitter_s

    def stages(self, link: Link) -> list[Stage]:
        return [_Late(self, link.pumps[d], self.random(link.pumps[d])) for d in self.directions]


class _Late(QueueStage):
    def __init__(self, fault: Delay, pump: Pump, rng: random.Random) -> None:
        super().__init__(fault, pump)
        self._delay_s, self._jitter_s, self._rng = fault.delay_s, fault.jitter_s, rng

    def feed(self, data: bytes | Frame) -> None:
        if self._acts():
            self.put(data, self._when())
            self._fire()
        elif self.waiting:
            self.put(data, self.last_due)
        else:
            self.next.feed(data)

    def end(self, how: End) -> None:
        if self._acts() or self.waiting:
            self.put(how, self._when())
        else:
            self.next.end(how)

    def _acts(self) -> bool:
        return self.active and not self.fault.spent

    def _when(self) -> float:
        return self.now() + self._delay_s + self._rng.uniform(-self._jitter_s, self._jitter_s)

    def _fire(self) -> None:
        self.fire(
            f"{self._delay_s * 1000:g} ± {self._jitter_s * 1000:g} ms {self.pump.direction}",
            once=True,
        )
