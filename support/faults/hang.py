"""The hang: connections are accepted, and nobody ever says anything."""

from __future__ import annotations

from support.faults.fault import Fault
from support.faults.link import Link
from support.faults.stage import End, Stage


class Hang(Fault, name="hang"):
    """Accepts new connections and does not even connect to the target; open ones go on.

    When it is removed, those who still wait are connected, and what they said is forwarded. Fires
    for each connection it keeps waiting; at most `times`.
    """

    def __init__(self, times: int | None = None) -> None:
        super().__init__(scope="new")
        self.times = times

    def stages(self, link: Link) -> list[Stage]:
        return [_Waiting(self, link.pumps["to_target"])]


class _Waiting(Stage):
    def begin(self) -> None:
        self.active = True
        self.fire("accepted, left waiting")
        self.link.block(self)

    def end(self, how: End) -> None:
        if self.active:
            self.link.abort()  # the user has given up
        else:
            self.next.end(how)

    def lift(self) -> None:
        self.active = False
        self.link.unblock(self)
