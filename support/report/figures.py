"""What a run has measured, as plain figures: only what was measured, and why where it was not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from support.approval import Evidence
from support.checks import clock_of, latencies, tally
from support.checks.isolation import Violation
from support.checks.latency import LEAST_SAMPLES, QUANTILES
from support.journal import History, records
from support.journal.facts import REQUIRED_EVENTS, TERMINAL_EVENTS, Accepted, Event
from support.metrics import Distribution, least_samples

LEAST = {**LEAST_SAMPLES, "p50": least_samples(QUANTILES["p50"])}
NOTHING_READ = "the evidence has holes, so nothing is read out of it"


class Measured(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One figure. `value` is null when it was not measured, and then `why` says so."""

    value: float | None
    unit: str
    samples: int
    why: str | None = None


class Spread(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Average and percentiles of one thing, each only with samples enough (10 / (1 - q))."""

    average: Measured
    p50: Measured
    p95: Measured
    p99: Measured
    longest: Measured


class Throughput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Messages over the whole run, waiting included: what the run did, not what could be done."""

    sent: int
    received: int
    messages_per_second: Measured


class Memory(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The target's memory as it tells it itself."""

    first: Measured
    last: Measured
    highest: Measured
    growth: Measured


class EventCount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many events of a type arrived, and in how many runs of whoever had asked."""

    seen: int
    runs: int


class Delivery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Over every scenario, also those under an injected fault: what arrived of what was asked."""

    asked: int
    ended: int
    by_type: dict[str, EventCount]


class IsolationTally(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much was looked at for leaks between users, and how many were found, by whom."""

    frames: int
    fences_held: int
    fences_broken: int
    leaks: int
    by_pair: dict[str, int]
    by_connection: dict[str, int]


class Figures(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that was measured; latency, connecting and pings in normal service alone."""

    event_latency: Spread
    clock_uncertainty: Measured
    connecting: Spread
    ping_round_trip: Spread
    throughput: Throughput
    memory: Memory
    events: Delivery
    isolation: IsolationTally


def figures(evidence: Evidence, leaks: Sequence[Violation]) -> Figures:
    """The figures of a run, with the leaks between users that were found in it."""
    history = evidence.history
    why = "" if evidence.outcomes.journal_whole else NOTHING_READ
    latency, uncertainty = _latency(evidence, why)
    normal = evidence.peaceful
    connected = [r.took_ms for r in normal.of(records.Connected)]
    pings = [r.took_ms for r in normal.of(records.Heartbeat, lambda r: r.answered)]
    return Figures(
        event_latency=latency,
        clock_uncertainty=uncertainty,
        connecting=_spread(connected, why or "nobody connected"),
        ping_round_trip=_spread(pings, why or "no ping was answered"),
        throughput=_throughput(evidence, why),
        memory=_memory(history, why),
        events=_delivery(evidence),
        isolation=_isolation(evidence, leaks),
    )


def _latency(evidence: Evidence, why: str) -> tuple[Spread, Measured]:
    opened = evidence.history.of(records.Opened)
    clock = clock_of(evidence.history, opened[0].wall) if opened else None
    if clock is None:
        why = why or "no ping was answered, so the two clocks can not be compared"
        return _spread([], why), _absent("ms", why)
    measured = latencies(evidence.history, clock, opened[0].wall)
    uncertainty = Measured(value=_ms(clock.uncertainty_s * 1000), unit="ms", samples=1)
    if measured.early:
        told = f"{measured.early} events bear times ahead of their own arrival"
        return _spread([], told), uncertainty
    if measured.uncaused:
        told = f"{measured.uncaused} events bear times before anybody asked for them"
        return _spread([], told), uncertainty
    return _spread(measured.samples, "no event arrived in normal service"), uncertainty


def _spread(samples: Sequence[float], why: str) -> Spread:
    """Milliseconds; by the same histogram as the criteria, so that the same figures come out."""
    count = len(samples)
    distribution = Distribution.of(samples)

    def figure(name: str) -> Measured:
        if not count:
            return _absent("ms", why)
        if count < LEAST[name]:
            few = f"{count} samples are too few ({LEAST[name]} needed)"
            return Measured(value=None, unit="ms", samples=count, why=few)
        value = sum(samples) / count if name == "average" else distribution.at(QUANTILES[name])
        return Measured(value=_ms(value), unit="ms", samples=count)

    longest = Measured(value=_ms(max(samples)), unit="ms", samples=count) if count else None
    return Spread(
        average=figure("average"),
        p50=figure("p50"),
        p95=figure("p95"),
        p99=figure("p99"),
        longest=longest or _absent("ms", why),
    )


def _throughput(evidence: Evidence, why: str) -> Throughput:
    frames = evidence.history.of(records.Frame)
    received = sum(f.direction == "received" for f in frames)
    took = evidence.outcomes.finished - evidence.outcomes.started
    unit = "messages/s"
    if not frames or took <= 0:
        rate = _absent(unit, why or "no message was exchanged")
    else:
        rate = Measured(value=round(len(frames) / took, 3), unit=unit, samples=len(frames))
    return Throughput(sent=len(frames) - received, received=received, messages_per_second=rate)


def _memory(history: History, why: str) -> Memory:
    told = history.of(records.Sample, lambda s: s.name == "target_memory_bytes")
    values = [sample.value / 1e6 for sample in told]

    def figure(value: float | None) -> Measured:
        if value is None:
            return _absent("MB", why or "the target did not tell its memory")
        return Measured(value=round(value, 3), unit="MB", samples=len(values))

    if not values:
        return Memory(
            first=figure(None), last=figure(None), highest=figure(None), growth=figure(None)
        )
    few = Measured(value=None, unit="MB", samples=1, why="the target told its memory only once")
    return Memory(
        first=figure(values[0]),
        last=figure(values[-1]),
        highest=figure(max(values)),
        growth=figure(max(values) - values[0]) if len(values) > 1 else few,
    )


def _delivery(evidence: Evidence) -> Delivery:
    seen: Counter[str] = Counter()
    runs: Counter[str] = Counter()
    asked = ended = 0
    for part in evidence.scenarios.values():
        events = part.facts(Event)
        seen.update(s.fact.type for s in events)
        types: dict[tuple[str, str | None], set[str]] = {}
        for s in events:
            types.setdefault((s.frame.user, s.fact.run_id), set()).add(s.fact.type)
        given = {(s.frame.user, s.fact.request_id): s.fact.run_id for s in part.facts(Accepted)}
        for question in part.asked():
            asked += 1
            run_id = given.get((question.frame.user, question.fact.request_id))
            mine = types.get((question.frame.user, run_id), set()) if run_id is not None else set()
            ended += not mine.isdisjoint(TERMINAL_EVENTS)
            runs.update(mine)
    every = dict.fromkeys((*REQUIRED_EVENTS, *TERMINAL_EVENTS, *sorted(seen)))
    by_type = {name: EventCount(seen=seen[name], runs=runs[name]) for name in every}
    return Delivery(asked=asked, ended=ended, by_type=by_type)


def _isolation(evidence: Evidence, leaks: Sequence[Violation]) -> IsolationTally:
    tallied = tally(leaks)
    fences = evidence.history.of(records.Fence)
    held = sum(fence.held for fence in fences)
    received = evidence.history.of(records.Frame, lambda f: f.direction == "received")
    return IsolationTally(
        frames=len(received),
        fences_held=held,
        fences_broken=len(fences) - held,
        leaks=len(leaks),
        by_pair=dict(tallied["pair"].most_common(50)),
        by_connection=dict(tallied["connection"].most_common(50)),
    )


def _absent(unit: str, why: str) -> Measured:
    return Measured(value=None, unit=unit, samples=0, why=why)


def _ms(value: float) -> float:
    return round(value, 3)
