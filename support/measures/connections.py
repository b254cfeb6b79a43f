"""Getting in, and round trips on what is open."""

from __future__ import annotations

from itertools import accumulate

from support.journal import ConnectionHistory, History, records


def to_be_admitted(history: History) -> list[ConnectionHistory]:
    """The connection attempts that should be admitted; an app's own retries are not among them."""
    return [c for c in history.connections.values() if c.connecting.expect == "admitted"]


def connect_s(story: ConnectionHistory) -> float | None:
    """Connect time: from the first byte of the handshake to the greeting; None: never greeted."""
    return None if story.ready is None else story.ready.frame.t - story.connecting.t


def connect_times_ms(history: History) -> list[float]:
    """The connect times of all that should be admitted and were."""
    waits = (connect_s(story) for story in to_be_admitted(history))
    return [wait * 1000 for wait in waits if wait is not None]


def most_at_once(history: History) -> int:
    """The most connections open at the same time in one scenario, without the load engine's."""
    most = 0
    for part in history.scenarios().values():
        opened = [c for c in part.connections.values() if c.connected is not None]
        changes = [(c.connected.t, 1) for c in opened if c.connected is not None]
        changes += [(c.closed.t, -1) for c in opened if c.closed is not None]
        most = max(most, *accumulate(change for _, change in sorted(changes)), 0)
    return most


def ping_round_trips_ms(history: History) -> list[float]:
    """Of each answered ping, of protocol or application level. Fences are counted apart."""
    return [h.took_ms for h in history.of(records.Heartbeat) if h.answered]


def sign_in_times_ms(history: History) -> list[float]:
    """Of each sign-in that succeeded, registration included."""
    return [r.took_ms for r in history.of(records.SignedIn) if r.ok]
