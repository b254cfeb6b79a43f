"""Silence: the connection is half-open. Nothing more is forwarded, nothing is closed."""

from __future__ import annotations

from support.faults.fault import Fault
from support.faults.frames import Frame
from support.faults.link import Link
from support.faults.stage import End, QueueStage, Stage

NEVER = float("inf")


class Silence(Fault, name="silence"):
    """Holds back all that is said, and the end of it; new connections are accepted and silent, too.

    When it is removed everything arrives late, in order, as after an outage that TCP outlived.
    Fires once per connection and direction, when first something is held back.
    """

    def stages(self, link: Link) -> list[Stage]:
        return [_Silent(self, link.pumps[d]) for d in self.directions]


class _Silent(QueueStage):
    def feed(self, data: bytes | Frame) -> None:
        if self._keeps():
            self._keep(data)
        else:
            self.next.feed(data)

    def end(self, how: End) -> None:
        if self._keeps():
            self._keep(how)
        else:
            self.next.end(how)

    def _keeps(self) -> bool:
        return self.active and (self.waiting or not self.fault.spent)

    def _keep(self, item: bytes | Frame | End) -> None:
        first = not self.waiting
        self.put(item, NEVER)
        if first:
            self.fire(f"silent {self.pump.direction}")
