"""Does the service give back what a run has cost it?"""

from __future__ import annotations

from itertools import pairwise

from support.checks.finding import Finding, check, failed, passed, unknown
from support.journal import History, records
from support.journal.facts import TERMINAL_EVENTS, Event
from support.measures import asked_at


@check("the service's memory levels off")
def memory_levels_off(
    history: History, question: str, limit_mb: float, at_least: int = 4, runs: int = 2500
) -> Finding:
    """In the later half of the run, memory does not rise on and on.

    A service may take what it needs while it warms up. It leaks when, in the later half, it rises
    from each look to the next, at half the average rate or more, and `runs` further runs at that
    rate would cost over `limit_mb` megabytes (10^6 bytes).
    """
    looks = history.of(records.Sample, lambda s: s.name == "target_memory_bytes")
    if len(looks) < max(at_least, 4):
        return unknown(
            question, f"{len(looks)} looks at its memory are too few ({at_least} needed)"
        )
    asked = asked_at(history)
    ends = {
        s.fact.run_id: s.frame.t
        for s in history.facts(Event)
        if s.fact.type in TERMINAL_EVENTS and (s.frame.user, s.fact.run_id) in asked
    }
    later = looks[len(looks) // 2 - 1 :]
    done = [sum(t <= look.t for t in ends.values()) for look in later]
    between = done[-1] - done[0]
    if between <= 0:
        return unknown(question, "no run was answered while its memory was looked at")
    grown_mb = (later[-1].value - later[0].value) / 1e6
    rises = [(b.value - a.value) / 1e6 for a, b in pairwise(later)]
    told = f"{grown_mb:+.1f} MB over the last {between} runs, {looks[-1].value / 1e6:.0f} MB in all"
    onward = all(rise >= grown_mb / len(rises) / 2 for rise in rises)
    cost_mb = grown_mb / between * runs
    if grown_mb > 0 and onward and cost_mb > limit_mb:
        return failed(
            question,
            f"{told}; {runs:,} more would cost {cost_mb:,.0f} MB",
            expected=(f"at most {limit_mb:g} MB for {runs:,} runs",),
            seen=tuple(f"{look.value / 1e6:.0f} MB" for look in looks),
        )
    return passed(question, told)
