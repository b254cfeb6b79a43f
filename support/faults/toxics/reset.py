"""The reset: a connection is torn down with RST at both ends."""

from __future__ import annotations

from support.faults.fault import Fault
from support.faults.link import Link
from support.faults.stage import FaultStage, Stage


class Reset(Fault, name="reset"):
    """Sends RST to both ends (RFC 9293 3.10.5).

    At once it ends what is open and, as long as it is there, everything that is accepted; scope
    "open" spares the new ones. With a trigger a user who reconnects may meet it again: `times=1`.
    Fires once per connection.
    """

    def stages(self, link: Link) -> list[Stage]:
        return [_Resetting(self, link)]


class _Resetting(FaultStage):
    one_way = False

    def __init__(self, fault: Reset, link: Link) -> None:
        super().__init__(fault, link.pumps["to_user"])
        self._link = link

    def begin(self) -> None:
        if not self._link.over:
            self.fire("RST to both ends")
            self._link.reset()
