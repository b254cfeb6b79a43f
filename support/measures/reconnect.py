"""What coming back by itself costs an app: retries, circuit breaker, queue and repetitions."""

from __future__ import annotations

import math

import msgspec

from support.journal import ConnectionHistory, History, records
from support.journal.facts import Asked

BEST_EFFORT = "hoped"
EARLY_S = 0.002  # timers may come that much early
CLOSED, OPEN, HALF_OPEN = "closed", "open", "half-open"


class ReconnectFigures(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of one user, or of everybody. `rate` is the share of the attempts that reached the deployment
    which succeeded, None for none.

    `attempts` cost a connection each; of these our own network refused `blocked`, which never
    reached the deployment. Those the breaker spared are `failed_fast`. `queue_peak` and
    `queue_size` are in messages, `queue_size` as far as they have not gone out since.
    """

    attempts: int
    blocked: int
    successes: int
    rate: float | None
    failed_fast: int
    rounds_succeeded: int
    rounds_given_up: int
    breaker_opens: int
    breaker_half_opens: int
    breaker_closes: int
    queued: int
    queue_size: int
    queue_peak: int
    queue_overflows: int
    repeats: int


def best_effort_attempts(history: History, user: str) -> list[ConnectionHistory]:
    """The connections by which the user's app tried to come back by itself."""
    return [c for c in history.connections_of(user) if c.connecting.expect == BEST_EFFORT]


def arrivals_of(history: History) -> dict[str, records.Arrived]:
    """Connection → when it came to the network between users and deployment, where there was one.

    The first arrival between the begin of a handshake and its outcome that is nobody else's.
    """
    arrivals = history.of(records.Arrived)
    found: dict[str, records.Arrived] = {}
    for story in history.connections.values():
        outcome = story.connected or story.refused
        until = outcome.seq if outcome is not None else math.inf
        mine = next((a for a in arrivals if story.connecting.seq < a.seq < until), None)
        if mine is not None:
            arrivals.remove(mine)
            found[story.id] = mine
    return found


def moves_of(history: History, user: str) -> list[records.BreakerTransition]:
    """The transitions of a user's circuit breaker, in order."""
    return [m for m in history.of(records.BreakerTransition) if m.user == user]


def reconnect_figures(history: History, user: str | None = None) -> ReconnectFigures:
    """The figures of that user; without one, of everybody together."""
    people = [user] if user else list(dict.fromkeys(c.user for c in history.connections.values()))
    tried = [c for person in people for c in best_effort_attempts(history, person)]
    moves = [m.after for person in people for m in moves_of(history, person)]
    successes = sum(c.ready is not None for c in tried)
    arrivals = arrivals_of(history)
    blocked = sum(not arrivals[c.id].let_in for c in tried if c.id in arrivals)
    reached = len(tried) - blocked
    queues = [_queue(history, person) for person in people]
    return ReconnectFigures(
        attempts=len(tried),
        blocked=blocked,
        successes=successes,
        rate=successes / reached if reached else None,
        failed_fast=_count(history, records.FailedFast, people),
        rounds_succeeded=_count(history, records.Reconnected, people),
        rounds_given_up=_count(history, records.ReconnectGaveUp, people),
        breaker_opens=moves.count(OPEN),
        breaker_half_opens=moves.count(HALF_OPEN),
        breaker_closes=moves.count(CLOSED),
        queued=sum(queue[0] for queue in queues),
        queue_size=sum(queue[1] for queue in queues),
        queue_peak=max((queue[2] for queue in queues), default=0),
        queue_overflows=sum(queue[3] for queue in queues),
        repeats=_count(history, records.DuplicateDropped, people),
    )


def _count(history: History, kind: type[records.Record], people: list[str]) -> int:
    return len(history.of(kind, lambda record: getattr(record, "user", "") in people))


def _queue(history: History, user: str) -> tuple[int, int, int, int]:
    """Of one user: messages queued, still waiting, most at once, and refused for lack of room."""
    entries = [q for q in history.of(records.Queued) if q.user == user]
    refused = entries[-1].refused if entries else 0
    sent = {s.fact.request_id for s in history.facts(Asked, user=user, direction="sent")}
    kept: list[str] = []
    before = 0
    for entry in entries:
        if entry.refused == before:
            kept.append(entry.request_id)
        before = entry.refused
    waiting = sum(request not in sent for request in kept)
    return len(kept), waiting, max((q.size for q in entries), default=0), refused
