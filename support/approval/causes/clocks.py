"""The times that events bear, or greetings, contradict the deployment's own clock."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from support.approval.causes.sighting import Sighting, detector, failed_by
from support.approval.evidence import Evidence
from support.approval.words import capital, several
from support.checks.event_times import greetings_off
from support.journal.facts import Event
from support.measures.clock import ODD_OFFSET_S, clock_of
from support.measures.questions import live_events

#: Criteria that cannot be right where the times of events are wrong.
LATENCIES = ("average_latency", "p95_latency", "p99_latency")
#: Checks that reckon by the time of a greeting, and the one that compares it with the pongs'.
BY_GREETING = frozenset(
    {
        "closed_at_token_expiry",
        "event_times_true",
        "only_expired_ends",
        "run_continued_while_away",
    }
)


@detector
def event_times_off(evidence: Evidence) -> Iterator[Sighting]:
    """Seconds ahead of what the clock says on arrival; behind, where all are much too old."""
    if not evidence.history.records:
        return
    wall = evidence.wall
    clock = clock_of(evidence.history, wall)
    timed = [
        (seen, seen.fact.timestamp)
        for seen in live_events(evidence.baseline_history)
        if seen.fact.timestamp is not None
    ]
    if clock is None or not timed:
        return
    ahead_s = median(at - (wall + s.frame.t + clock.offset_s) for s, at in timed)
    if abs(ahead_s) <= ODD_OFFSET_S + clock.uncertainty_s:
        return
    way = "ahead of" if ahead_s > 0 else "behind"
    text = (
        f"The service's event times are {abs(ahead_s):.0f} s {way} its own clock"
        f" ({several(len(timed), 'event')})"
    )
    where: dict[str, tuple[int, ...]] = {}
    for seen in evidence.history.facts(Event):
        where.setdefault(seen.frame.scenario, (seen.frame.seq,))
    subject = way.partition(" ")[0]
    yield Sighting(
        "event_times_off", "order", text, where, subject, 4, blocking=True, criteria=LATENCIES
    )


@detector
def greeting_times_off(evidence: Evidence) -> Iterator[Sighting]:
    """Greetings tell another time than pongs; whatever is reckoned by it fails."""
    if not evidence.history.records:
        return
    clock = clock_of(evidence.history, evidence.wall)
    if clock is None:
        return
    off = list(greetings_off(evidence.history, clock, evidence.wall))
    first = {seen.frame.scenario: seen.frame.seq for seen, _ in reversed(off)}
    where = {s: (first[s],) for s in failed_by(evidence, BY_GREETING) if s in first}
    if where:
        yield Sighting("greeting_time_off", "order", capital(off[0][1]), where, specific=8)
