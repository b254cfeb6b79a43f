"""The client side in counters, fed with the journal's own records: one source of truth.

`observe` takes each record as it is appended. Memory is bounded: what is still under way is kept
per request and forgotten with its answer, users that have been idle are dropped (what they did goes
on in `others`), and no more than so many are kept at all. Everything is counted once: for a user,
or for the others.
"""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from support.journal import Seen, facts, records
from support.measures.clock import Clock, ClockEstimate
from support.measures.histogram import Histogram
from support.measures.latency import latency_of
from support.measures.questions import is_live, replayed_to
from support.measures.reconnect import BEST_EFFORT
from support.metrics.durations import ALL, exported
from support.metrics.snapshot import Snapshot
from support.metrics.tally import Tally, copied, summed

IDLE_S = 300.0
MOST_USERS = 200
MOST_OPEN = 1000  # requests, pings and connections under way that are remembered
SWEEP_S = 10.0

Key = tuple[str, str | None]
K = TypeVar("K")
V = TypeVar("V")


@dataclass
class _Open:
    """A connection under way: when it began, what is expected of it, when it was made (101)."""

    began: float
    expect: str
    made: float | None = None
    greeted: bool = False


class ClientMetrics:
    """Counters, gauges and distributions of a run, for all and per user. Safe from any thread.

    `wall` is Unix seconds at the journal's zero; users without a record for `idle_s` are dropped.
    `clock` is the deployment's where it is known already; else it is taken from the best ping so
    far.
    """

    def __init__(
        self,
        wall: float,
        *,
        clock: Clock | None = None,
        idle_s: float = IDLE_S,
        most_users: int = MOST_USERS,
    ) -> None:
        self._wall, self._idle_s, self._most_users = wall, idle_s, most_users
        self._lock = threading.Lock()
        self._others = Tally()
        self._users: OrderedDict[str, Tally] = OrderedDict()
        self._seen: dict[str, float] = {}
        self._durations = {
            name: Histogram(2, finest_ms=0.1, longest_ms=60_000)
            for name in ("event_latency", "first_event", "connect", "ping")
        }
        self._asked: OrderedDict[Key, float] = OrderedDict()
        self._running: OrderedDict[Key, float] = OrderedDict()
        self._pinged: OrderedDict[str, float] = OrderedDict()
        self._open: OrderedDict[str, _Open] = OrderedDict()
        self._waiting: OrderedDict[Key, None] = OrderedDict()
        self._replayed: OrderedDict[str, int] = OrderedDict()
        self._overflows: dict[str, int] = {}
        self._away: set[str] = set()
        self._known_clock, self._estimate = clock, ClockEstimate(wall)
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
            take(self, record, self._users[user] if user else self._others)
            if self._now - self._swept >= SWEEP_S:
                self._sweep()

    def snapshot(self) -> Snapshot:
        """How everything stands at the moment of the newest record."""
        with self._lock:
            self._sweep()
            return Snapshot(
                t=self._now,
                all=summed((self._others, *self._users.values())),
                users={user: copied(tally) for user, tally in self._users.items()},
                others=copied(self._others),
                durations={ALL: {name: exported(d) for name, d in self._durations.items()}},
            )

    def _touch(self, user: str) -> None:
        if user not in self._users:
            self._users[user] = Tally()
            if len(self._users) > self._most_users:
                self._drop(next(iter(self._users)))
        self._users.move_to_end(user)
        self._seen[user] = self._now

    def _drop(self, user: str) -> None:
        self._others = summed((self._others, self._users.pop(user)))
        self._seen.pop(user, None)
        self._overflows.pop(user, None)
        self._away.discard(user)

    def _sweep(self) -> None:
        self._swept = self._now
        for user in [u for u, t in self._seen.items() if self._now - t > self._idle_s]:
            self._drop(user)

    # --- what each kind of record adds

    def _signed_in(self, record: records.SignedIn, tally: Tally) -> None:
        tally.counts.sign_ins_accepted += record.ok
        tally.counts.sign_ins_refused += not record.ok

    def _connecting(self, record: records.Connecting, tally: Tally) -> None:
        _keep(self._open, record.connection, _Open(record.t, record.expect))
        tally.counts.connections += 1
        tally.counts.retries += record.expect == BEST_EFFORT

    def _connected(self, record: records.Connected, tally: Tally) -> None:
        known = self._open.get(record.connection)
        if known is not None:
            known.made = record.t
        back = record.user in self._away
        self._away.discard(record.user)
        tally.counts.connections_made += 1
        tally.counts.reconnects += back
        tally.gauges.connections_open += 1

    def _refused(self, record: records.Refused, tally: Tally) -> None:
        known = self._open.get(record.connection)
        if known is not None and known.made is None:
            del self._open[record.connection]
        wanted = known is not None and known.expect == "refused"
        tally.counts.connections_kept_out += wanted
        tally.counts.connections_failed += not wanted
        tally.counts.timeouts += record.how == "timeout"

    def _closed(self, record: records.Closed, tally: Tally) -> None:
        known = self._open.pop(record.connection, None)
        lost = record.by != "user"
        if lost:
            self._away.add(record.user)
        tally.counts.connections_lost += lost
        if known is not None and known.made is not None:
            tally.gauges.connections_open -= 1

    def _frame(self, record: records.Frame, tally: Tally) -> None:
        for fact in record.facts:
            take = _FACTS.get(type(fact))
            if take is not None:
                take(self, record, fact, tally)

    def _queued(self, record: records.Queued, tally: Tally) -> None:
        refused = record.refused - self._overflows.get(record.user, 0)
        self._overflows[record.user] = record.refused
        if not refused:
            _keep(self._waiting, (record.user, record.request_id), None)
        tally.counts.messages_queued += not refused
        tally.counts.queue_overflows += refused
        tally.gauges.queue_size += not refused
        tally.gauges.queue_peak = max(tally.gauges.queue_peak, record.size)

    def _gave_up(self, record: records.WaitTimedOut, tally: Tally) -> None:
        tally.counts.messages_expired += 1

    def _heartbeat(self, record: records.Heartbeat, tally: Tally) -> None:
        if record.answered:
            self._durations["ping"].record(record.took_ms)
        tally.counts.pings_answered += record.answered
        tally.counts.pings_unanswered += not record.answered

    def _fence(self, record: records.Fence, tally: Tally) -> None:
        tally.counts.fences_held += record.held
        tally.counts.fences_broken += not record.held

    def _auth_answer(self, record: records.AuthAnswer, tally: Tally) -> None:
        tally.counts.tokens_refreshed += record.granted and record.call == "refresh"

    def _failed_fast(self, record: records.FailedFast, tally: Tally) -> None:
        tally.counts.retries_spared += 1

    def _reconnected(self, record: records.Reconnected, tally: Tally) -> None:
        tally.counts.rounds_succeeded += 1

    def _stopped_trying(self, record: records.ReconnectGaveUp, tally: Tally) -> None:
        tally.counts.rounds_given_up += 1

    def _breaker_moved(self, record: records.BreakerTransition, tally: Tally) -> None:
        tally.counts.breaker_opens += record.after == "open"
        tally.counts.breaker_half_opens += record.after == "half-open"
        tally.counts.breaker_closes += record.after == "closed"
        tally.gauges.breakers_open += (record.after == "open") - (record.before == "open")

    def _repeated(self, record: records.DuplicateDropped, tally: Tally) -> None:
        tally.counts.events_repeated += 1

    # --- what each kind of fact adds

    def _ready(self, frame: records.Frame, fact: facts.Ready, tally: Tally) -> None:
        known = self._open.get(frame.connection)
        if known is None or known.greeted:
            return
        known.greeted = True
        if fact.follows == "resumed":  # without a position nobody knows where live events begin
            last = sys.maxsize if fact.position is None else fact.position
            _keep(self._replayed, frame.connection, last)
        tally.counts.retries_succeeded += known.expect == BEST_EFFORT
        if known.expect == "admitted":
            took_ms = (frame.t - known.began) * 1000
            self._durations["connect"].record(took_ms)
            tally.counts.connect_ms += took_ms
            tally.counts.connections_greeted += 1

    def _ask(self, frame: records.Frame, fact: facts.Asked, tally: Tally) -> None:
        key = (frame.user, fact.request_id)
        _keep(self._asked, key, frame.t)
        waited = key in self._waiting
        self._waiting.pop(key, None)
        tally.counts.messages_sent += 1
        tally.gauges.queue_size -= waited

    def _accept(self, frame: records.Frame, fact: facts.Accepted, tally: Tally) -> None:
        asked = self._asked.pop((frame.user, fact.request_id), None)
        if asked is not None and not fact.duplicate:
            _keep(self._running, (frame.user, fact.run_id), asked)
        tally.counts.messages_doubled += fact.duplicate

    def _reject(self, frame: records.Frame, fact: facts.Rejected, tally: Tally) -> None:
        self._asked.pop((frame.user, fact.request_id), None)
        tally.counts.messages_failed += 1

    def _event(self, frame: records.Frame, fact: facts.Event, tally: Tally) -> None:
        asked = self._running.pop((frame.user, fact.run_id), None)
        if asked is not None:
            self._durations["first_event"].record((frame.t - asked) * 1000)
        tally.counts.events += 1
        clock = self._known_clock or self._estimate.clock
        if clock is None or not is_live(fact, self._replayed.get(frame.connection, 0)):
            return
        late_ms = latency_of(Seen(fact, frame), clock, self._wall)
        if late_ms is not None:
            tally.counts.events_early += late_ms < -clock.tolerance_ms
            self._durations["event_latency"].record(max(late_ms, 0.0))

    def _subscribed(self, frame: records.Frame, fact: facts.Subscribed, tally: Tally) -> None:
        if last := replayed_to(fact):
            _keep(self._replayed, frame.connection, last)

    def _ping(self, frame: records.Frame, fact: facts.Pinged, tally: Tally) -> None:
        _keep(self._pinged, fact.nonce, frame.t)

    def _pong(self, frame: records.Frame, fact: facts.Pong, tally: Tally) -> None:
        sent = self._pinged.pop(fact.nonce or "", None)
        if sent is not None:
            self._estimate.add(sent, frame.t, fact.server_time)


