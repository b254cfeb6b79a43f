"""Are the times that events bear true? Latency cannot be computed from times that are made up.

What contradicts the deployment's own clock, as its pongs state it, is named: a clock that is off as
a whole is not, for the offset is known, corrected for, and stated.
"""

from __future__ import annotations

from collections.abc import Iterator

from support.checks.finding import Finding, check, failed, passed, unknown
from support.journal import History, Seen
from support.journal.facts import Event, Ready
from support.measures.clock import COARSE_S, ODD_OFFSET_S, Clock, clock_of
from support.measures.latency import latencies_of
from support.measures.questions import asked_at, live_events
from support.measures.scope import normal_service

FROZEN_S = 0.25  # so much must pass within a run before one and the same time is no coincidence


@check("event timestamps agree with the service's own clock", needs="clock")
def event_times_true(history: History, wall: float) -> Finding:
    """No event is from the future, none older than its request, and time goes on within a run.

    Nor does a greeting tell another time than the pongs do.

    `wall` is Unix seconds at the journal's zero. At least one run must have taken long enough to
    show that time goes on.
    """
    clock = clock_of(history, wall)
    if clock is None:
        return unknown("no ping was answered, so the two clocks cannot be compared")
    for seen, text in greetings_off(history, clock, wall):
        return failed(text, expected=(clock.text,), seen=(text,), records=(seen.frame.seq,))
    measured = latencies_of(normal_service(history), clock, wall)
    count = measured.every.count
    if not count:
        return unknown("no event had a timestamp")
    for number, said in (
        (measured.early, "bear times ahead of their own arrival"),
        (measured.uncaused, "bear times before the request that they answer"),
    ):
        if number:
            text = f"{number} of {count} events {said}"
            return failed(text, expected=(clock.text,), seen=(text,))
    runs = _long_runs(history, clock)
    for events in runs:
        if len({s.fact.timestamp for s in events}) == 1:
            took_s = events[-1].frame.t - events[0].frame.t
            return failed(
                f"all {len(events)} events of a run bear the same time,"
                f" and arrived over {took_s:.1f} s",
                records=tuple(s.frame.seq for s in events),
            )
    if not runs:
        return unknown("no run took long enough to see time go on")
    return passed(f"{count} events, {clock.text}")


def greetings_off(history: History, clock: Clock, wall: float) -> Iterator[tuple[Seen[Ready], str]]:
    """Greetings whose time was not reached while their connection opened, each with what it says.

    `wall` is Unix seconds at the journal's zero.
    """
    slack_s = ODD_OFFSET_S + COARSE_S + clock.uncertainty_s
    for seen in history.facts(Ready):
        told, zero = seen.fact.server_time, wall + clock.offset_s
        if told is None:
            continue
        opened = zero + history.connections[seen.frame.connection].connecting.t
        arrived = zero + seen.frame.t
        if not opened - slack_s <= told <= arrived + slack_s:
            times = f"it is {told:.15g}, and the pongs say {arrived:.15g}"
            yield seen, f"the greeting says that {times}"


def _long_runs(history: History, clock: Clock) -> list[list[Seen[Event]]]:
    """The events with a time of each run whose events came over a while."""
    known = asked_at(history)
    runs: dict[tuple[str, str | None], list[Seen[Event]]] = {}
    for seen in live_events(history):
        key = (seen.frame.connection, seen.fact.run_id)
        if (seen.frame.user, seen.fact.run_id) in known and seen.fact.timestamp is not None:
            runs.setdefault(key, []).append(seen)
    least_s = FROZEN_S + 2 * clock.uncertainty_s
    long = (r for r in runs.values() if r[-1].frame.t - r[0].frame.t >= least_s)
    return [run for run in long if len(run) > 1]
