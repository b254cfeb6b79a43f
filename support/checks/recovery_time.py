"""How long does it take to be back: from a loss to the first missed event, and to the last?"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from support.checks.finding import Finding, check, failed, passed, unknown
from support.journal import ConnectionHistory, History
from support.journal.facts import Event, Subscribed, Subscribing
from support.measures.recovery import recovery_ms


@check("{share:.0%} of users have every missed event within {limit_s:g} s", needs="positions")
def recovered_within(
    history: History, users: Sequence[str], limit_s: float, share: float = 0.95
) -> Finding:
    """From each user's last loss to the last missed event; a user who is not back took forever.

    A fifth of them or more must have missed something: being back without it is no recovery. How
    many have depends on whether the network or the agent is faster, and is nobody's fault.
    """
    took: list[tuple[float, float]] = []
    for user in users:
        found = [recovery_ms(history, story) for story in history.connections_of(user)]
        took += [r for r in found if r is not None][-1:]
    if not all(_was_cut_off(history, user) for user in users):
        return unknown("not everybody was cut off")
    late = len(users) - sum(whole <= limit_s * 1000 for _, whole in took)
    events = history.facts(Event)
    if events and all(seen.fact.position is None for seen in events):
        return unknown("events carry no positions, so nobody knows what was missed", "not_offered")
    wished = bool(history.facts(Subscribing, direction="sent"))
    if events and not wished and not history.facts(Subscribed):
        return unknown("no subscription says what was missed", "not_offered")
    text = f"{len(took)} of {len(users)} back"
    if took:
        first, whole = (sorted(times) for times in zip(*took, strict=True))
        text += (
            f"; first missed event after {median(first):.0f} ms, all of it after"
            f" {median(whole):.0f} ms (the middle one), the slowest after {whole[-1]:.0f} ms"
        )
    if not users or late > len(users) * (1 - share):
        return failed(f"{late} took longer; {text}", expected=(f"{limit_s:g} s",), seen=(text,))
    missed = sum(any(_missed(s) for s in history.connections_of(user)) for user in users)
    if missed * 5 < len(users):
        return unknown(f"only {missed} of {len(users)} had missed anything")
    return passed(text)


def _missed(story: ConnectionHistory) -> bool:
    """True for a connection on which missed events were promised."""
    return story.subscribed is not None and bool(story.subscribed.fact.count)


def _was_cut_off(history: History, user: str) -> bool:
    ends = [c.closed for c in history.connections_of(user) if c.ready is not None]
    return any(end is not None and end.by in ("fault", "network") for end in ends)
