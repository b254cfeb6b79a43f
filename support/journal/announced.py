"""The numbers that a deployment announces, and the bounds within which they can be true.

A client acts on them (how long a message it sends, how long it waits), so it must not believe
whatever is announced.
"""

from __future__ import annotations

import msgspec

from support.journal.facts import AnyFact, Closing, Event, Ready, Subscribed

POSITIONS = (0, 2**53 - 1)  # beyond that, clients in JavaScript take two numbers for one

BOUNDS: dict[type, dict[str, tuple[float, float]]] = {
    Ready: {
        "heartbeat_s": (0.1, 600),
        "message_bytes": (1024, 16 * 1024 * 1024),
        "messages_per_s": (1, 10_000),
        "connections_per_user": (1, 10_000),
        "retained_events": (1, POSITIONS[1]),  # a deployment may keep whatever happens
        "position": POSITIONS,
    },
    Subscribed: {"first": POSITIONS, "last": POSITIONS, "count": POSITIONS},
    Event: {"position": POSITIONS},
    Closing: {"retry_after_s": (0, 86_400), "time_left_s": (0, 86_400)},
}


def impossible(fact: AnyFact) -> dict[str, str]:
    """What `fact` says that cannot be true: by field, the value and the bounds, in words."""
    found = {}
    for name, (least, most) in BOUNDS.get(type(fact), {}).items():
        value = getattr(fact, name)
        if value is not None and not least <= value <= most:
            found[name] = f"{name} = {_short(value)} (possible: {least:,} to {most:,})"
    return found


def believable(ready: Ready) -> Ready:
    """`ready` without what cannot be true, as if it had not been said."""
    wrong = impossible(ready)
    return msgspec.structs.replace(ready, **dict.fromkeys(wrong)) if wrong else ready


def _short(value: float) -> str:
    return str(value) if abs(value) < 1e18 else f"{float(value):.3g}" if abs(value) < 1e300 else "∞"
