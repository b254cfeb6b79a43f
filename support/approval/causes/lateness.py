"""How late events are: do they still come, and which are the slowest?"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from support.approval.evidence import Evidence
from support.journal import History, records
from support.journal.facts import REQUIRED_EVENTS
from support.measures.clock import Clock
from support.measures.distribution import LEAST_SAMPLES
from support.measures.lag import is_sure
from support.measures.latency import latency_of
from support.measures.questions import live_events

#: So many events show that some are slow.
MOST_SHOWN = 3


@dataclass(frozen=True)
class Lateness:
    """`event` is the first type in a run that usually arrives too late, `usual_ms` its median."""

    event: str
    usual_ms: float
    limit_ms: float
    clock: Clock
    wall: float

    def delays(self, part: History, user: str) -> bool:
        """True where the newest event of that user was late: those after it are still to come."""
        own = [s for s in live_events(part) if s.frame.user == user]
        newest = max(own, key=lambda s: s.frame.t, default=None)
        latency_ms = latency_of(newest, self.clock, self.wall) if newest else None
        return latency_ms is not None and latency_ms > self.limit_ms


def lateness(evidence: Evidence) -> Lateness | None:
    """The lateness of events in normal service, where half of a type exceed the limit of the p95.

    None, too, where events bear times that cannot be, and without a clock to compare them with.
    """
    clock, timed = evidence.figures.clock, evidence.figures.normal.timed
    if clock is None or timed is None or timed.early or timed.uncaused:
        return None
    limit_ms = evidence.policy.p95_latency_ms
    found: dict[str, list[float]] = {event: [] for event in REQUIRED_EVENTS}
    for seen in live_events(evidence.baseline_history):
        latency_ms = latency_of(seen, clock, evidence.wall)
        if latency_ms is not None:
            found.setdefault(seen.fact.type, []).append(latency_ms)
    for event, latencies_ms in found.items():
        if len(latencies_ms) >= LEAST_SAMPLES["p50"] and median(latencies_ms) > limit_ms:
            return Lateness(event, median(latencies_ms), limit_ms, clock, evidence.wall)
    return None


def slowest_events(evidence: Evidence, scenario: str = "") -> tuple[str, tuple[int, ...]]:
    """A scenario's name in the journal, and the records of its slowest events.

    Unless one is given it is the scenario with the slowest event of normal service. Events that
    the test machine may have read late are left out.
    """
    clock = evidence.figures.clock if evidence.history.of(records.Opened) else None
    if clock is None:
        return scenario, ()
    part = evidence.scenarios.get(scenario, evidence.baseline_history)
    timed = [
        (latency_ms, seen.frame)
        for seen in live_events(part)
        if is_sure(seen.frame)
        and (latency_ms := latency_of(seen, clock, evidence.wall)) is not None
    ]
    timed.sort(key=lambda one: -one[0])
    name = scenario or next((frame.scenario for _, frame in timed), "")
    slowest = [frame.seq for _, frame in timed if frame.scenario == name][:MOST_SHOWN]
    return name, tuple(sorted(slowest))
