"""How long do events take to arrive, by the target's own times, and can that be said at all?

Latency of an event is its arrival (stamped in the receive path) minus its own timestamp, corrected
by the offset between the two clocks. The offset is taken from the ping with the shortest round
trip, halved (Cristian 1989); half that round trip is its uncertainty.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from support.checks.disturbance import disturbed
from support.checks.finding import Finding, check, failed, passed, unknown
from support.journal import History, Seen, records
from support.journal.facts import Accepted, Event, Pinged, Pong
from support.metrics import Distribution, least_samples

COARSE_S = 1.0  # uncertainty added when a target tells whole seconds only
SLACK_MS = 20.0  # by how much rounded times may run ahead of an arrival
ODD_OFFSET_S = 2.0  # a clock that is further off is corrected for, and said to be wrong

Figure = Literal["average", "p95", "p99"]
QUANTILES: dict[str, float] = {"p50": 0.50, "p95": 0.95, "p99": 0.99}

#: An average needs about as many as the median.
LEAST_SAMPLES: dict[str, int] = {
    "average": least_samples(0.50),
    "p95": least_samples(0.95),
    "p99": least_samples(0.99),
}


@dataclass(frozen=True)
class Clock:
    """The target's clock minus ours, in seconds, and how sure that is (±)."""

    offset_s: float
    uncertainty_s: float

    def told(self) -> str:
        """How sure it is, and by how much the target's clock is off, where that is a lot."""
        sure = f"clocks ± {self.uncertainty_s * 1000:.1f} ms"
        if abs(self.offset_s) < ODD_OFFSET_S + self.uncertainty_s:
            return sure
        way = "ahead of" if self.offset_s > 0 else "behind"
        return f"{sure}, the target's corrected for being {abs(self.offset_s):.1f} s {way} ours"


@dataclass(frozen=True)
class Latencies:
    """Event latencies in ms, and what casts doubt on them.

    `early` counts events that seem to arrive before they happened, `uncaused` those that seem to
    have happened before anybody asked for them: the first cause comes before the effect.
    """

    samples: Sequence[float]
    clock: Clock
    early: int
    uncaused: int
    worst_lag_ms: float

    def figure(self, name: Figure) -> float:
        """The average, or a percentile by HdrHistogram (three significant digits), in ms."""
        if name == "average":
            return sum(self.samples) / len(self.samples)
        return Distribution.of(self.samples).at(QUANTILES[name])


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


def latencies(history: History, clock: Clock, wall: float) -> Latencies:
    """The latency of every live event in scenarios of normal service."""
    excluded = disturbed(history)
    asked = asked_at(history)
    tolerance_ms = clock.uncertainty_s * 1000 + SLACK_MS
    samples: list[float] = []
    early = uncaused = 0
    for seen in live_events(history, excluded):
        latency_ms = latency_of(seen, clock, wall)
        if latency_ms is None:
            continue
        early += latency_ms < -tolerance_ms
        begun = asked.get((seen.frame.user, seen.fact.run_id))
        uncaused += begun is not None and latency_ms > (seen.frame.t - begun) * 1000 + tolerance_ms
        samples.append(max(latency_ms, 0.0))
    return Latencies(samples, clock, early, uncaused, worst_lag_ms(history, excluded))


def live_events(history: History, excluded: set[str]) -> Iterator[Seen[Event]]:
    """Every event that was no replay, in scenarios that are not `excluded`."""
    for story in history.connections.values():
        if story.connecting.scenario in excluded:
            continue
        answer = story.subscribed
        replayed_to = (answer.fact.last or 0) if answer and answer.fact.recovered else 0
        yield from (s for s in story.events if (s.fact.position or 1) > replayed_to)


def latency_of(seen: Seen[Event], clock: Clock, wall: float) -> float | None:
    """Arrival minus the event's own time by our clock, in ms; None for an event without a time."""
    if seen.fact.timestamp is None:
        return None
    return (wall + seen.frame.t + clock.offset_s - seen.fact.timestamp) * 1000


