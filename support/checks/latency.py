"""How long do events take to arrive, by the target's own times, and can that be said at all?

Latency of an event is its arrival (stamped in the receive path) minus its own timestamp, corrected
by the offset between the two clocks. The offset is taken from the ping with the shortest round
trip, halved (Cristian 1989); half that round trip is its uncertainty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hdrh.histogram import HdrHistogram

from support.checks.disturbance import disturbed
from support.checks.finding import Finding, check, failed, passed, unknown
from support.journal import History, records
from support.journal.facts import Accepted, Event, Pinged, Pong

COARSE_S = 1.0  # uncertainty added when a target tells whole seconds only
LONGEST_US = 3_600_000_000  # an hour
SLACK_MS = 20.0  # by how much rounded times may run ahead of an arrival

Figure = Literal["average", "p95", "p99"]
QUANTILES: dict[str, float] = {"p50": 50.0, "p95": 95.0, "p99": 99.0}

#: About 10 / (1 - q) samples make a percentile; an average needs about as many as the median.
LEAST_SAMPLES: dict[str, int] = {"average": 20, "p95": 200, "p99": 1000}


@dataclass(frozen=True)
class Clock:
    """The target's clock minus ours, in seconds, and how sure that is (±)."""

    offset_s: float
    uncertainty_s: float


@dataclass(frozen=True)
class Latencies:
    """Event latencies in ms; `early` counts events that seem to arrive before they happened."""

    samples: Sequence[float]
    clock: Clock
    early: int
    worst_lag_ms: float

    def figure(self, name: Figure) -> float:
        """The average, or a percentile by HdrHistogram (three significant digits), in ms."""
        if name == "average":
            return sum(self.samples) / len(self.samples)
        histogram = HdrHistogram(1, LONGEST_US, 3)
        for sample in self.samples:
            # The histogram drops what is over its range: later than that counts as that late.
            histogram.record_value(min(max(1, round(sample * 1000)), LONGEST_US))
        return float(histogram.get_value_at_percentile(QUANTILES[name])) / 1000


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
    samples: list[float] = []
    early = 0
    for story in history.connections.values():
        if story.connecting.scenario in excluded:
            continue
        answer = story.subscribed
        replayed_to = (answer.fact.last or 0) if answer and answer.fact.recovered else 0
        for seen in story.events:
            event: Event = seen.fact
            if event.timestamp is None or (event.position or 1) <= replayed_to:
                continue
            latency_ms = (wall + seen.frame.t + clock.offset_s - event.timestamp) * 1000
            if latency_ms < -(clock.uncertainty_s * 1000 + SLACK_MS):
                early += 1
            samples.append(max(latency_ms, 0.0))
    lags = [
        s.value
        for s in history.of(records.Sample, lambda s: s.name == "loop_lag_ms")
        if s.scenario not in excluded
    ]
    return Latencies(samples, clock, early, max(lags, default=0.0))


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
    value = measured.figure(figure)
    told = f"{value:.1f} ms over {count} events (clocks ± {clock.uncertainty_s * 1000:.1f} ms)"
    if value <= limit_ms:
        return passed(question, told)
    if value - measured.worst_lag_ms <= limit_ms:
        return unknown(
            question,
            f"{told}, but our own machine was up to {measured.worst_lag_ms:.0f} ms late",
        )
    return failed(question, told, expected=(f"at most {limit_ms:g} ms",), seen=(told,))
