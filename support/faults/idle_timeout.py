"""The idle timeout: what a load balancer does to a connection on which nothing is said."""

from __future__ import annotations

import asyncio
from typing import Literal, Unpack

from support.faults.fault import Fault, Options
from support.faults.link import Link
from support.faults.pump import Pump
from support.faults.stage import Stage


class IdleTimeout(Fault, name="idle_timeout"):
    """Cuts a connection, `how` by FIN or by RST, when nothing has passed for `after_s`.

    Whatever is forwarded in either direction starts the time anew; what another fault holds back
    does not. Fires once per connection. Raises `ValueError` unless `after_s` is positive.
    """

    def __init__(
        self, after_s: float, how: Literal["fin", "rst"] = "rst", **options: Unpack[Options]
    ) -> None:
        super().__init__(**options)
        if after_s <= 0:
            raise ValueError(f"{after_s} s is no idle time")
        self.after_s, self.how = after_s, how

    def stages(self, link: Link) -> list[Stage]:
        return [_Watch(self, link.pumps["to_user"])]


class _Watch(Stage):
    def __init__(self, fault: IdleTimeout, pump: Pump) -> None:
        super().__init__(fault, pump)
        self._after_s, self._how = fault.after_s, fault.how
        self._loop = asyncio.get_running_loop()
        self._since = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        self._since = self._loop.time()
        self._check()

    def lift(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def drop(self) -> None:
        self.lift()

    def _check(self) -> None:
        if self.link.over or self.fault.spent:
            return
        due = max(self._since, self.link.passed) + self._after_s
        if self._loop.time() < due:
            self._timer = self._loop.call_at(due, self._check)
            return
        self.fire(f"idle for {self._after_s:g} s, {self._how.upper()} to both ends")
        if self._how == "rst":
            self.link.reset()
        else:
            self.link.finish()
