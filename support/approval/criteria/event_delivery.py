"""The events that the business requires reach the people who asked."""

from __future__ import annotations

from collections.abc import Sequence

from support.approval.criterion import Ruling, criterion, lacking, met, short
from support.approval.evidence import Evidence
from support.checks.runs import run_problems, succeeded
from support.journal import History
from support.journal.facts import REQUIRED_EVENTS, Accepted, Cancelling, Event

LEAST_RUNS = 10


@criterion(
    "event_delivery",
    "Required events delivered",
    rank=40,
    limit=lambda policy: f"≥ {policy.event_completion:.0%} of runs whole, every type seen",
)
def event_delivery(evidence: Evidence) -> Ruling:
    """Of the runs that were asked to succeed, so large a share is whole; every type is seen.

    Whole: completed as a success, with every required event, in order. A question that was never
    accepted has no run, and counts.
    """
    whole, types = list[bool](), set[str]()
    for part in evidence.peaceful.scenarios().values():
        types |= {s.fact.type for s in part.facts(Event)}
        whole += _whole_runs(part, REQUIRED_EVENTS)
    asked = len(whole)
    if asked < LEAST_RUNS:
        return lacking(f"{asked} runs", f"Only {asked} questions were asked.", asked)
    share = sum(whole) / asked
    measured = f"{share:.1%} of {asked:,} runs whole"
    missing = [t for t in REQUIRED_EVENTS if t not in types]
    if missing:
        measured = f"{measured}, {missing[0]} never seen"
        reason = f"{missing[0]} never reached anybody."
        return short(f"no {missing[0]}", "loss", measured, reason, asked)
    if share < evidence.policy.event_completion:
        reason = f"{asked - sum(whole)} of {asked} runs did not arrive whole."
        return short("event_delivery", "loss", measured, reason, asked)
    return met(measured, asked)


def _whole_runs(part: History, offered: Sequence[str]) -> list[bool]:
    """For every question that should succeed, however often it was sent: is its run whole?"""
    cancelled = {(s.frame.user, s.fact.run_id) for s in part.facts(Cancelling, direction="sent")}
    asked = {
        (s.frame.user, s.fact.request_id): s for s in part.asked() if s.fact.ends == "succeeded"
    }
    accepted: dict[tuple[str, str | None], Accepted] = {}
    for answer in part.facts(Accepted):
        accepted.setdefault((answer.frame.user, answer.fact.request_id), answer.fact)
    seen_by = {user: part.runs_seen_by(user) for user, _ in asked}
    found = []
    for user, request_id in asked:
        answer_to = accepted.get((user, request_id))
        run_id = answer_to.run_id if answer_to else None
        if (user, run_id) in cancelled:
            continue
        run = [s.fact for s in seen_by[user].get(run_id, ())] if run_id else []
        types = {event.type for event in run}
        found.append(types >= set(offered) and succeeded(run) and not run_problems(run, answer_to))
    return found
