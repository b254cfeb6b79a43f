"""How long events take to arrive, by the deployment's own times.

Latency of an event is its arrival (stamped in the receive path) minus its own timestamp, corrected
by the offset between the two clocks (`clock`). Replayed events have none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from support.journal import History, Seen
from support.journal.facts import Event
from support.measures.clock import Clock
from support.measures.distribution import LEAST_SAMPLES, Distribution, Figure
from support.measures.lag import Lags, is_sure, worst_lag_ms
from support.measures.questions import asked_at, live_events


@dataclass(frozen=True)
class Latencies:
    """Event latencies in ms, never negative, and what casts doubt on them.

    `values` are of the events whose arrival is known to a millisecond, where they are enough for a
    99th percentile, or all are too few; `every` and otherwise `values` are of all: an arrival
    that is not known may have been noticed late, never early. `at_least` is `every` less what this
    machine may have been late by in each case; `worst_lag_ms` is of journals that do not say so.
    `early` counts events that seem to arrive before they happened, `uncaused` those that seem to
    have happened before anybody asked for them: the first cause comes before the effect.
    """

    values: Distribution
    every: Distribution
    at_least: Distribution
    unsure: int
    clock: Clock
    early: int
    uncaused: int
    worst_lag_ms: float

    @property
    def samples(self) -> Sequence[float]:
        """Every latency that is known, in order of arrival on each connection."""
        return self.values.samples

    def figure(self, name: Figure) -> float:
        """The average, or a percentile by HdrHistogram (three significant digits), in ms."""
        return self.values.at(name)


#: What was measured once: every figure and several criteria ask for the same.
_MEASURED: WeakKeyDictionary[History, dict[tuple[Clock, float], Latencies]] = WeakKeyDictionary()


def latencies_of(history: History, clock: Clock, wall: float) -> Latencies:
    """The latency of every live event in `history`; `wall` is Unix seconds at its zero.

    Whether that is normal service is for the caller to choose (`scope`).
    """
    measured = _MEASURED.setdefault(history, {})
    if (clock, wall) not in measured:
        measured[clock, wall] = _latencies(history, clock, wall)
    return measured[clock, wall]


def _latencies(history: History, clock: Clock, wall: float) -> Latencies:
    asked, lags, worst = asked_at(history), Lags(history), worst_lag_ms(history)
    known: list[float] = []
    every: list[float] = []
    at_least: list[float] = []
    early = uncaused = 0
    stamped = False
    for seen in live_events(history):
        latency_ms = latency_of(seen, clock, wall)
        if latency_ms is None:
            continue
        frame = seen.frame
        early += latency_ms < -clock.tolerance_ms
        begun = asked.get((frame.user, seen.fact.run_id))
        since_ms = (frame.t - begun) * 1000 if begun is not None else float("inf")
        uncaused += latency_ms > since_ms + clock.tolerance_ms
        latency_ms = max(latency_ms, 0.0)
        every.append(latency_ms)
        sure, late_ms = is_sure(frame), worst
        if frame.unsure_ms is not None:
            stamped, late_ms = True, frame.unsure_ms
            if not sure:
                late_ms = max(late_ms, lags.between(frame.t - latency_ms / 1000, frame.t))
        at_least.append(max(latency_ms - late_ms, 0.0))
        if sure:
            known.append(latency_ms)
    claimed = (
        known if len(known) >= LEAST_SAMPLES["p99"] or len(every) < LEAST_SAMPLES["p99"] else every
    )
    return Latencies(
        values=Distribution.of(claimed),
        every=Distribution.of(every),
        at_least=Distribution.of(at_least),
        unsure=len(every) - len(known),
        clock=clock,
        early=early,
        uncaused=uncaused,
        worst_lag_ms=0.0 if stamped else worst,
    )


def latency_of(seen: Seen[Event], clock: Clock, wall: float) -> float | None:
    """Arrival minus the event's own time by our clock, in ms; None for an event without a time."""
    if seen.fact.timestamp is None:
        return None
    return (wall + seen.frame.t + clock.offset_s - seen.fact.timestamp) * 1000
