"""Are pings answered, each with its own answer, at once, also while the agent is at work?"""

from __future__ import annotations

from support.checks.finding import Finding, check, failed, passed, unknown
from support.journal import History, records
from support.journal.facts import TERMINAL_EVENTS, Event

AT_ONCE_MS = 250.0  # over the quickest answer of the same level


@check("every ping of {user} is answered within {limit_ms:g} ms, also during a run")
def pings_answered(
    history: History, question: str, user: str, limit_ms: float, at_least: int
) -> Finding:
    """Both levels were tried, each was answered in time, and some before the user's run ended."""
    pings = history.of(records.Heartbeat, lambda r: r.user == user)
    levels = {p.level for p in pings}
    if len(pings) < at_least or levels < {"application", "protocol"}:
        return unknown(question, f"only {len(pings)} pings, of {', '.join(levels) or 'no level'}")
    silent = [p for p in pings if not p.answered]
    if silent:
        return failed(
            question,
            f"{len(silent)} of {len(pings)} pings were not answered ({silent[0].level} level)",
            expected=("an answer to every ping, with its own mark",),
            seen=(f"{len(pings) - len(silent)} answers to {len(pings)} pings",),
            records=tuple(p.seq for p in silent),
        )
    slow = [p for p in pings if p.took_ms > limit_ms]
    if slow:
        worst = max(p.took_ms for p in slow)
        return failed(
            question,
            f"{len(slow)} of {len(pings)} answers were late, by up to {worst - limit_ms:.0f} ms",
            expected=(f"at most {limit_ms:g} ms",),
            seen=tuple(f"{p.took_ms:.0f} ms ({p.level})" for p in slow[:5]),
            records=tuple(p.seq for p in slow),
        )
    ends = [s.frame.t for s in history.facts(Event, user=user) if s.fact.type in TERMINAL_EVENTS]
    if not ends:
        return unknown(question, "no run came to its end")
    during = [p for p in pings if _sent(p) < ends[-1]]
    for level in sorted(levels):
        mine = [p for p in pings if p.level == level]
        asked = [p for p in during if p.level == level]
        at_once_ms = min(p.took_ms for p in mine) + AT_ONCE_MS
        quick = [p for p in asked if p.took_ms <= at_once_ms]
        if len(quick) * 2 <= len(asked) or not asked:
            return failed(
                question,
                f"pings at {level} level wait while the agent is at work",
                expected=(f"within {at_once_ms:.0f} ms, as at other times",),
                seen=tuple(f"{p.took_ms:.0f} ms" for p in asked[:5]) or ("none in time",),
                records=tuple(p.seq for p in asked),
            )
    worst = max(p.took_ms for p in pings)
    return passed(
        question, f"{len(pings)} pings, {len(during)} during the run, worst {worst:.0f} ms"
    )


def _sent(ping: records.Heartbeat) -> float:
    return ping.t - ping.took_ms / 1000
