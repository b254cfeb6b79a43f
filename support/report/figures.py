"""The figures of a run as they stand in its files: those of `measures`, and why one is missing.

Nothing is measured in here. A figure of normal service and the same one under faults stand apart,
each under its name.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from support.approval import Evidence
from support.checks.isolation import Violation, tally
from support.measures.distribution import LEAST_SAMPLES, Distribution, Figure
from support.measures.figures import Figures, ServiceFigures
from support.measures.memory import MemoryFigures
from support.measures.reconnect import ReconnectFigures
from support.measures.throughput import Traffic

NOTHING_READ = "the evidence is incomplete, so nothing is measured from it"
NO_CLOCK = "no ping was answered, so the clocks cannot be compared"


class Measured(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One figure. `value` is null when it was not measured; `why` is the reason."""

    value: float | None
    unit: str
    samples: int
    why: str | None = None


class Percentiles(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Average and percentiles of one thing, each only with samples enough (10 / (1 - q))."""

    average: Measured
    p50: Measured
    p95: Measured
    p99: Measured
    longest: Measured


class EventsPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Events of a type: all that were received, and the runs asked for that brought any."""

    seen: int
    runs: int


class ServicePart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The figures of one kind of scenarios. Times are of what was seen live, not replayed.

    `connect` is from the first byte of a handshake to the greeting, `ping_round_trip` of pings
    alone. `answers_in_busiest_…` are counts.
    """

    scenarios: int
    questions_asked: int
    questions_ended: int
    events_received: int
    events_by_type: dict[str, EventsPart]
    event_latency: Percentiles
    first_event: Percentiles
    first_token: Percentiles
    whole_answer: Percentiles
    connect: Percentiles
    sign_in: Percentiles
    ping_round_trip: Percentiles
    answers_in_busiest_second: int
    answers_in_busiest_minute: int


class RecoveryPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Drops after which a user resumed, and how many received everything; the times from the drop
    to the first missed event, and to the last."""

    drops: int
    whole: int
    to_first_event: Percentiles
    to_whole_story: Percentiles


class TrafficPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """WebSocket messages over the whole run, waiting included: what the run did.

    `connections_at_once` is the most that were open at the same time within one scenario, without
    those of the load engine. Bytes are those of the messages, before compression.
    """

    messages_sent: int
    messages_received: int
    bytes_sent: int
    bytes_received: int
    messages_per_second: Measured
    connections_at_once: int


class MemoryPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The deployment's memory as it reports it; growth is the highest minus the first."""

    first: Measured
    last: Measured
    highest: Measured
    growth: Measured


class IsolationPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many messages were checked for leaks between users, and how many leaked, to whom.

    `by_pair` and `by_connection` count leaked messages, too. One that holds data of several people
    counts once for each pair. In `people_reached`, requests without a token are one person.
    """

    messages_received: int
    fences_held: int
    fences_broken: int
    leaked_messages: int
    people_reached: int
    by_pair: dict[str, int]
    by_connection: dict[str, int]


class FiguresPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that was measured. `normal_service` leaves out every scenario under an injected
    fault, an outage or deliberate load; those are `under_fault`. The rest is of all scenarios."""

    clock_uncertainty: Measured
    normal_service: ServicePart
    under_fault: ServicePart
    recovery: RecoveryPart
    traffic: TrafficPart
    memory: MemoryPart
    reconnects: ReconnectFigures
    isolation: IsolationPart


def figures_part(measured: Figures, evidence: Evidence, leaks: Sequence[Violation]) -> FiguresPart:
    """The figures of a run, with the leaks between users that were found in it."""
    given = evidence.outcomes
    why = "" if given.journal_whole else NOTHING_READ
    clock = measured.clock
    return FiguresPart(
        clock_uncertainty=_absent("ms", why or NO_CLOCK)
        if clock is None
        else _present(clock.uncertainty_s * 1000, "ms", 1),
        normal_service=_service(measured.normal, why),
        under_fault=_service(measured.under_fault, why),
        recovery=RecoveryPart(
            drops=len(measured.drops),
            whole=measured.recovery_whole.count,
            to_first_event=_percentiles(
                measured.recovery_first, why or "no connection was dropped"
            ),
            to_whole_story=_percentiles(
                measured.recovery_whole, why or "no connection was dropped"
            ),
        ),
        traffic=_traffic(measured.traffic, given.finished - given.started, why),
        memory=_memory(measured.memory, why),
        reconnects=measured.reconnects,
        isolation=_isolation(measured.traffic, leaks),
    )


def _service(found: ServiceFigures, why: str) -> ServicePart:
    return ServicePart(
        scenarios=found.scenarios,
        questions_asked=found.questions_asked,
        questions_ended=found.questions_ended,
        events_received=found.events_received,
        events_by_type={
            kind: EventsPart(seen=count.seen, runs=count.runs)
            for kind, count in found.events.items()
        },
        event_latency=_latency(found, why),
        first_event=_percentiles(found.first_event, why or "no run delivered a first event"),
        first_token=_percentiles(found.first_token, why or "no answer came in parts"),
        whole_answer=_percentiles(found.whole_answer, why or "no run ended"),
        connect=_percentiles(found.connect, why or "no connection was made"),
        sign_in=_percentiles(found.sign_in, why or "no sign-in was made"),
        ping_round_trip=_percentiles(found.ping, why or "no ping was answered"),
        answers_in_busiest_second=found.answers_per_s,
        answers_in_busiest_minute=found.answers_per_minute,
    )


def _latency(found: ServiceFigures, why: str) -> Percentiles:
    """Nothing is claimed of event times that contradict the deployment's own clock."""
    timed = found.timed
    if timed is None:
        return _percentiles(Distribution(), why or NO_CLOCK)
    if timed.early:
        early = f"{timed.early} events have timestamps later than their arrival"
        return _percentiles(Distribution(), early)
    if timed.uncaused:
        uncaused = f"{timed.uncaused} events have timestamps earlier than their question"
        return _percentiles(Distribution(), uncaused)
    return _percentiles(timed.values, why or "no event had a timestamp")


def _percentiles(found: Distribution, why: str) -> Percentiles:
    def figure(name: Figure) -> Measured:
        value = found.claimed(name)
        if value is not None:
            return _present(value, "ms", found.count)
        if not found.count:
            return _absent("ms", why)
        few = f"{found.count} samples are too few ({LEAST_SAMPLES[name]} needed)"
        return Measured(value=None, unit="ms", samples=found.count, why=few)

    longest = found.longest
    return Percentiles(
        average=figure("average"),
        p50=figure("p50"),
        p95=figure("p95"),
        p99=figure("p99"),
        longest=_absent("ms", why) if longest is None else _present(longest, "ms", found.count),
    )


def _traffic(found: Traffic, took_s: float, why: str) -> TrafficPart:
    messages, unit = found.sent + found.received, "messages/s"
    if not messages or took_s <= 0:
        rate = _absent(unit, why or "no message was exchanged")
    else:
        rate = _present(messages / took_s, unit, messages)
    return TrafficPart(
        messages_sent=found.sent,
        messages_received=found.received,
        bytes_sent=found.sent_bytes,
        bytes_received=found.received_bytes,
        messages_per_second=rate,
        connections_at_once=found.at_once,
    )


def _memory(found: MemoryFigures, why: str) -> MemoryPart:
    def figure(value: float | None) -> Measured:
        if value is not None:
            return _present(value, "MB", found.samples)
        if not found.samples:
            return _absent("MB", why or "the deployment did not report its memory")
        few = "the deployment reported its memory only once"
        return Measured(value=None, unit="MB", samples=found.samples, why=few)

    return MemoryPart(
        first=figure(found.first_mb),
        last=figure(found.last_mb),
        highest=figure(found.highest_mb),
        growth=figure(found.growth_mb),
    )


def _isolation(found: Traffic, leaks: Sequence[Violation]) -> IsolationPart:
    tallied = tally(leaks)
    return IsolationPart(
        messages_received=found.received,
        fences_held=found.fences_held,
        fences_broken=found.fences_broken,
        leaked_messages=tallied["all"]["all"],
        people_reached=len({leak.viewer for leak in leaks}),
        by_pair=dict(tallied["pair"].most_common(50)),
        by_connection=dict(tallied["connection"].most_common(50)),
    )


def _present(value: float, unit: str, samples: int) -> Measured:
    return Measured(value=round(value, 3), unit=unit, samples=samples)


def _absent(unit: str, why: str) -> Measured:
    return Measured(value=None, unit=unit, samples=0, why=why)
