"""The required events reach the users who asked."""

from __future__ import annotations

from support.approval.criterion import Ruling, criterion, lacking, met, short
from support.approval.evidence import Evidence
from support.approval.expected_runs import expected_runs
from support.approval.words import percent, several
from support.journal.facts import Event
from support.measures.questions import required_events

LEAST_RUNS = 10


@criterion(
    "event_delivery",
    "Required events delivered",
    rank=40,
    limit=lambda policy: f"≥ {policy.event_completion:.0%} of runs complete, every event type seen",
    definition="The share of agent runs of which every required event arrives, in order, without"
    " injected faults.",
)
def event_delivery(evidence: Evidence) -> Ruling:
    """Of the runs that were asked to succeed, so large a share is whole; every type is seen.

    Whole: completed as a success, with every required event, in order. A question that was never
    accepted has no run, and counts.
    """
    required = required_events(evidence.history)
    whole, types = list[bool](), set[str]()
    for part in evidence.baseline_history.scenarios().values():
        types |= {s.fact.type for s in part.facts(Event)}
        whole += [a.whole(required) for a in expected_runs(part) if a.ends == "succeeded"]
    asked = len(whole)
    if asked < LEAST_RUNS:
        seen = several(asked, "run")
        return lacking(f"only {seen}", f"Only {seen} seen, of at least {LEAST_RUNS}.", asked)
    share = sum(whole) / asked
    measured = f"{percent(share)} of {asked:,} runs complete"
    missing = [t for t in required if t not in types]
    ruling = met(measured, asked)
    if missing:
        measured = f"{measured}, {missing[0]} never seen"
        reason = f"No user ever received {missing[0]}."
        ruling = short(f"no {missing[0]}", "loss", measured, reason, asked)
    elif share < evidence.policy.event_completion:
        reason = f"{asked - sum(whole):,} of {asked:,} runs did not arrive completely."
        ruling = short("event_delivery", "loss", measured, reason, asked)
    return ruling.counted(100 * share, 100 * evidence.policy.event_completion, "%")
