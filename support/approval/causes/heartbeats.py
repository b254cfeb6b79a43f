"""Heartbeats do not come as announced: idle connections are cut, and dead ones are kept."""

from __future__ import annotations

from collections.abc import Iterator

from support.approval.causes.sighting import Sighting, detector, failed_by
from support.approval.evidence import Evidence
from support.journal import ConnectionHistory, History, records

#: What a scenario checks of idle connections, and of apps that hang.
SURVIVES = frozenset({"idle_connection_survives"})
DROPPED = frozenset({"unresponsive_client_dropped"})
AT_ONCE_S = 0.5  # between a cut and the end that our side notices


@detector
def heartbeats_missing(evidence: Evidence) -> Iterator[Sighting]:
    """A load balancer of ours cut an idle connection, after two announced heartbeats.

    Seen, too, where an app hung and its connection was kept: nobody notices without heartbeats.
    """
    where: dict[str, tuple[int, ...]] = {}
    longest_s = 0.0
    for scenario in failed_by(evidence, SURVIVES):
        for story, heartbeat_s in _cut_idle(evidence.scenarios[scenario]):
            where[scenario] = (*where.get(scenario, ()), story.frames[-1].seq, _end(story))
            longest_s = max(longest_s, heartbeat_s)
    if not where:
        return
    for scenario in failed_by(evidence, DROPPED):
        part = evidence.scenarios[scenario]
        hung = part.of(records.Fault, lambda fault: fault.name == "mute")
        kept = [f.seq for f in hung if _kept(part.connections.get(f.connection))]
        if kept:
            where[scenario] = tuple(kept)
    text = (
        f"Heartbeats do not come as announced: for {2 * longest_s:g} s nothing passed an idle"
        f" connection, and a heartbeat is announced every {longest_s:g} s"
    )
    yield Sighting("heartbeat_missing", "loss", text, where, specific=8, throughout=True)


def _cut_idle(part: History) -> Iterator[tuple[ConnectionHistory, float]]:
    """The connections that an idle timeout ended, and their heartbeat in seconds."""
    timeouts = part.of(records.Fault, lambda fault: fault.name == "idle_timeout")
    for story in part.connections.values():
        heartbeat_s = story.ready.fact.heartbeat_s if story.ready else None
        if heartbeat_s is None or story.closed is None or story.closed.by != "network":
            continue
        end_s = story.closed.t
        quiet = end_s - story.frames[-1].t > heartbeat_s
        if quiet and any(0 <= end_s - cut.t < AT_ONCE_S for cut in timeouts):
            yield story, heartbeat_s


def _end(story: ConnectionHistory) -> int:
    return story.closed.seq if story.closed else story.connecting.seq


def _kept(story: ConnectionHistory | None) -> bool:
    """True for a connection that the service never ended."""
    return story is not None and (story.closed is None or story.closed.by == "user")