def asked_at(history: History) -> dict[tuple[str, str | None], float]:
    """When each run was asked for, by user and run: the journal's time of the first request."""
    sent: dict[tuple[str, str | None], float] = {}
    for seen in history.asked():
        sent.setdefault((seen.frame.user, seen.fact.request_id), seen.frame.t)
    runs: dict[tuple[str, str | None], float] = {}
    for answer in history.facts(Accepted):
        at = sent.get((answer.frame.user, answer.fact.request_id))
        if at is not None:
            runs.setdefault((answer.frame.user, answer.fact.run_id), at)
    return runs


def worst_lag_ms(history: History, excluded: set[str]) -> float:
    """By how much our own event loop came late at the worst, in ms."""
    lags = history.of(records.Sample, lambda s: s.name == "loop_lag_ms")
    return max((s.value for s in lags if s.scenario not in excluded), default=0.0)


@check("the first sign of an answer comes within {limit_s:g} s")
def first_sign_within(
    history: History, question: str, limit_s: float, share: float = 0.99, at_least: int = 100
) -> Finding:
    """From a request sent to the first event of its run, for that share of all requests."""
    first: dict[str, float] = {}
    for seen in history.facts(Event):
        if seen.fact.run_id is not None:
            first.setdefault(seen.fact.run_id, seen.frame.t)
    runs = {(s.frame.user, s.fact.request_id): s.fact.run_id for s in history.facts(Accepted)}
    waits = []
    for asked in history.asked():
        begun = first.get(runs.get((asked.frame.user, asked.fact.request_id)) or "")
        waits.append(float("inf") if begun is None else begun - asked.frame.t)
    if not waits or len(waits) < at_least:
        return unknown(question, f"{len(waits)} requests are too few ({at_least} needed)")
    slow = [w for w in waits if w > limit_s]
    told = f"{len(slow)} of {len(waits)} took longer, the worst {max(waits):.2f} s"
    if len(slow) > (1 - share) * len(waits):
        return failed(question, told, expected=(f"{share:.0%} within {limit_s:g} s",), seen=(told,))
    return passed(question, told)


@check("{figure} event latency is at most {limit_ms:g} ms")
def latency_within(
    history: History, question: str, wall: float, figure: Figure, limit_ms: float
) -> Finding:
    """The figure is within the limit, over enough events, by clocks that can be compared."""
    clock = clock_of(history, wall)
    if clock is None:
        return unknown(question, "no ping was answered, so the two clocks can not be compared")
    measured = latencies(history, clock, wall)
    count = len(measured.samples)
    if count < LEAST_SAMPLES[figure]:
        return unknown(question, f"{count} events are too few ({LEAST_SAMPLES[figure]} needed)")
    if clock.uncertainty_s * 1000 > limit_ms:
        return unknown(
            question, f"the clocks can be compared to ± {clock.uncertainty_s * 1000:.0f} ms only"
        )
    if measured.early:
        return failed(
            question,
            f"{measured.early} of {count} events bear times ahead of their own arrival:"
            " the target's event times contradict its clock",
            expected=("events that happen before they arrive",),
            seen=(f"{measured.early} events from the future",),
        )
    if measured.uncaused:
        return failed(
            question,
            f"{measured.uncaused} of {count} events bear times before the request that they"
            " answer: the target's event times contradict its clock",
            expected=("events that happen after they were asked for",),
            seen=(f"{measured.uncaused} events from before",),
        )
    value = measured.figure(figure)
    told = f"{value:.1f} ms over {count} events ({clock.told()})"
    if value <= limit_ms:
        return passed(question, told)
    if value - measured.worst_lag_ms <= limit_ms:
        return unknown(
            question,
            f"{told}, but our own machine was up to {measured.worst_lag_ms:.0f} ms late",
        )
    return failed(question, told, expected=(f"at most {limit_ms:g} ms",), seen=(told,))
