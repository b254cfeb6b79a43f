"""Who somebody is, and where they were, after their app has come back by itself."""

from __future__ import annotations

from support.checks.finding import Finding, check, failed, passed, person, unknown
from support.checks.stream import resume_problems
from support.journal import ConnectionHistory, History, records
from support.journal.facts import Accepted, Asked, Event, Subscribing
from support.measures.reconnect import BEST_EFFORT


@check("{user} resumes as the same user, in the same conversation, from the same position")
def state_survived_reconnect(history: History, user: str) -> Finding:
    """After the last automatic reconnect: the same user id, position and conversation."""
    stories = [c for c in history.connections_of(user) if c.ready is not None]
    back = [c for c in stories if c.connecting.expect == BEST_EFFORT]
    if not back or stories[0] is back[-1]:
        return unknown("the app never came back by itself")
    last = back[-1]
    problem = _identity_problem(stories[0], last) or _position_problem(stories, last)
    if problem:
        return failed(problem, records=(last.connecting.seq,))
    return _same_thread(history, user, last)


@check("{user}'s pooled connection is never given to another user, only back to {user}")
def pool_keeps_users_apart(history: History, user: str, other: str) -> Finding:
    """`other` asked for one and got none of `user`'s; then `user` did, and theirs was alive."""
    asked = {r.user: r for r in history.of(records.PoolAcquire)}
    if user not in asked or other not in asked:
        return unknown("not both of them asked for one")
    for record in asked.values():
        story = history.connections.get(record.connection or "")
        if story is None:
            continue
        if not history.are_one_person(record.user, story.user):
            who, whose = (person(u) for u in (record.user, story.user))
            return failed(f"{who} was given a connection of {whose}")
    given = asked[user]
    if given.connection is None:
        return failed("there was none when its own user asked")
    frames = history.connections[given.connection].frames
    heard = any(f.seq > given.seq and f.direction == "received" for f in frames)
    if not (heard or _quietly_alive(history, given)):
        return failed("the connection was dead", records=(given.seq,))
    return passed(f"after {given.idle_s:.2f} s, alive", records=(given.seq,))


def _quietly_alive(history: History, given: records.PoolAcquire) -> bool:
    """True where no message answers a round trip, and a WebSocket ping was answered instead.

    The pool pings before it hands a connection out; it has to stay open afterwards.
    """
    pings = [
        r
        for r in history.of(records.Heartbeat)
        if r.connection == given.connection and r.level == "protocol"
    ]
    before = [r for r in pings if r.seq < given.seq]
    fences = [r for r in history.of(records.Fence) if r.connection == given.connection]
    since = [r for r in fences if r.seq > given.seq]
    stayed = bool(since) and all(r.quiet and r.held for r in since)
    return stayed and bool(before) and before[-1].answered


def _identity_problem(first: ConnectionHistory, last: ConnectionHistory) -> str:
    was, now = (c.ready.fact.user_id if c.ready else None for c in (first, last))
    return "" if was == now else "the deployment greeted somebody else"


def _position_problem(stories: list[ConnectionHistory], last: ConnectionHistory) -> str:
    """What is wrong with the place from which the newest connection went on, if anything."""
    wishes = [
        fact
        for frame in last.frames
        for fact in frame.facts
        if isinstance(fact, Subscribing) and frame.direction == "sent"
    ]
    seen = [
        s.fact.position
        for c in stories
        if c.connecting.seq < last.connecting.seq
        for s in c.events
        if s.fact.position is not None
    ]
    if not wishes or not seen:
        return ""
    if wishes[0].after is None:
        return "the app had forgotten its place: it asked for nothing it had missed"
    if wishes[0].after != max(seen):
        return f"the app went on after event {wishes[0].after}, and had seen {max(seen)}"
    return next(iter(resume_problems(last)), "")


def _same_thread(history: History, user: str, last: ConnectionHistory) -> Finding:
    asked = history.facts(Asked, user=user, direction="sent")
    before = [s.fact for s in asked if s.frame.seq < last.connecting.seq]
    after = [s.fact for s in asked if s.frame.seq > last.connecting.seq]
    if not before or not after:
        return unknown("nothing was asked before, or nothing after it")
    threads = {a.fact.request_id: a.fact.thread_id for a in history.facts(Accepted, user=user)}
    was, now = threads.get(before[-1].request_id), threads.get(after[-1].request_id)
    if threads and not any(threads.values()):
        return unknown("the deployment names no conversations", "not_offered")
    if was is None or now is None:
        return unknown("not both questions were accepted")
    if after[-1].thread_id != was:
        return failed("the app had forgotten the conversation: it started another one")
    if now != was:
        return failed("the deployment started another conversation")
    missed = len([e for e in last.facts(Event) if e.fact.run_id is not None])
    return passed(f"the same user, position and conversation; {missed} events since")
