"""The events that the business requires reach the people who asked."""

from __future__ import annotations

from support.approval.criterion import Ruling, criterion, lacking, met, missed
from support.approval.evidence import Evidence
from support.journal.facts import REQUIRED_EVENTS, TERMINAL_EVENTS, Accepted, Event

LEAST_RUNS = 10


@criterion(
    "event_delivery",
    "Required events delivered",
    rank=40,
    limit=lambda policy: f"≥ {policy.event_completion:.0%}, every type seen",
)
def event_delivery(evidence: Evidence) -> Ruling:
    """So large a share of runs comes to its end, and every type of event is seen."""
    asked, whole, types = 0, 0, set[str]()
    for part in evidence.peaceful.scenarios().values():
        events = part.facts(Event)
        types |= {s.fact.type for s in events}
        ended = {(s.frame.user, s.fact.run_id) for s in events if s.fact.type in TERMINAL_EVENTS}
        runs = {(s.frame.user, s.fact.request_id): s.fact.run_id for s in part.facts(Accepted)}
        for seen in part.asked():
            asked += 1
            run_id = runs.get((seen.frame.user, seen.fact.request_id))
            whole += run_id is not None and (seen.frame.user, run_id) in ended
    missing = [t for t in REQUIRED_EVENTS if t not in types]
    if asked < LEAST_RUNS:
        return lacking(f"{asked} runs", f"Only {asked} questions were asked.", asked)
    share = whole / asked
    measured = f"{share:.1%} of runs completed"
    if missing:
        reason = f"{missing[0]} never reached anybody."
        return missed(f"{measured}, {missing[0]} never seen", reason, asked)
    if share < evidence.policy.event_completion:
        return missed(measured, f"{asked - whole} of {asked} runs never came to their end.", asked)
    return met(measured, asked)
