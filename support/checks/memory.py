"""Does the service give back what a run has cost it?"""

from __future__ import annotations

from support.checks.finding import Finding, check, failed, passed, unknown
from support.journal import History, records
from support.journal.facts import TERMINAL_EVENTS, Event
from support.measures.load import answered_by
from support.measures.questions import asked_at
from support.measures.slope import slope_of

WARM_UP = 0.5  # of the looks: a service may take what it needs while it warms up
PER_RUNS = 1000


@check("the service's memory is not proven to grow by more than {limit_mb:g} MB per 1,000 runs")
def memory_levels_off(history: History, limit_mb: float, at_least: int = 6) -> Finding:
    """The slope of its memory over the runs answered, after the warm-up, in MB of 10^6 bytes.

    Too much is what is too much with 99 % confidence: memory that goes up and down is no leak.
    """
    looks = history.of(records.Sample, lambda s: s.name == "target_memory_bytes")
    later = looks[int(len(looks) * WARM_UP) :]
    if len(later) < max(at_least, 3):
        return unknown(f"{len(later)} looks at its memory are too few ({at_least} needed)")
    asked = asked_at(history)
    ends = [
        s.frame.t
        for s in history.facts(Event)
        if s.fact.type in TERMINAL_EVENTS and (s.frame.user, s.fact.run_id) in asked
    ]
    done = [sum(t <= look.t for t in ends) + answered_by(history, look.t) for look in later]
    slope = slope_of([(n, s.value / 1e6 * PER_RUNS) for n, s in zip(done, later, strict=True)])
    if slope is None:
        return unknown("no run was answered while its memory was looked at")
    text = (
        f"{slope.value:+.1f} MB (± {slope.error:.1f}) per {PER_RUNS:,} runs,"
        f" over {done[-1] - done[0]} runs, {looks[-1].value / 1e6:.0f} MB in all"
    )
    if slope.least <= limit_mb:
        unproven = f"; that it is above {limit_mb:g} MB is not proven"
        return passed(text + (unproven if slope.value > limit_mb else ""))
    return failed(
        text,
        expected=(f"at most {limit_mb:g} MB",),
        seen=tuple(f"{look.value / 1e6:.0f} MB" for look in looks),
    )
