"""By how much the deployment's clock is off ours, and how sure that is.

The offset is taken from the ping with the shortest round trip, halved (Cristian 1989); half that
round trip is its uncertainty.
"""

from __future__ import annotations

from dataclasses import dataclass

from support.journal import History
from support.journal.facts import Pinged, Pong

COARSE_S = 1.0  # uncertainty added when a deployment tells whole seconds only
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

    def told(self) -> str:
        """How sure it is, and by how much the deployment's clock is off, where that is a lot."""
        sure = f"clocks ± {self.uncertainty_s * 1000:.1f} ms"
        if abs(self.offset_s) < ODD_OFFSET_S + self.uncertainty_s:
            return sure
        way = "ahead of" if self.offset_s > 0 else "behind"
        return f"{sure}, the deployment's corrected for being {abs(self.offset_s):.1f} s {way} ours"


def clock_of(history: History, wall: float) -> Clock | None:
    """The clock offset by the best ping; None when no ping was answered with a time.

    `wall` is Unix seconds at the journal's zero.
    """
    best: Clock | None = None
    told: list[float] = []
    sent = {s.fact.nonce: s.frame.t for s in history.facts(Pinged, direction="sent")}
    for seen in history.facts(Pong):
        started, theirs = sent.get(seen.fact.nonce or ""), seen.fact.server_time
        if started is None or theirs is None:
            continue
        told.append(theirs)
        half = (seen.frame.t - started) / 2
        if best is None or half < best.uncertainty_s:
            best = Clock(theirs - (wall + started + half), half)
    if best is not None and len(told) > 1 and all(t == int(t) for t in told):
        return Clock(best.offset_s, best.uncertainty_s + COARSE_S)
    return best
