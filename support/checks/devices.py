"""Several devices of one user, and what is said to everybody."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from support.checks.counts import several
from support.checks.event_content import Moment, content, first_change
from support.checks.fences import missing_fence
from support.checks.finding import Finding, check, failed, passed, person, unknown
from support.checks.turns import own_turns
from support.journal import ConnectionHistory, History, records
from support.journal.facts import (
    TERMINAL_EVENTS,
    Accepted,
    Announcement,
    Event,
    Subscribed,
    Subscribing,
    Turn,
)

#: What an event has in common on every device: position, type, time, content.
Told = tuple[object, ...]


@check("all devices of {user} receive the same events")
def devices_agree(history: History, user: str) -> Finding:
    """Every open connection of the user received the same events, in the same order.

    Runs that began before one of them had subscribed do not count.
    """
    devices = [c for c in history.connections_of(user) if c.ready is not None]
    if len(devices) < 2:
        return unknown(f"only {several(len(devices), 'device')}")
    everywhere = max(_begins(device) for device in devices)
    earlier = {
        s.fact.run_id for s in history.facts(Accepted, user=user) if s.frame.seq < everywhere
    } | {s.fact.run_id for s in history.facts(Turn, user=user) if s.frame.seq < everywhere}
    stories = [_story(device, without=earlier) for device in devices]
    if not any(stories):
        return unknown("no event arrived on any device")
    for number, story in enumerate(stories[1:], start=2):
        if story != stories[0]:
            missing = [e for e in stories[0] if e not in story]
            extra = [e for e in story if e not in stories[0]]
            text = f"device {number} missed {len(missing)} events and saw {len(extra)} others"
            if not missing and not extra:
                text = f"the order of the events is not the same on device {number}"
            if changed := first_change(stories[0], story):
                text = f"{_told(changed)} is not the same on device {number}"
            return failed(
                text,
                expected=tuple(_told(e) for e in stories[0][:10]),
                seen=tuple(_told(e) for e in story[:10]) or ("nothing",),
            )
    return passed(f"{len(devices)} devices, {len(stories[0])} events each")


@check("each subscribed device receives the announcement exactly once, and it belongs to no run")
def announcement_received_by_all(history: History, users: Sequence[str], words: str) -> Finding:
    """Each of these people received it once on every device, outside of every stream.

    Where others subscribe, a device that has not is told nothing. A fence was held after it
    everywhere.
    """
    if not users:
        return unknown("nobody was there")
    reached = 0
    for user in users:
        connections = [c for c in history.connections_of(user) if c.ready is not None]
        devices = [c for c in connections if c.closed is None] or connections[-1:]
        if not devices:
            return unknown(f"{person(user)} was not connected")
        for number, device in enumerate(devices, start=1):
            name = person(user) + (f"'s device {number}" if len(devices) > 1 else "")
            finding = _announced_once(history, device, words, name)
            if finding is not None:
                return finding
        reached += sum(_subscribed(history, device) for device in devices)
    return passed(f"it reached {reached} subscribed devices of {len(users)} users, each once")


def _announced_once(
    history: History, device: ConnectionHistory, words: str, name: str
) -> Finding | None:
    """What is wrong with how the announcement came to that device; None where nothing is."""
    mine = [s for s in device.facts(Announcement) if words in s.fact.message]
    owed = 1 if _subscribed(history, device) else 0
    if len(mine) != owed:
        times = ("never", "once")[len(mine)] if len(mine) < 2 else f"{len(mine)} times"
        where = name if owed else f"{name}, which has not subscribed,"
        wanted = ("never", "once")[owed]
        return failed(f"it reached {where} {times}", expected=(wanted,), seen=(times,))
    if any(s.fact.owned for s in mine):
        return failed(f"to {name} it came as if it were somebody's own event")
    everywhere = [s for s in history.facts(Announcement) if words in s.fact.message]
    fences = [f for f in history.of(records.Fence) if f.connection == device.id and f.held]
    if not fences or not everywhere or fences[-1].seq < (mine or everywhere)[0].frame.seq:
        return unknown(f"{name} had no round trip after it")
    return None


def _subscribed(history: History, device: ConnectionHistory) -> bool:
    """False where others have asked for a subscription, and this device has not."""
    asked = history.facts(Subscribing, direction="sent")
    follows = device.ready is not None and device.ready.fact.follows
    return bool(follows) or not asked or any(s.frame.connection == device.id for s in asked)


@check("a message to one user is answered to {user} alone")
def only_user_answered(history: History, user: str, others: Sequence[str]) -> Finding:
    """`user` got a whole run's end; none of the others received a single event, and held a fence
    after it on every connection that is still open.

    What the deployment tells them by itself is no answer to `user`.
    """
    ends = [s for s in history.facts(Event, user=user) if s.fact.type in TERMINAL_EVENTS]
    if not ends or not others:
        return unknown("nothing was answered, or nobody else was there")
    for other in others:
        own = own_turns(history, other)
        got = [s for s in history.facts(Event, user=other) if s.fact.run_id not in own]
        if got:
            return failed(
                f"{other.rsplit('/', 1)[-1]} received {len(got)} events",
                records=(got[0].frame.seq,),
            )
        missing = missing_fence(history, other, {user: ends[-1].frame.t})
        if missing:
            return unknown(missing)
    return passed(f"{len(others)} others saw nothing")


def _begins(device: ConnectionHistory) -> int:
    """The record from which on the device is promised events."""
    greeted = device.ready.frame.seq if device.ready is not None else 0
    return min((seen.frame.seq for seen in device.facts(Subscribed)), default=greeted)


def _story(device: ConnectionHistory, *, without: Collection[str | None]) -> list[Told]:
    events = [seen.fact for seen in device.events if seen.fact.run_id not in without]
    return [(e.position, e.type, Moment(e.timestamp), content(e)) for e in events]


def _told(event: Told) -> str:
    return f"{event[1]} (event {event[0]})"
