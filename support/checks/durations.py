"""Is a duration that an event tells one at all, and is it in milliseconds?"""

from __future__ import annotations

from collections.abc import Sequence

from support.checks.wrong import Wrong
from support.journal.facts import COMPLETED, STARTED, Event

#: Runs as long as this show the unit: their events bear times that far apart.
LONG_MS = 400.0
#: Seconds, microseconds and nanoseconds are off by 1,000 or more; nothing else is by as much.
OFF_BY = 500.0


def duration_problems(run: Sequence[Event]) -> list[Wrong]:
    """Durations below zero, and a run's that is far from the time between its events."""
    problems = []
    for event in run:
        told = event.data.get("duration_ms")
        if isinstance(told, int | float) and told < 0:
            problems.append(_malformed(event, f"{told:g}, below zero"))
    started = next((e for e in run if e.type == STARTED), None)
    end = next((e for e in run if e.type == COMPLETED), None)
    if started is None or end is None or started.timestamp is None or end.timestamp is None:
        return problems
    told, took_ms = end.data.get("duration_ms"), (end.timestamp - started.timestamp) * 1000
    if not isinstance(told, int | float) or told < 0 or took_ms < LONG_MS:
        return problems
    if not took_ms / OFF_BY <= told <= took_ms * OFF_BY:
        text = f"{told:g}, but its events lie {took_ms:,.0f} ms apart"
        problems.append(_malformed(end, text))
    return problems


def _malformed(event: Event, text: str) -> Wrong:
    return Wrong("event_malformed", event.type, f"{event.type}: data.duration_ms is {text}")
