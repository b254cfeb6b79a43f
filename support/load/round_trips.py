"""Pings of one user that are under way: each a round trip, and a look at the deployment's clock."""

from __future__ import annotations

import time

from support.dialects import new_nonce
from support.journal.facts import Pong
from support.load.waiting import Moment
from support.measures.clock import ClockEstimate


class RoundTrips:
    """By their nonce; `clock` learns from each answer."""

    __slots__ = ("_clock", "_under_way")

    def __init__(self, clock: ClockEstimate) -> None:
        self._clock = clock
        self._under_way: dict[str, tuple[float, Moment]] = {}

    def begin(self) -> tuple[str, Moment]:
        """The nonce of a new ping, and the moment of its answer."""
        nonce, done = new_nonce(), Moment()
        self._under_way[nonce] = time.monotonic(), done
        return nonce, done

    def give_up(self, nonce: str) -> None:
        """That ping is waited for no longer, answered or not."""
        self._under_way.pop(nonce, None)

    def answered(self, pong: Pong, stamp: float) -> None:
        """An answer arrived at `stamp` of the monotonic clock; nothing for one that is unknown."""
        sent, done = self._under_way.get(pong.nonce or "", (0.0, None))
        if done is not None:
            self._clock.add(sent, stamp, pong.server_time)
            done.come()
