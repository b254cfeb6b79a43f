"""A planned restart: announced, closed as documented, and nothing lost."""

from __future__ import annotations

from collections.abc import Sequence

from support.checks.finding import Finding, check, failed, passed, person, unknown
from support.checks.runs import run_problems
from support.journal import History, records
from support.journal.facts import COMPLETED, Closing


@check("everyone is warned of the restart, then disconnected with the documented code")
def restart_announced(history: History, users: Sequence[str]) -> Finding:
    """On each user's connection of the time: one warning with a time, then the agreed close."""
    stops = _stops(history, "chat")
    if not stops or not users:
        return unknown("nothing was stopped, or nobody was there")
    warned = 0
    for user in users:
        name = person(user)
        there = [
            c
            for c in history.connections_of(user)
            if c.ready is not None and c.ready.frame.seq < stops[0].seq
        ]
        if not there:
            return unknown(f"{name} was not connected")
        story = there[-1]
        warnings = story.facts(Closing)
        if not warnings:
            return failed(f"{name} got no restart notice", seen=(_end(story.closed),))
        if warnings[0].fact.problems or warnings[0].fact.retry_after_s is None:
            return failed(f"{name} was given no time to reconnect")
        closed = story.closed
        if closed is None or "restart" not in closed.causes:
            wanted = ("a close that means a restart",)
            return failed(f"{name}: {_end(closed)}", expected=wanted, seen=(_end(closed),))
        warned += 1
    took = [f.took_ms / 1000 for f in history.of(records.Control) if f.action == "stop" and f.done]
    return passed(f"{warned} people were warned; the stop took {sum(took):.2f} s")


@check("no run was lost while the {part} service was down")
def runs_survived_restart(history: History, users: Sequence[str], part: str = "chat") -> Finding:
    """Every run was completed, whole; some were asked for before the stop and ended after it."""
    stops = _stops(history, part)
    carried = 0
    for user in users:
        for seen in history.asked(user):
            accepted = history.accepted(user, seen.fact.request_id)
            if accepted is None or accepted.run_id is None:
                return failed(f"a question of {user.rsplit('/', 1)[-1]} was lost")
            run = history.events_of_run(user, accepted.run_id)
            problems = run_problems([s.fact for s in run], accepted)
            if problems:
                return failed(problems[0], seen=tuple(s.fact.type for s in run))
            if run[-1].fact.type != COMPLETED:
                return failed(f"a run ended in {run[-1].fact.type}")
            carried += any(seen.frame.seq < stop.seq < run[-1].frame.seq for stop in stops)
    if not stops or not carried:
        return unknown(f"no run was under way when the {part} service was stopped")
    return passed(f"{carried} runs carried over")


def _stops(history: History, part: str) -> list[records.Control]:
    stops = history.of(records.Control, lambda c: c.action == "stop" and c.part == part)
    return [c for c in stops if not c.done]


def _end(closed: records.Closed | None) -> str:
    if closed is None:
        return "the connection is still open"
    return f"closed by the {closed.ended_by}, code {closed.code or 'none'}"
