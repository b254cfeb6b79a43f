"""Are pings answered, each with its own answer, at once, also while the agent is at work?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from support.checks.finding import Finding, check, failed, passed, unknown
from support.journal import History, records
from support.journal.facts import TERMINAL_EVENTS, Event, Ignored, ProtocolMessage
from support.measures.lag import lag_ms

INTERVALS = 2  # heartbeats without an answer until a line counts as dead
LEAST_INTERVALS, MOST_INTERVALS = 1, 3  # after which a deployment drops who answers nothing
EARLY_S = 0.05  # by which a close may seem early: the moment of falling silent is ours, not theirs
SHARE = 0.95  # of the pings during a run that must be answered in time
#: What apps and services say without anybody's doing.
_BY_ITSELF = (Ignored, ProtocolMessage)


@check(
    "every ping of {user} is answered within {limit_ms:g} ms, and 95 of 100 sent during a run"
    " within {most_s:g} s"
)
def pings_answered(
    history: History, user: str, limit_ms: float, most_s: float, at_least: int
) -> Finding:
    """Both levels were tried during the user's run, and each was answered in time."""
    pings = history.of(records.Heartbeat, lambda r: r.user == user)
    silent = [p for p in pings if not p.answered]
    if silent:
        return failed(
            f"{len(silent)} of {len(pings)} pings were not answered ({silent[0].level} level)",
            expected=("an answer to every ping, with its own mark",),
            seen=(f"{len(pings) - len(silent)} answers to {len(pings)} pings",),
            records=tuple(p.seq for p in silent),
        )
    late = _late(history, pings, limit_ms, 1.0)
    if late is not None:  # however few were sent: nobody sends many more once some are late
        return late
    levels = {p.level for p in pings}
    if len(pings) < at_least or levels < {"application", "protocol"}:
        return unknown(f"only {len(pings)} pings, of {', '.join(levels) or 'no level'}")
    ends = [s.frame.t for s in history.facts(Event, user=user) if s.fact.type in TERMINAL_EVENTS]
    if not ends:
        return unknown("no run came to its end")
    during = [p for p in pings if _sent(p) < ends[-1]]
    for level in sorted(levels):
        asked = [p for p in during if p.level == level]
        if not asked:
            return unknown(f"no ping at {level} level was sent during the run")
        late = _late(history, asked, most_s * 1000, SHARE)
        if late is not None:
            return late
    worst = max(p.took_ms for p in pings)
    return passed(f"{len(pings)} pings, {len(during)} during the run, worst {worst:.0f} ms")


def _late(
    history: History, pings: Sequence[records.Heartbeat], limit_ms: float, share: float
) -> Finding | None:
    """What is to be said when fewer than that share were answered in time; None when they were."""
    slow = [p for p in pings if p.took_ms > limit_ms]
    if len(slow) <= (1 - share) * len(pings):
        return None
    ours = {p.seq: lag_ms(history, _sent(p), p.t) for p in slow}
    worst = max(p.took_ms for p in slow)
    kinds = ", ".join(sorted({p.level for p in slow}))
    text = f"{len(slow)} of {len(pings)} answers ({kinds} level) were late, up to {worst:.0f} ms"
    if sum(p.took_ms - ours[p.seq] > limit_ms for p in slow) <= (1 - share) * len(pings):
        return unknown(
            f"{text}, but the test machine was up to {max(ours.values()):.0f} ms late",
            "environment",
        )
    return failed(
        text,
        expected=(f"{share:.0%} within {limit_ms:g} ms",),
        seen=tuple(f"{p.took_ms:.0f} ms ({p.level})" for p in slow[:5]),
        records=tuple(p.seq for p in slow),
    )


def _sent(ping: records.Heartbeat) -> float:
    return ping.t - ping.took_ms / 1000


