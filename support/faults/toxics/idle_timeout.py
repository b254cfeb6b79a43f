"""The idle timeout: what a load balancer does to a connection on which nothing is sent."""

from __future__ import annotations

import asyncio
from typing import Unpack

from support.faults.fault import Fault, Options
from support.faults.link import Link
from support.faults.stage import FaultStage, Stage


class IdleTimeout(Fault, name="idle_timeout"):
    """Resets a connection when nothing has passed for `after_s`.

    Whatever is forwarded in either direction starts the time anew; what another fault holds back
    does not. Fires once per connection. Raises `ValueError` unless `after_s` is positive.
    """

    def __init__(self, after_s: float, **options: Unpack[Options]) -> None:
        super().__init__(**options)
        if after_s <= 0:
            raise ValueError(f"{after_s} s is no idle time")
        self.after_s = after_s

    def stages(self, link: Link) -> list[Stage]:
        return [_Watch(self, link)]


class _Watch(FaultStage):
    one_way = False

    def __init__(self, fault: IdleTimeout, link: Link) -> None:
        super().__init__(fault, link.pumps["to_user"])
        self._link, self._after_s = link, fault.after_s
        self._loop = asyncio.get_running_loop()
        self._since = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        super().begin()
        self._since = self._loop.time()
        self._check()

    def lift(self) -> None:
        self.drop()

    def drop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _check(self) -> None:
        if self._link.over or not self.acting:
            return
        due = max(self._since, self._link.last_forwarded) + self._after_s
        if self._loop.time() < due:
            self._timer = self._loop.call_at(due, self._check)
            return
        self.fire(f"idle for {self._after_s:g} s, RST to both ends")
        self._link.reset()
