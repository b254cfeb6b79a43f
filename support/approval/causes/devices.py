"""Of several devices of one user, some receive nothing of what another one does."""

from __future__ import annotations

from collections.abc import Iterator

from support.approval.causes.sighting import Sighting, detector
from support.approval.evidence import Evidence
from support.approval.words import several
from support.journal import ConnectionHistory, History, Seen, records
from support.journal.facts import Event

#: So many events must have reached another device: one or two may have been on their way.
LEAST_EVENTS = 3


@detector
def silent_devices(evidence: Evidence) -> Iterator[Sighting]:
    """They had subscribed before those events came, and a round trip on them proves the silence.

    A device that receives some of them misses events: that is told by the gap in its stream.
    """
    where: dict[str, tuple[int, ...]] = {}
    devices = silent = most = 0
    for scenario, part in evidence.scenarios.items():
        if part.lossy:
            continue
        for device, due in _due(part):
            devices += 1
            got = {_told(seen) for seen in device.events}
            if got.isdisjoint(map(_told, due)):
                silent += 1
                most = max(most, len(due))
                numbers = tuple(seen.frame.seq for seen in due)
                where[scenario] = (*where.get(scenario, ()), *numbers)
    if not where:
        return
    text = (
        f"Not all devices of a user receive events: one received none of {most:,} that"
        f" another device of the user did ({silent:,} of {several(devices, 'device')})"
    )
    yield Sighting("device_silent", "loss", text, where, specific=8)


def _due(part: History) -> Iterator[tuple[ConnectionHistory, list[Seen[Event]]]]:
    """Each device beside another one of its user, with what came there while it was subscribed."""
    stories = list(part.connections.values())
    proven = {
        fence.connection: fence.t - fence.took_ms / 1000
        for fence in part.of(records.Fence, lambda f: f.held and not f.quiet)
    }
    for device in stories:
        if device.subscribed is None or device.id not in proven:
            continue
        begun, until_s = device.subscribed.frame.seq, proven[device.id]
        others = [
            c for c in stories if c is not device and part.are_one_person(c.user, device.user)
        ]
        due = {
            _told(seen): seen
            for other in others
            for seen in other.events
            if seen.frame.seq > begun and seen.frame.t < until_s
        }
        if len(due) >= LEAST_EVENTS:
            yield device, list(due.values())


def _told(seen: Seen[Event]) -> tuple[str | None, str, int | None]:
    return seen.fact.run_id, seen.fact.type, seen.fact.position
