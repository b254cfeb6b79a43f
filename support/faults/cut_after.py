"""The cut after so many bytes: a connection ends at an exact place in what is said."""

from __future__ import annotations

from typing import Literal

from support.faults.fault import Direction, Fault
from support.faults.link import Link
from support.faults.pump import Pump
from support.faults.stage import Stage
from support.faults.trigger import AfterBytes


class CutAfter(Fault, name="cut_after"):
    """Forwards exactly `count` bytes in `direction`, then ends both sides, `how` by RST or FIN.

    Counted on each connection from its beginning, or from when the fault was added. After an RST a
    receiver that has not read yet may lose some of them. Fires once per connection.
    """

    def __init__(
        self,
        count: int,
        how: Literal["rst", "fin"] = "rst",
        direction: Direction = "to_user",
        times: int | None = None,
    ) -> None:
        super().__init__(when=AfterBytes(count, direction), times=times)
        self.count, self.how = count, how

    def stages(self, link: Link) -> list[Stage]:
        return [_Cutting(self, link.pumps["to_user"])]


class _Cutting(Stage):
    def __init__(self, fault: CutAfter, pump: Pump) -> None:
        super().__init__(fault, pump)
        self._count, self._how = fault.count, fault.how

    def begin(self) -> None:
        if not self.link.over:
            self.fire(f"{self._how.upper()} to both ends after {self._count} bytes")
            if self._how == "rst":
                self.link.reset()
            else:
                self.link.finish()
