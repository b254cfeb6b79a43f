"""The client side in counters, fed with the journal's own records: one source of truth.

`observe` takes each record as it is appended. Memory is bounded: what is still under way is kept
per request and forgotten with its answer, users that have been idle are dropped (their part of the
totals stays), and no more than so many are kept at all.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

from support.journal import facts, records
from support.measures import Distribution
from support.metrics.snapshot import BOUNDS_MS, Durations, Snapshot, copied
from support.metrics.tally import Tally

IDLE_S = 300.0
MOST_USERS = 200
MOST_OPEN = 1000  # requests, pings and connections under way that are remembered
SWEEP_S = 10.0
SLACK_S = 0.02  # by how much rounded times may run ahead of an arrival

Key = tuple[str, str | None]
K = TypeVar("K")
V = TypeVar("V")


class Metrics:
    """Counters, gauges and distributions of a run, for all and per user. Safe from any thread.

    `wall` is Unix seconds at the journal's zero; users without a record for `idle_s` are dropped.
    """

    def __init__(
        self, wall: float, *, idle_s: float = IDLE_S, most_users: int = MOST_USERS
    ) -> None:
        self._wall, self._idle_s, self._most_users = wall, idle_s, most_users
        self._lock = threading.Lock()
        self._all = Tally()
        self._users: OrderedDict[str, Tally] = OrderedDict()
        self._seen: dict[str, float] = {}
        self._durations = {
            name: Distribution(2, finest_ms=0.1, longest_ms=60_000)
            for name in ("event_latency", "first_event", "set_up", "ping")
        }
        self._asked: OrderedDict[Key, float] = OrderedDict()
        self._running: OrderedDict[Key, float] = OrderedDict()
        self._pinged: OrderedDict[str, float] = OrderedDict()
        self._open: OrderedDict[str, tuple[float, str]] = OrderedDict()
        self._waiting: OrderedDict[Key, None] = OrderedDict()
        self._replayed: OrderedDict[str, int] = OrderedDict()
        self._overflows: dict[str, int] = {}
        self._away: set[str] = set()
        self._offset_s: float | None = None
        self._best_s = float("inf")
        self._now = self._swept = 0.0

    def observe(self, record: records.Record) -> None:
        """Take in one record, in the order of the journal."""
        take = _TAKERS.get(type(record))
        if take is None:
            return
        with self._lock:
            self._now = max(self._now, record.t)
            user = getattr(record, "user", "")
            if user:
                self._touch(user)
            take(self, record, (self._all, self._users[user]) if user else (self._all,))
            if self._now - self._swept >= SWEEP_S:
                self._sweep()

    def snapshot(self) -> Snapshot:
        """How everything stands at the moment of the newest record."""
        with self._lock:
            self._sweep()
            return Snapshot(
                t=self._now,
                all=copied(self._all),
                users={user: copied(tally) for user, tally in self._users.items()},
                durations={name: _told(d) for name, d in self._durations.items()},
            )

    def _touch(self, user: str) -> None:
        if user not in self._users:
            self._users[user] = Tally()
            if len(self._users) > self._most_users:
                self._drop(next(iter(self._users)))
        self._users.move_to_end(user)
        self._seen[user] = self._now

    def _drop(self, user: str) -> None:
        del self._users[user]
        self._seen.pop(user, None)
        self._overflows.pop(user, None)
        self._away.discard(user)

    def _sweep(self) -> None:
        self._swept = self._now
        for user in [u for u, t in self._seen.items() if self._now - t > self._idle_s]:
            self._drop(user)

    # --- what each kind of record adds

    def _signed_in(self, record: records.SignedIn, tallies: tuple[Tally, ...]) -> None:
        for tally in tallies:
            tally.counts.sign_ins_accepted += record.ok
            tally.counts.sign_ins_refused += not record.ok

    def _connecting(self, record: records.Connecting, tallies: tuple[Tally, ...]) -> None:
        _keep(self._open, record.connection, (record.t, record.expect))
        for tally in tallies:
            tally.counts.connections += 1

    def _connected(self, record: records.Connected, tallies: tuple[Tally, ...]) -> None:
        _keep(self._open, record.connection, (record.t, "made"))
        self._durations["set_up"].record(record.took_ms)
        back = record.user in self._away
        self._away.discard(record.user)
        for tally in tallies:
            tally.counts.connections_made += 1
            tally.counts.reconnects += back
            tally.counts.set_up_ms += record.took_ms
            tally.gauges.connections_open += 1

    def _refused(self, record: records.Refused, tallies: tuple[Tally, ...]) -> None:
        _, expect = self._open.get(record.connection, (record.t, "admitted"))
        if expect != "made":
            self._open.pop(record.connection, None)
        wanted = expect == "refused"
        for tally in tallies:
            tally.counts.connections_kept_out += wanted
            tally.counts.connections_failed += not wanted
            tally.counts.timeouts += record.how == "timeout"

    def _closed(self, record: records.Closed, tallies: tuple[Tally, ...]) -> None:
        began, how = self._open.pop(record.connection, (record.t, ""))
        lost = record.by != "user"
        if lost:
            self._away.add(record.user)
        for tally in tallies:
            tally.counts.connections_lost += lost
            tally.counts.connected_s += record.t - began
            tally.gauges.connections_open -= how == "made"

    def _frame(self, record: records.Frame, tallies: tuple[Tally, ...]) -> None:
        for fact in record.facts:
            take = _FACTS.get(type(fact))
            if take is not None:
                take(self, record, fact, tallies)

    def _queued(self, record: records.Queued, tallies: tuple[Tally, ...]) -> None:
        refused = record.refused - self._overflows.get(record.user, 0)
        self._overflows[record.user] = record.refused
        if not refused:
            _keep(self._waiting, (record.user, record.request_id), None)
        for tally in tallies:
            tally.counts.messages_queued += not refused
            tally.counts.queue_overflows += refused
            tally.gauges.queue_size += not refused
            tally.gauges.queue_peak = max(tally.gauges.queue_peak, tally.gauges.queue_size)

    def _gave_up(self, record: records.GaveUp, tallies: tuple[Tally, ...]) -> None:
        for tally in tallies:
            tally.counts.messages_expired += 1

    def _heartbeat(self, record: records.Heartbeat, tallies: tuple[Tally, ...]) -> None:
        self._round_trip(record.answered, record.took_ms, tallies)

    def _fence(self, record: records.Fence, tallies: tuple[Tally, ...]) -> None:
        self._round_trip(record.held, record.took_ms, tallies)

    def _round_trip(self, answered: bool, took_ms: float, tallies: tuple[Tally, ...]) -> None:
        if answered:
            self._durations["ping"].record(took_ms)
        for tally in tallies:
            tally.counts.pings_answered += answered
            tally.counts.pings_unanswered += not answered

    def _auth_answer(self, record: records.AuthAnswer, tallies: tuple[Tally, ...]) -> None:
        for tally in tallies:
            tally.counts.tokens_refreshed += record.granted and record.call == "refresh"

    def _retrying(self, record: records.Retrying, tallies: tuple[Tally, ...]) -> None:
        for tally in tallies:
            tally.counts.retries += 1

    def _failed_fast(self, record: records.FailedFast, tallies: tuple[Tally, ...]) -> None:
        for tally in tallies:
            tally.counts.retries_spared += 1

    def _healed(self, record: records.Healed, tallies: tuple[Tally, ...]) -> None:
        for tally in tallies:
            tally.counts.recoveries += 1

    def _stopped_trying(self, record: records.StoppedTrying, tallies: tuple[Tally, ...]) -> None:
        for tally in tallies:
            tally.counts.recoveries_given_up += 1

    def _breaker_moved(self, record: records.BreakerMoved, tallies: tuple[Tally, ...]) -> None:
        for tally in tallies:
            tally.counts.breaker_opens += record.after == "open"
            tally.counts.breaker_half_opens += record.after == "half-open"
            tally.counts.breaker_closes += record.after == "closed"
            tally.gauges.breakers_open += (record.after == "open") - (record.before == "open")

    def _repeated(self, record: records.Repeated, tallies: tuple[Tally, ...]) -> None:
        for tally in tallies:
            tally.counts.events_repeated += 1

    # --- what each kind of fact adds

    def _ask(self, frame: records.Frame, fact: facts.Asked, tallies: tuple[Tally, ...]) -> None:
        key = (frame.user, fact.request_id)
        _keep(self._asked, key, frame.t)
        waited = key in self._waiting
        self._waiting.pop(key, None)
        for tally in tallies:
            tally.counts.messages_sent += 1
            tally.gauges.queue_size -= waited

    def _accept(
        self, frame: records.Frame, fact: facts.Accepted, tallies: tuple[Tally, ...]
    ) -> None:
        asked = self._asked.pop((frame.user, fact.request_id), None)
        if asked is not None and not fact.duplicate:
            _keep(self._running, (frame.user, fact.run_id), asked)
        for tally in tallies:
            tally.counts.messages_doubled += fact.duplicate

    def _reject(
        self, frame: records.Frame, fact: facts.Rejected, tallies: tuple[Tally, ...]
    ) -> None:
        self._asked.pop((frame.user, fact.request_id), None)
        for tally in tallies:
            tally.counts.messages_failed += 1

    def _event(self, frame: records.Frame, fact: facts.Event, tallies: tuple[Tally, ...]) -> None:
        asked = self._running.pop((frame.user, fact.run_id), None)
        if asked is not None:
            self._durations["first_event"].record((frame.t - asked) * 1000)
        early = False
        if self._offset_s is not None and fact.timestamp is not None:
            late_s = self._wall + frame.t + self._offset_s - fact.timestamp
            early = late_s < -(self._best_s + SLACK_S)
            replayed = (fact.position or 1) <= self._replayed.get(frame.connection, 0)
            if not early and not replayed:
                self._durations["event_latency"].record(max(late_s, 0.0) * 1000)
        for tally in tallies:
            tally.counts.events += 1
            tally.counts.events_early += early

    def _subscribed(
        self, frame: records.Frame, fact: facts.Subscribed, tallies: tuple[Tally, ...]
    ) -> None:
        if fact.recovered and fact.last:
            _keep(self._replayed, frame.connection, fact.last)

    def _ping(self, frame: records.Frame, fact: facts.Pinged, tallies: tuple[Tally, ...]) -> None:
        _keep(self._pinged, fact.nonce, frame.t)

    def _pong(self, frame: records.Frame, fact: facts.Pong, tallies: tuple[Tally, ...]) -> None:
        sent = self._pinged.pop(fact.nonce or "", None)
        if sent is None or fact.server_time is None:
            return
        half_s = (frame.t - sent) / 2
        if half_s < self._best_s:
            self._best_s = half_s
            self._offset_s = fact.server_time - (self._wall + sent + half_s)


def _keep(where: OrderedDict[K, V], key: K, value: V) -> None:
    where[key] = value
    if len(where) > MOST_OPEN:
        where.popitem(last=False)


def _told(distribution: Distribution) -> Durations:
    return Durations(
        count=distribution.count,
        total_ms=distribution.total_ms,
        up_to=distribution.up_to(BOUNDS_MS),
        p50=distribution.percentile(0.50),
        p95=distribution.percentile(0.95),
        p99=distribution.percentile(0.99),
    )


#: Kind of record → what it adds. What stands in neither table adds nothing.
_TAKERS: dict[type[records.Record], Callable[..., None]] = {
    records.SignedIn: Metrics._signed_in,
    records.Connecting: Metrics._connecting,
    records.Connected: Metrics._connected,
    records.Refused: Metrics._refused,
    records.Closed: Metrics._closed,
    records.Frame: Metrics._frame,
    records.Queued: Metrics._queued,
    records.GaveUp: Metrics._gave_up,
    records.Heartbeat: Metrics._heartbeat,
    records.Fence: Metrics._fence,
    records.AuthAnswer: Metrics._auth_answer,
    records.Retrying: Metrics._retrying,
    records.FailedFast: Metrics._failed_fast,
    records.Healed: Metrics._healed,
    records.StoppedTrying: Metrics._stopped_trying,
    records.BreakerMoved: Metrics._breaker_moved,
    records.Repeated: Metrics._repeated,
}
_FACTS: dict[type[facts.Fact], Callable[..., None]] = {
    facts.Asked: Metrics._ask,
    facts.Accepted: Metrics._accept,
    facts.Rejected: Metrics._reject,
    facts.Event: Metrics._event,
    facts.Pinged: Metrics._ping,
    facts.Pong: Metrics._pong,
    facts.Subscribed: Metrics._subscribed,
}
