"""The slow close: an end is announced late."""

from __future__ import annotations

from typing import Unpack

from support.faults.fault import Fault, Options
from support.faults.link import Link
from support.faults.pump import Pump
from support.faults.stage import End, QueueStage, Stage


class SlowClose(Fault, name="slow_close"):
    """When one side ends (FIN or RST), the other hears of it `delay_s` later.

    Fires for each end that was held back. Raises `ValueError` for a negative time.
    """

    def __init__(self, delay_s: float, **options: Unpack[Options]) -> None:
        super().__init__(**options)
        if delay_s < 0:
            raise ValueError(f"{delay_s} s is no delay")
        self.delay_s = delay_s

    def stages(self, link: Link) -> list[Stage]:
        return [_LateEnd(self, link.pumps[d]) for d in self.directions]


class _LateEnd(QueueStage):
    def __init__(self, fault: SlowClose, pump: Pump) -> None:
        super().__init__(fault, pump)
        self._delay_s = fault.delay_s

    def end(self, how: End) -> None:
        if self.active and not self.fault.spent:
            self.put(how, self.now() + self._delay_s)
            self.fire(f"{how.value} {self.pump.direction} comes {self._delay_s:g} s late")
        elif self.waiting:
            self.put(how, self.last_due)
        else:
            self.next.end(how)
