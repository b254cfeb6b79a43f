"""Several devices of one user, and what is said to everybody."""

from __future__ import annotations

from collections.abc import Sequence

from support.checks.fences import missing_fence
from support.checks.finding import Finding, check, failed, passed, person, unknown
from support.journal import ConnectionHistory, History, Seen, records
from support.journal.facts import TERMINAL_EVENTS, Announcement, Event


@check("all devices of {user} receive the same events")
def devices_agree(history: History, user: str) -> Finding:
    """Every open connection of the user received the same events, in the same order."""
    devices = [c for c in history.connections_of(user) if c.ready is not None]
    if len(devices) < 2:
        return unknown(f"{len(devices)} device(s) were there")
    stories = [_story(device) for device in devices]
    if not any(stories):
        return unknown("no event arrived on any device")
    for number, story in enumerate(stories[1:], start=2):
        if story != stories[0]:
            missing = [e for e in stories[0] if e not in story]
            extra = [e for e in story if e not in stories[0]]
            return failed(
                f"device {number} missed {len(missing)} events and saw {len(extra)} others",
                expected=tuple(_told(e) for e in stories[0][:10]),
                seen=tuple(_told(e) for e in story[:10]) or ("nothing",),
            )
    return passed(f"{len(devices)} devices, {len(stories[0])} events each")


@check("{user}'s second device receives the whole run")
def device_received_run(history: History, user: str, request_id: str) -> Finding:
    """Each event of the run that reached the user arrived on the device that connected second."""
    accepted, devices = history.accepted(user, request_id), history.devices_of(user)
    run = history.events_of_run(user, accepted.run_id) if accepted and accepted.run_id else ()
    if len(devices) < 2 or not run:
        return unknown(f"{len(devices)} device(s) were there, and {len(run)} events of the run")
    wanted = [_same(seen) for seen in run]
    here = [event for connection in devices[1] for event in _story(connection)]
    missing = [event for event in wanted if event not in here]
    if missing:
        return failed(
            f"the second device missed {len(missing)} of {len(wanted)} events",
            expected=tuple(_told(e) for e in wanted[:10]),
            seen=tuple(_told(e) for e in here[:10]) or ("nothing",),
        )
    return passed(f"{len(wanted)} events")


@check("everyone receives the announcement exactly once, and it belongs to no run")
def announcement_received_by_all(history: History, users: Sequence[str], words: str) -> Finding:
    """Each of these people received it once on every device, outside of every stream.

    A fence was held after it there.
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
        reached += len(devices)
    return passed(f"{len(users)} people on {reached} devices, once on each")


def _announced_once(
    history: History, device: ConnectionHistory, words: str, name: str
) -> Finding | None:
    """What is wrong with how the announcement came to that device; None where nothing is."""
    mine = [s for s in device.facts(Announcement) if words in s.fact.message]
    if len(mine) != 1:
        times = "never" if not mine else f"{len(mine)} times"
        return failed(f"it reached {name} {times}", expected=("once",), seen=(times,))
    if mine[0].fact.owned:
        return failed(f"to {name} it came as if it were somebody's own event")
    fences = [f for f in history.of(records.Fence) if f.connection == device.id and f.held]
    if not fences or fences[-1].seq < mine[0].frame.seq:
        return unknown(f"{name} had no round trip after it")
    return None


@check("a message to one user is answered to {user} alone")
def only_user_answered(history: History, user: str, others: Sequence[str]) -> Finding:
    """`user` got a whole run's end; none of the others received a single event, and held a fence
    after it on every connection that is still open."""
    ends = [s for s in history.facts(Event, user=user) if s.fact.type in TERMINAL_EVENTS]
    if not ends or not others:
        return unknown("nothing was answered, or nobody else was there")
    for other in others:
        got = history.facts(Event, user=other)
        if got:
            return failed(
                f"{other.rsplit('/', 1)[-1]} received {len(got)} events",
                records=(got[0].frame.seq,),
            )
        missing = missing_fence(history, other, {user: ends[-1].frame.t})
        if missing:
            return unknown(missing)
    return passed(f"{len(others)} others saw nothing")


def _story(device: ConnectionHistory) -> list[tuple[object, ...]]:
    return [_same(seen) for seen in device.events]


def _same(seen: Seen[Event]) -> tuple[object, ...]:
    """What an event has in common on every device."""
    return seen.fact.position, seen.fact.type, seen.fact.run_id, seen.fact.timestamp


def _told(event: tuple[object, ...]) -> str:
    return f"{event[1]} (event {event[0]})"
