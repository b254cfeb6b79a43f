"""The service sends no heartbeats: idle connections are cut, and dead ones are kept."""

from __future__ import annotations

from collections.abc import Iterator

from support.approval.causes.sighting import Sighting, detector, failed_by
from support.approval.evidence import Evidence
from support.journal import ConnectionHistory, History, records

#: What a scenario checks of idle connections, and of apps that hang.
SURVIVES = frozenset({"idle_connection_survives"})
DROPPED = frozenset({"unresponsive_client_dropped"})


@detector
def heartbeats_missing(evidence: Evidence) -> Iterator[Sighting]:
    """A load balancer of ours cut an idle connection: nothing came for longer than the heartbeat
    that is announced.

    Seen, too, where an app hung and its connection was kept: nobody notices without heartbeats.
    """
    where: dict[str, tuple[int, ...]] = {}
    longest: tuple[float, float] = (0.0, 0.0)
    for scenario in failed_by(evidence, SURVIVES):
        for story, idle_s, heartbeat_s in _cut_idle(evidence.scenarios[scenario]):
            where[scenario] = (*where.get(scenario, ()), story.frames[-1].seq, _end(story))
            longest = max(longest, (idle_s, heartbeat_s))
    if not where:
        return
    for scenario in failed_by(evidence, DROPPED):
        part = evidence.scenarios[scenario]
        hung = part.of(records.Fault, lambda fault: fault.name == "mute")
        kept = [f.seq for f in hung if _kept(part.connections.get(f.connection))]
        if kept:
            where[scenario] = tuple(kept)
    text = (
        f"The service sends no heartbeats: nothing came for {longest[0]:.1f} s on an idle"
        f" connection, and a heartbeat is announced every {longest[1]:g} s"
    )
    yield Sighting("heartbeat_missing", "loss", text, where, specific=8, throughout=True)


def _cut_idle(part: History) -> Iterator[tuple[ConnectionHistory, float, float]]:
    """The connections that an idle timeout ended, how long they were idle, and their heartbeat."""
    timeouts = part.of(records.Fault, lambda fault: fault.name == "idle_timeout")
    for story in part.connections.values():
        heartbeat_s = story.ready.fact.heartbeat_s if story.ready else None
        if heartbeat_s is None or story.closed is None or story.closed.by != "network":
            continue
        idle_s = story.closed.t - story.frames[-1].t
        if idle_s > heartbeat_s and any(f.seq < story.closed.seq for f in timeouts):
            yield story, idle_s, heartbeat_s


def _end(story: ConnectionHistory) -> int:
    return story.closed.seq if story.closed else story.connecting.seq


def _kept(story: ConnectionHistory | None) -> bool:
    """True for a connection that the service never ended."""
    return story is not None and (story.closed is None or story.closed.by == "user")
