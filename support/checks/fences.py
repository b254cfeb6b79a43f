"""Does silence prove anything? Only with a fence after what could have been heard."""

from __future__ import annotations

from collections.abc import Mapping

from support.checks.finding import person
from support.journal import History, records


def missing_fence(history: History, viewer: str, ends: Mapping[str, float | None]) -> str:
    """Why silence on the viewer's connections proves nothing about these others; empty: it does.

    A fence that began after the others' last end must have held, on each connection still open.
    """
    last = 0.0
    for other, end in ends.items():
        if end is None:
            return f"no run of {person(other)} came to its end"
        last = max(last, end)
    still_open = [c for c in history.connections_of(viewer) if c.ready and c.closed is None]
    fenced = {
        f.connection
        for f in history.of(records.Fence)
        if f.user == viewer and f.held and f.t - f.took_ms / 1000 >= last
    }
    if not fenced or not fenced.issuperset(c.id for c in still_open):
        return (
            f"{person(viewer)} had no round trip after the others' runs, so silence proves nothing"
        )
    return ""
