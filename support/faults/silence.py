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
    def begin(self) -> None:
        self.active = True

    def feed(self, data: bytes | Frame) -> None:
        if self._keeps():
            self.put(data, NEVER)
        else:
            self.next.feed(data)

    def end(self, how: End) -> None:
        if self._keeps():
            self.put(how, NEVER)
        else:
            self.next.end(how)

    def _keeps(self) -> bool:
        if not self.active or (not self.waiting and self.fault.spent):
            return False
        if not self.waiting:
            self.fire(f"silent {self.pump.direction}")
        return True
