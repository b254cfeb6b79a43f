"""Is a token's end enforced in the middle of a conversation, and does no answer carry a token?"""

from __future__ import annotations

import math

from support.checks.connection_ends import time_was_up, was_announced
from support.checks.counts import several
from support.checks.finding import Finding, check, failed, passed, unknown
from support.journal import ConnectionHistory, History, records
from support.journal.facts import Event, Ready
from support.journal.records import AuthAnswer

GRACE_S = 0.25  # an event's own time may be taken a moment before it is sent
LIVED_ON = "the connection lived on after its token had ended"
TRANSIT_S = 1.0  # what was sent in time may arrive that much later, on a busy machine
EARLY_S = 1.0  # a timer may count whole seconds


@check("{user}'s connection closes when its token expires, and receives nothing after that")
def closed_at_token_expiry(history: History, user: str, wall: float, within_s: float) -> Finding:
    """The deployment closed the connection for its token, within `within_s` after that token's end.

    No event on it bears a time after the end, or arrived after it; times are the deployment's,
    `wall` is Unix seconds at the journal's zero. Something must have happened after the end, as the
    user sees on a later connection, or nothing is proven.
    """
    connections = [c for c in history.connections_of(user) if c.ready is not None]
    short = [c for c in connections if c.connecting.token_ends is not None]
    if not short:
        return unknown("the user never came with a token that was about to end")
    story, ends = short[-1], short[-1].connecting.token_ends or 0.0
    ahead_s = _ahead_s(connections, wall)
    late = [s for s in story.events if (s.fact.timestamp or 0.0) > ends + GRACE_S]
    arrived = wall + ahead_s - ends  # add a record's `t`: seconds after the end it arrived
    delayed = [s for s in story.events if s.frame.t + arrived > GRACE_S + TRANSIT_S]
    if late or delayed:
        first = (late or delayed)[0]
        after_s = max(first.frame.t + arrived, (first.fact.timestamp or 0.0) - ends)
        return failed(
            f"{first.fact.type} came {after_s:.1f} s after the token had ended",
            expected=("no event after the end of the token",),
            seen=tuple(f"{s.fact.type}" for s in (late or delayed)),
            records=tuple(s.frame.seq for s in (late or delayed)),
        )
    before_s = ends - wall - _most_ahead_s(connections, wall)  # as a record's `t`: not ended yet
    problem = _end_problem(story, arrived, before_s, within_s)
    if problem:
        wanted = f"a close that means an expired token, within {within_s:g} s"
        return failed(problem, expected=(wanted,), seen=(problem,))
    refreshes = history.of(AuthAnswer, lambda r: r.user == user and r.call == "refresh")
    if refreshes and not refreshes[-1].granted:
        return failed(
            f"the user could not come back: the refresh failed: {refreshes[-1].detail}",
            expected=("a new token for the old one",),
            seen=(refreshes[-1].detail,),
            records=(refreshes[-1].seq,),
        )
    if not _went_on(history, user, story, ends):
        return unknown("nothing happened after the end that could have been seen")
    assert story.closed is not None
    return passed(
        f"ended {story.closed.t + arrived:.2f} s after the token, and nothing came after that",
        records=(story.closed.seq,),
    )


@check("of {user}'s connections, only the one with the expired token ends")
def only_expired_ends(history: History, user: str) -> Finding:
    """The deployment ended the connection whose token expired, and broke off no other.

    Those with a longer token answered a round trip after that end.
    """
    connections = [c for c in history.connections_of(user) if c.ready is not None]
    ended = [c.closed for c in connections if c.connecting.token_ends is not None]
    others = [c for c in connections if c.connecting.token_ends is None]
    end = ended[-1] if ended else None
    if end is not None and end.by == "fault":  # cut by us, once it was long overdue
        wanted = "the connection with the expired token ends"
        return failed(LIVED_ON, expected=(wanted,), seen=("open",), records=(end.seq,))
    if end is None or end.by not in ("target", "network") or not others:
        return unknown("no connection was ended for its token while the user had another")
    for story in others:
        closed = None if was_announced(story) or time_was_up(story) else story.closed
        if closed is not None and closed.by in ("target", "network"):
            code = f"close {closed.code or 'without a code'}"
            return failed(
                "another connection was also closed",
                expected=("only the connection with the expired token ends",),
                seen=(code,),
                records=(closed.seq,),
            )
        held = (f for f in history.of(records.Fence) if f.connection == story.id and f.held)
        if not any(fence.seq > end.seq for fence in held):
            return unknown("no round trip proved that the other connection was still open")
    return passed(f"{len(others)} stayed open")


@check("no handshake response contains the client's token")
def token_never_echoed(history: History) -> Finding:
    """Neither the chosen subprotocol nor a header nor the body of any answer, accepted or not."""
    answers = []
    for story in history.connections.values():
        answers += [a for a in (story.connected, story.refused) if a is not None]
    answered = [a for a in answers if getattr(a, "how", "http") in ("http", "close")]
    if not answered:
        return unknown("no handshake was answered")
    for answer in answered:
        if answer.echoed:
            places = ", ".join(answer.echoed)
            return failed(
                f"the token came back in {places}",
                expected=("responses without the client's token",),
                seen=(places,),
                records=(answer.seq,),
            )
    return passed(f"{several(len(answered), 'response')}, without the client's token in any")


def _ahead_s(connections: list[ConnectionHistory], wall: float) -> float:
    """By how much the deployment's clock is ahead of ours, at least: greetings take time to
    arrive."""
    greetings = [s for c in connections for s in c.facts(Ready)]
    ahead = [
        s.fact.server_time - (wall + s.frame.t) for s in greetings if s.fact.server_time is not None
    ]
    return max(ahead, default=0.0)


def _most_ahead_s(connections: list[ConnectionHistory], wall: float) -> float:
    """And at most: a greeting's time is read after the attempt to connect has begun.

    Infinite where no greeting tells the time.
    """
    ahead = [
        s.fact.server_time + (s.fact.server_time % 1 == 0) - (wall + c.connecting.t)
        for c in connections
        for s in c.facts(Ready)
        if s.fact.server_time is not None
    ]
    return min(ahead, default=math.inf)


def _end_problem(story: ConnectionHistory, arrived: float, before_s: float, within_s: float) -> str:
    closed = story.closed
    if closed is not None and closed.by in ("target", "network"):
        if "expired" not in closed.causes:
            how = f"with code {closed.code}" if closed.code is not None else "without a word"
            return f"the connection was ended {how}"
        if closed.t < before_s - EARLY_S:
            return f"the connection was ended {before_s - closed.t:.1f} s before its token"
        after_s = closed.t + arrived
        if after_s <= within_s + TRANSIT_S:
            return ""
        return f"the connection was ended only {after_s:.1f} s after its token"
    return LIVED_ON


def _went_on(history: History, user: str, story: ConnectionHistory, ends: float) -> bool:
    """True when events of the user's own, seen on another connection, happened after the end."""
    return any(
        seen.frame.connection != story.id and (seen.fact.timestamp or 0.0) > ends + GRACE_S
        for seen in history.facts(Event, user=user)
    )
