"""The refusal: new connections fail."""

from __future__ import annotations

from support.faults.fault import Fault
from support.faults.link import Link
from support.faults.stage import Stage


class Refuse(Fault, name="refuse"):
    """New connections are accepted by the kernel and reset before a byte is read.

    Open ones go on. Fires for each that it resets; at most `times`.
    """

    def __init__(self, times: int | None = None) -> None:
        super().__init__(times=times)

    def admits(self, number: int) -> bool:
        if self.spent:
            return True
        self.count(f"connection {number}: reset as it was accepted")
        return False

    def stages(self, link: Link) -> list[Stage]:
        return []
