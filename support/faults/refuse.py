"""The refusal: nobody new gets in."""

from __future__ import annotations

from typing import Literal

from support.faults.fault import Fault
from support.faults.link import Link
from support.faults.proxy import Proxy
from support.faults.stage import Stage


class Refuse(Fault, name="refuse"):
    """New connections fail; open ones go on.

    `how` "reset": each is accepted by the kernel and reset before a byte is read; fires for each,
    at most `times`. "closed": nobody listens, so that connecting itself fails (ECONNREFUSED);
    nobody can count who tried, it fires once, as the port closes. The port stays ours.
    """

    def __init__(self, how: Literal["reset", "closed"] = "reset", times: int | None = None) -> None:
        super().__init__()
        self.how, self.times = how, times

    def added(self, proxy: Proxy, ordinal: int) -> None:
        super().added(proxy, ordinal)
        if self.how == "closed":
            proxy.refuse(self)
            self.happened("the port is closed")

    def removed(self) -> None:
        if self.how == "closed" and self._proxy is not None:
            self._proxy.admit(self)
        super().removed()

    def admits(self, number: int) -> bool:
        if self.how == "closed" or self.spent:
            return True
        self.happened(f"connection {number}: reset as it was accepted")
        return False

    def stages(self, link: Link) -> list[Stage]:
        return []
