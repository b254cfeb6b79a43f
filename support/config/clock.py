"""The deployment's clock as far as it is known: tokens are made, and times compared, by it."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

#: A clock that is further off than a day is a wrong announcement, not a clock.
FARTHEST_S = 86_400.0
#: A greeting and a prompt pong that are further apart contradict each other.
GREETING_DOUBT_S = 5.0
#: A `Date` header counts whole seconds and is older than its arrival (RFC 9110 6.6.1).
DATE_DOUBT_S = 2.0


class TargetClock:
    """Unix seconds by the deployment's clock: by ours until its own is known."""

    def __init__(self) -> None:
        self.ahead_s = 0.0
        self._by_pongs = False

    def now(self) -> float:
        """What the deployment's clock shows now."""
        return time.time() + self.ahead_s

    def learn(self, target_time: float) -> None:
        """The deployment has just said that it is `target_time`."""
        ahead_s = target_time - time.time()
        if abs(ahead_s) <= FARTHEST_S:
            self.ahead_s = ahead_s

    def learn_greeting(self, target_time: float) -> None:
        """A greeting has just said that it is `target_time`; believed unless pongs contradict."""
        if not self._by_pongs:
            self.learn(target_time)

    def learn_pong(self, target_time: float) -> None:
        """A prompt pong has just said that it is `target_time`.

        Where greetings tell another time, what is nearer to our own clock counts.
        """
        far = abs(target_time - self.now()) > GREETING_DOUBT_S
        self._by_pongs |= far and abs(target_time - time.time()) < abs(self.ahead_s)
        if self._by_pongs:
            self.learn(target_time)

    def learn_date(self, header: str | None) -> None:
        """The deployment has just answered with this `Date`; believed where it differs by more than
        its own doubt."""
        try:
            header_s = parsedate_to_datetime(header or "").timestamp()
        except (ValueError, OverflowError):
            return
        if abs(header_s - self.now()) > DATE_DOUBT_S:
            self.learn(header_s)
