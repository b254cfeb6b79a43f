"""All figures of a run, in peace and apart from it in trouble: one pure function of its journal."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from support.checks.disturbance import disturbed
from support.checks.latency import (
    SLACK_MS,
    Clock,
    asked_at,
    clock_of,
    latency_of,
    live_events,
    worst_lag_ms,
)
from support.journal import ConnectionStory, History, records
from support.journal.facts import TERMINAL_EVENTS, Subscribing
from support.metrics import Distribution


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """One distribution in ms. A percentile is None where too few samples cover it.

    `histogram` and `total_ms` are what `Distribution.decode` takes, so that runs can be merged.
    """

    count: int
    average: float | None
    p50: float | None
    p95: float | None
    p99: float | None
    longest: float | None
    histogram: str
    total_ms: float

    def distribution(self) -> Distribution:
        """All of it, to be merged with others."""
        return Distribution.decode(self.histogram, self.total_ms)


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured in `scenarios` scenarios. Times are in ms, rates are the busiest ones.

    `early` events bear times ahead of their arrival: no latency at all, and never a negative one.
    `lag_ms` is the worst lateness of our own event loop: by so much figures may be too high.
    """

    scenarios: int
    latency: Spread
    latency_by_type: dict[str, Spread]
    first_event: Spread
    whole_answer: Spread
    connect: Spread
    sign_in: Spread
    ping: Spread
    recovery_first: Spread
    recovery_whole: Spread
    answers: int
    answers_per_s: int
    answers_per_minute: int
    early: int
    lag_ms: float

    def doubt(self, tolerance_ms: float) -> str:
        """Why these figures are not valid to that tolerance; empty when they are."""
        if self.lag_ms <= tolerance_ms:
            return ""
        return f"our own machine was up to {self.lag_ms:.0f} ms late"


class RunFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of normal service, and apart from them those under faults, outages and load.

    `clock_offset_s` is the target's clock minus ours, by which latencies are corrected (None: it
    is not known, and so are they), `clock_uncertainty_ms` what is left of doubt about it.
    """

    clock_offset_s: float | None
    clock_uncertainty_ms: float | None
    peaceful: Figures
    disturbed: Figures
    memory_first_mb: float | None
    memory_last_mb: float | None
    memory_most_mb: float | None


def figures(history: History, wall: float) -> RunFigures:
    """The figures of a journal; `wall` is Unix seconds at its zero."""
    clock = clock_of(history, wall)
    troubled = disturbed(history)
    calm = {r.scenario for r in history.records} - troubled
    memory = [s.value / 1e6 for s in history.of(records.Sample) if s.name == "target_memory_bytes"]
    return RunFigures(
        clock_offset_s=clock.offset_s if clock else None,
        clock_uncertainty_ms=clock.uncertainty_s * 1000 if clock else None,
        peaceful=_figures(_part(history, calm), clock, wall),
        disturbed=_figures(_part(history, troubled), clock, wall),
        memory_first_mb=memory[0] if memory else None,
        memory_last_mb=memory[-1] if memory else None,
        memory_most_mb=max(memory, default=None),
    )


def _part(history: History, scenarios: set[str]) -> History:
    return History([r for r in history.records if r.scenario in scenarios])


def _figures(history: History, clock: Clock | None, wall: float) -> Figures:
    asked = asked_at(history)
    early, late = 0, list[float]()
    by_type: dict[str, list[float]] = {}
    first: dict[tuple[str, str | None], float] = {}
    whole: dict[tuple[str, str | None], float] = {}
    for seen in live_events(history, set()):
        key = (seen.frame.user, seen.fact.run_id)
        if key in asked:
            first.setdefault(key, seen.frame.t)
        if key in asked and seen.fact.type in TERMINAL_EVENTS:
            whole.setdefault(key, seen.frame.t)
        latency_ms = latency_of(seen, clock, wall) if clock else None
        if latency_ms is not None and clock is not None:
            early += latency_ms < -(clock.uncertainty_s * 1000 + SLACK_MS)
            late.append(max(latency_ms, 0.0))
            by_type.setdefault(seen.fact.type, []).append(max(latency_ms, 0.0))
    recoveries = [_recovery(history, story) for story in history.connections.values()]
    entered = [c for c in history.connections.values() if c.connecting.expect == "admitted"]
    pings = [h.took_ms for h in history.of(records.Heartbeat) if h.answered]
    pings += [f.took_ms for f in history.of(records.Fence) if f.held]
    return Figures(
        scenarios=len(history.of(records.ScenarioStarted)),
        latency=_spread(late),
        latency_by_type={kind: _spread(values) for kind, values in sorted(by_type.items())},
        first_event=_spread((t - asked[key]) * 1000 for key, t in first.items()),
        whole_answer=_spread((t - asked[key]) * 1000 for key, t in whole.items()),
        connect=_spread((c.ready.frame.t - c.connecting.t) * 1000 for c in entered if c.ready),
        sign_in=_spread(r.took_ms for r in history.of(records.SignedIn) if r.ok),
        ping=_spread(pings),
        recovery_first=_spread(r[0] for r in recoveries if r is not None),
        recovery_whole=_spread(r[1] for r in recoveries if r is not None),
        answers=len(whole),
        answers_per_s=_busiest(whole.values(), 1.0),
        answers_per_minute=_busiest(whole.values(), 60.0),
        early=early,
        lag_ms=worst_lag_ms(history, set()),
    )


def _spread(values_ms: Iterable[float]) -> Spread:
    made = Distribution.of(values_ms)
    return Spread(
        count=made.count,
        average=made.average_ms,
        p50=made.percentile(0.50),
        p95=made.percentile(0.95),
        p99=made.percentile(0.99),
        longest=made.longest_ms,
        histogram=made.encode(),
        total_ms=made.total_ms,
    )


def _recovery(history: History, story: ConnectionStory) -> tuple[float, float] | None:
    """From a loss to the first sign of what was missed, and to the last of it, both in ms.

    None for a connection that takes up nothing, or on which not all of it came. Where nothing was
    missed, to be told so is both.
    """
    resumed = any(
        isinstance(fact, Subscribing) and fact.after is not None
        for frame in story.frames
        for fact in frame.facts
    )
    lost = [
        c.closed
        for c in history.connections_of(story.user)
        if c.closed is not None and c.ready is not None and c.closed.seq < story.connecting.seq
    ]
    answer = story.subscribed
    if not resumed or not lost or lost[-1].by == "user":
        return None
    if answer is None or not answer.fact.recovered:
        return None
    missed = [s for s in story.events if (s.fact.position or 0) <= (answer.fact.last or 0)]
    if len(missed) < (answer.fact.count or 0):
        return None
    came = [s.frame.t for s in missed] or [answer.frame.t]
    return (came[0] - lost[-1].t) * 1000, (came[-1] - lost[-1].t) * 1000


def _busiest(moments: Iterable[float], window_s: float) -> int:
    """The most moments within any window of that length."""
    ordered, first, most = sorted(moments), 0, 0
    for last, moment in enumerate(ordered):
        while moment - ordered[first] >= window_s:
            first += 1
        most = max(most, last - first + 1)
    return most
