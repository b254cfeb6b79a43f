"""The deployment's clock as far as it is known: tokens are made, and times compared, by it."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

#: A clock that is further off than a day is a wrong announcement, not a clock.
FARTHEST_S = 86_400.0
#: A `Date` header counts whole seconds and is older than its arrival (RFC 9110 6.6.1).
DATE_DOUBT_S = 2.0


class TargetClock:
    """Unix seconds by the deployment's clock: by ours until its own is known."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def now(self) -> float:
        """What the deployment's clock shows now."""
        return time.time() + self.ahead_s

    def learn(self, target_time: float) -> None:
        """The deployment has just said that it is `target_time`."""
        ahead_s = target_time - time.time()
        if abs(ahead_s) <= FARTHEST_S:
            self.ahead_s = ahead_s

    def learn_date(self, header: str | None) -> None:
        """The deployment has just answered with this `Date`; believed where it differs by more than
        its own doubt."""
        try:
            header_s = parsedate_to_datetime(header or "").timestamp()
        except (ValueError, OverflowError):
            return
        if abs(header_s - self.now()) > DATE_DOUBT_S:
            self.learn(header_s)
