"""By how much the deployment's clock is off ours, and how sure that is.

The offset is taken from the ping with the shortest round trip, halved (Cristian 1989); half that
round trip is its uncertainty.
"""

from __future__ import annotations

from dataclasses import dataclass

from support.journal import History
from support.journal.facts import Pinged, Pong

COARSE_S = 1.0  # uncertainty added when a deployment reports whole seconds only
SLACK_MS = 20.0  # by how much rounded times may run ahead of an arrival
ODD_OFFSET_S = 2.0  # a clock that is further off is corrected for, and said to be wrong


@dataclass(frozen=True)
class Clock:
    """The deployment's clock minus ours, in seconds, and how sure that is (±)."""

    offset_s: float
    uncertainty_s: float

    @property
    def tolerance_ms(self) -> float:
        """By how much an event may seem to be early before its time is wrong."""
        return self.uncertainty_s * 1000 + SLACK_MS

    @property
    def text(self) -> str:
        """How sure it is, and by how much the deployment's clock is off, where that is a lot."""
        sure = f"clocks ± {self.uncertainty_s * 1000:.1f} ms"
        if abs(self.offset_s) < ODD_OFFSET_S + self.uncertainty_s:
            return sure
        way = "ahead of" if self.offset_s > 0 else "behind"
        return f"{sure}, the deployment's corrected for being {abs(self.offset_s):.1f} s {way} ours"


class ClockEstimate:
    """The clock offset as pings are answered, one by one; `wall` is Unix seconds at the zero of
    their times."""

    def __init__(self, wall: float) -> None:
        self._wall = wall
        self._best: Clock | None = None
        self._answers = 0
        self._only_whole_s = True

    def add(self, sent: float, received: float, server_time: float | None) -> None:
        """A ping and its answer, in seconds; an answer without a time adds nothing."""
        if server_time is None:
            return
        self._answers += 1
        self._only_whole_s &= float(server_time).is_integer()
        half = (received - sent) / 2
        if self._best is None or half < self._best.uncertainty_s:
            self._best = Clock(server_time - (self._wall + sent + half), half)

    @property
    def clock(self) -> Clock | None:
        """By the best ping so far; None when none was answered with a time."""
        if self._best is None or self._answers < 2 or not self._only_whole_s:
            return self._best
        return Clock(self._best.offset_s, self._best.uncertainty_s + COARSE_S)


def clock_of(history: History, wall: float) -> Clock | None:
    """The clock offset by the best ping; None when no ping was answered with a time.

    `wall` is Unix seconds at the journal's zero.
    """
    estimate = ClockEstimate(wall)
    sent = {s.fact.nonce: s.frame.t for s in history.facts(Pinged, direction="sent")}
    for seen in history.facts(Pong):
        started = sent.get(seen.fact.nonce or "")
        if started is not None:
            estimate.add(started, seen.frame.t, seen.fact.server_time)
    return estimate.clock