@check("{user}'s app detects the dead connection within two heartbeats plus {spare_s:g} s")
def dead_connection_noticed(
    history: History, user: str, heartbeat_s: float, spare_s: float
) -> Finding:
    """The line was alive before the silence, and was given up within that time."""
    silences = [f for f in history.of(records.Fault) if f.name == "silence"]
    lost = history.of(records.DeadConnectionNoticed, lambda r: r.user == user)
    alive = history.of(records.Heartbeat, lambda r: r.user == user and r.answered)
    if lost and (not silences or lost[0].seq < silences[0].seq):
        return failed("the connection was given up although nothing had happened to it")
    if not silences:
        return unknown("the network never went silent")
    if not [h for h in alive if h.seq < silences[0].seq]:
        return unknown("no heartbeat was answered before the silence")
    if not lost:
        return failed("it was not noticed", expected=("noticed",), seen=("no word",))
    # Counted from the last answer: the silence may have begun right after it.
    last = [h for h in alive if h.seq < lost[0].seq][-1]
    took_s = lost[0].t - last.t
    limit_s = INTERVALS * heartbeat_s + spare_s
    if took_s > limit_s:
        return failed(f"it took {took_s:.2f} s", expected=(f"{limit_s:.2f} s",))
    return passed(f"noticed {took_s:.1f} s after the last answer")


@check(
    "{user}, who answers nothing any more, is disconnected after more than one heartbeat"
    " and at most three, plus {spare_s:g} s"
)
def unresponsive_client_dropped(
    history: History, user: str, heartbeat_s: float, spare_s: float
) -> Finding:
    """The hung connection was closed as documented, neither too early nor too late.

    Too early is a fault, too: anyone in a tunnel would be disconnected.
    """
    hung = [f for f in history.of(records.Fault) if f.name == "mute" and f.user == user]
    if not hung:
        return unknown("nobody hung")
    closed = history.connections[hung[0].connection].closed
    wanted = ("a close that means missed heartbeats",)
    if closed is None or closed.t < hung[0].t:
        return failed("the connection is still held", expected=wanted, seen=("open",))
    took_s = closed.t - hung[0].t
    if "silent" not in closed.causes:
        text = f"ended by the {closed.ended_by}, code {closed.code or 'none'}, after {took_s:.1f} s"
        return failed(text, expected=wanted, seen=(text,))
    least_s, limit_s = LEAST_INTERVALS * heartbeat_s, MOST_INTERVALS * heartbeat_s + spare_s
    text = f"after {took_s:.2f} s, at a heartbeat of {heartbeat_s:g} s"
    if took_s < least_s - min(EARLY_S, heartbeat_s / 10):
        return failed(f"disconnected too early, {text}", expected=(f"more than {least_s:g} s",))
    late_ms = lag_ms(history, closed.t - 1, closed.t)
    if took_s > limit_s and took_s - late_ms / 1000 <= limit_s:
        return unknown(f"{text}, but the test machine was {late_ms:.0f} ms late", "environment")
    if took_s > limit_s:
        return failed(f"only {text}", expected=(f"at most {limit_s:.2f} s",))
    return passed(text)


@check("{user}'s idle connection survives a load balancer that cuts idle connections")
def idle_connection_survives(history: History, user: str, quiet_s: float) -> Finding:
    """One connection, quiet for that long, not cut, and good for a whole run afterwards.

    Messages of the protocol itself (a keepalive, and the answer to one) do not count.
    The balancer must have cut another line that was really quiet: else it proves nothing.
    """
    stories = [c for c in history.connections_of(user) if c.ready is not None]
    if not stories:
        return unknown("the user was never there")
    if stories[0].closed is not None:
        closed = stories[0].closed
        return failed(
            f"the connection was lost after {closed.t - stories[0].connecting.t:.1f} s"
            f" ({closed.reason or closed.code})",
            records=(closed.seq,),
        )
    if not [f for f in history.of(records.Fault) if f.name == "idle_timeout"]:
        return unknown("the load balancer cut nothing, not even a dead line")
    times = [f.t for f in stories[0].frames if not all(isinstance(x, _BY_ITSELF) for x in f.facts)]
    longest_s, over = max(((b - a, b) for a, b in pairwise(times)), default=(0.0, 0.0))
    if longest_s < quiet_s * 0.9:
        return unknown(f"the connection was quiet for {longest_s:.1f} s only")
    ends = [s.frame.t for s in stories[0].events if s.fact.type in TERMINAL_EVENTS]
    if not ends or ends[-1] < over:
        return failed("after the quiet time nothing was answered")
    return passed(f"quiet for {longest_s:.1f} s, then answered on the same connection")