def _keep(where: OrderedDict[K, V], key: K, value: V) -> None:
    where[key] = value
    if len(where) > MOST_OPEN:
        where.popitem(last=False)


#: Kind of record → what it adds. What stands in neither table adds nothing.
_TAKERS: dict[type[records.Record], Callable[..., None]] = {
    records.SignedIn: ClientMetrics._signed_in,
    records.Connecting: ClientMetrics._connecting,
    records.Connected: ClientMetrics._connected,
    records.Refused: ClientMetrics._refused,
    records.Closed: ClientMetrics._closed,
    records.Frame: ClientMetrics._frame,
    records.Queued: ClientMetrics._queued,
    records.WaitTimedOut: ClientMetrics._gave_up,
    records.Heartbeat: ClientMetrics._heartbeat,
    records.Fence: ClientMetrics._fence,
    records.AuthAnswer: ClientMetrics._auth_answer,
    records.FailedFast: ClientMetrics._failed_fast,
    records.Reconnected: ClientMetrics._reconnected,
    records.ReconnectGaveUp: ClientMetrics._stopped_trying,
    records.BreakerTransition: ClientMetrics._breaker_moved,
    records.DuplicateDropped: ClientMetrics._repeated,
}
_FACTS: dict[type[facts.Fact], Callable[..., None]] = {
    facts.Ready: ClientMetrics._ready,
    facts.Asked: ClientMetrics._ask,
    facts.Accepted: ClientMetrics._accept,
    facts.Rejected: ClientMetrics._reject,
    facts.Event: ClientMetrics._event,
    facts.Pinged: ClientMetrics._ping,
    facts.Pong: ClientMetrics._pong,
    facts.Subscribed: ClientMetrics._subscribed,
}
