"""Silence: the connection is half-open. Nothing more is forwarded, nothing is closed."""

from __future__ import annotations

from support.faults.fault import Fault
from support.faults.stage import NEVER, HoldingStage, Stage
from support.faults.types import Channel, Data, End


class Silence(Fault, name="silence"):
    """Holds back all data, and the end of it; new connections are accepted and silent, too.

    When it is removed everything arrives late, in order, as after an outage that TCP outlived.
    Fires once per connection and direction, when something is first held back.
    """

    def stage(self, pump: Channel) -> Stage:
        return _Silent(self, pump)


class _Silent(HoldingStage):
    def feed(self, data: Data) -> None:
        if not self._keeps(data):
            self.next.feed(data)

    def end(self, how: End) -> None:
        if not self._keeps(how):
            self.next.end(how)

    def _keeps(self, item: Data | End) -> bool:
        first = not self.waiting
        if first and not self.acting:
            return False
        self.keep(item, NEVER)
        if first:
            self.fire(f"silent {self.pump.direction}")
        return True
