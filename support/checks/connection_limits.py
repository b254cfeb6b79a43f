"""As many connections as announced and no more; unfinished handshakes are closed."""

from __future__ import annotations

from support.checks.finding import Finding, check, failed, passed, unknown
from support.journal import History, records

LEAST_DRIPS = 3


@check("{user} may have {limit} connections at a time, and no more")
def connection_cap_enforced(history: History, user: str, limit: int) -> Finding:
    """So many are admitted, the next is refused as documented, and admitted after a disconnect.

    After each kind of disconnect that was tried.
    """
    stories = history.connections_of(user)
    wanted = [c for c in stories if c.connecting.expect == "admitted"]
    beyond = [c for c in stories if c.connecting.expect == "refused"]
    after = [c for c in stories if c.connecting.expect == "either"]
    if len(wanted) < limit or not beyond:
        return unknown(f"{len(wanted)} connections were tried, {len(beyond)} beyond")
    for number, story in enumerate(wanted, start=1):
        if story.ready is None:
            text = story.refused.detail if story.refused else "no greeting"
            return failed(f"connection {number} was not admitted: {text}")
        if story.closed is not None and story.closed.seq < beyond[0].connecting.seq:
            return failed(f"connection {number} was ended to make room")
    for story in beyond:
        if story.refused is None:
            text = f"connection {limit + 1} was admitted, too"
            return failed(text, records=(story.connecting.seq,))
        if not story.refused.agreed:
            text = f"one too many was not refused as documented: {story.refused.detail}"
            return failed(text, records=(story.refused.seq,))
    if not after:
        return unknown("nobody tried again after one had left")
    for place in dict.fromkeys(story.connecting.means for story in after):
        if not any(c.ready for c in after if c.connecting.means == place):
            text = "no new connection was admitted after a disconnect"
            return failed(f"{text}, in {place}" if place else text)
    return passed(f"{limit} admitted, the next refused, and one admitted after a disconnect")


@check("{user}'s unfinished handshakes are cut within {within_s:g} s")
def unfinished_handshakes_cut(history: History, user: str, within_s: float) -> Finding:
    """Every one of them, also the one that goes on byte by byte."""
    slow = history.of(records.SlowHandshake, lambda r: r.user == user)
    if not slow:
        return unknown("there was no unfinished handshake")
    for one in slow:
        if not one.cut or one.lasted_s > within_s:
            return failed(
                f"a handshake sent {one.way} was kept for {one.lasted_s:.1f} s",
                expected=(f"an end within {within_s:g} s",),
                seen=(f"{one.sent} bytes taken in {one.lasted_s:.1f} s",),
                records=(one.seq,),
            )
    if max(one.pieces for one in slow) < LEAST_DRIPS:
        return unknown("all were cut before a few bytes were sent one by one")
    return passed(f"{len(slow)} cut, the last after {max(s.lasted_s for s in slow):.1f} s")


@check("{user} is connected while {other}'s handshakes are unfinished")
def connected_meanwhile(history: History, user: str, other: str, at_least: int) -> Finding:
    """So many handshakes had begun before the user came, whether or not they were cut by then."""
    stories = [c for c in history.connections_of(user) if c.connecting.expect == "admitted"]
    if not stories:
        return unknown("the user never tried")
    came = stories[-1]
    slow = history.of(records.SlowHandshake, lambda r: r.user == other)
    begun = [one for one in slow if one.t - one.lasted_s <= came.connecting.t and one.sent]
    if len(begun) < at_least:
        return unknown(f"only {len(begun)} of {at_least} handshakes had been begun")
    if came.ready is None:
        text = came.refused.detail if came.refused else "no greeting"
        return failed(f"not admitted: {text}", records=(came.connecting.seq,))
    return passed(f"{len(begun)} unfinished handshakes, and admitted")
