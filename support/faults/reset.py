"""The reset: a connection is torn down with RST, both ends or one."""

from __future__ import annotations

from support.faults.fault import Direction, Fault
from support.faults.link import Link
from support.faults.pump import Pump
from support.faults.stage import Stage


class Reset(Fault, name="reset"):
    """Sends RST to both ends (RFC 9293 3.10.5), or to the one `direction` leads to.

    At once it ends what is open and, as long as it is there, everything that is accepted; scope
    "open" spares the new ones. With `direction` the other end is told nothing and stays open. With
    a trigger a user who comes back may meet it again: `times=1`. Fires once per connection.
    """

    def stages(self, link: Link) -> list[Stage]:
        return [_Resetting(self, link.pumps["to_user"], self.directions)]


class _Resetting(Stage):
    def __init__(self, fault: Fault, pump: Pump, directions: tuple[Direction, ...]) -> None:
        super().__init__(fault, pump)
        self._directions = directions

    def begin(self) -> None:
        if not self.link.over:
            self.fire(f"RST {' and '.join(self._directions)}")
            self.link.reset(self._directions)
