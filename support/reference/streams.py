"""Every user's stream of events: numbered, stored, and only then sent."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from support.reference.hub import Hub, Recipient
from support.reference.store import Run, Store, StoredEvent, StoreError

RETRY_S = 0.1
log = logging.getLogger(__name__)


@dataclass
class Stream:
    """Where a user's stream stands: its newest event, and the first and last ones stored.

    ``newest`` and ``last_stored`` are 0 while there is no event. Nothing is sent to a client about
    events that are not stored yet.
    """

    epoch: str
    newest: int
    first_stored: int
    last_stored: int


@dataclass(frozen=True)
class Resumption:
    """The answer to a subscribe, and the id after which the replay begins."""

    recovered: bool
    reason: str | None = None
    after: int = 0
    to: int = 0

    @property
    def count(self) -> int:
        """How many events were missed."""
        return self.to - self.after

    def frame(self) -> dict[str, Any]:
        """Return the ``subscribed`` frame."""
        return {
            "type": "subscribed",
            "recovered": self.recovered,
            "from": self.after + 1 if self.count else 0,
            "to": self.to if self.count else 0,
            "count": self.count,
            "reason": self.reason,
        }


class Streams:
    """Publishes events: first numbered, then stored in groups, then delivered in order."""

    def __init__(self, store: Store, hub: Hub, retained_events: int) -> None:
        self.store = store
        self.hub = hub
        self.retained_events = retained_events
        self.streams: dict[str, Stream] = {}
        self.pending: list[StoredEvent] = []
        self.flush_due = False

    def of(self, user_id: str) -> Stream:
        """Return the user's stream; raise StoreError when it is new and cannot be stored."""
        stream = self.streams.get(user_id)
        if stream is None:
            epoch, newest, oldest = self.store.stream(user_id)
            stream = self.streams[user_id] = Stream(epoch, newest, oldest, newest)
        return stream

    def oldest(self, stream: Stream) -> int:
        """Return the id of the oldest event that can still be replayed (1 for a new stream)."""
        return max(stream.first_stored, stream.last_stored - self.retained_events + 1)

    def publish(self, run: Run, type_: str, data: dict[str, Any]) -> None:
        """Append one event to the stream of the run's user; it is delivered once stored."""
        stream = self.of(run.user_id)
        event = self.compose(run, type_, data, self.next_id(stream), stream.epoch)
        self.pending.append(
            StoredEvent(run.user_id, stream.newest, run, type_, msgspec.json.encode(event).decode())
        )
        self.flush_soon(0)

    def next_id(self, stream: Stream) -> int:
        """Count the stream on and return the new event's id."""
        stream.newest += 1
        return stream.newest

    def compose(
        self, run: Run, type_: str, data: dict[str, Any], event_id: int, epoch: str
    ) -> dict[str, Any]:
        """Return the event as the contract wants it."""
        return {
            "type": type_,
            "event_id": event_id,
            "epoch": epoch,
            "run_id": run.run_id,
            "thread_id": run.thread_id,
            "user_id": run.user_id,
            "timestamp": time.time(),
            "data": data,
        }

    def flush_soon(self, delay_s: float) -> None:
        """Store and deliver what is pending in ``delay_s`` seconds, in one transaction."""
        if not self.flush_due:
            self.flush_due = True
            asyncio.get_running_loop().call_later(delay_s, self._flush_when_due)

    def _flush_when_due(self) -> None:
        self.flush_due = False
        try:
            self.flush()
        except StoreError as error:
            log.warning("events wait for the store: %s", error)
            self.flush_soon(RETRY_S)

    def flush(self) -> None:
        """Store what is pending and deliver it; on StoreError it stays pending."""
        if not self.pending:
            return
        self.store.append(self.pending)
        events, self.pending = self.pending, []
        for event in events:
            self.streams[event.user_id].last_stored = event.event_id
            for recipient in self.audience(event):
                recipient.deliver(event)
        for user_id in {event.user_id for event in events}:
            self.forget_old(self.streams[user_id], user_id)

    def audience(self, event: StoredEvent) -> Iterable[Recipient]:
        """Return the connections that this event is for."""
        return self.hub.of(event.user_id)

    def forget_old(self, stream: Stream, user_id: str) -> None:
        """Delete, now and then, what is no longer kept.

        A slack of a quarter stays on disk, so that a replay under way does not lose its ground.
        """
        keep = self.retained_events + max(self.retained_events // 4, 100)
        if stream.last_stored - stream.first_stored < keep + keep // 10:
            return
        try:
            self.store.prune(user_id, stream.last_stored - keep)
        except StoreError as error:
            log.warning("old events stay for now: %s", error)
        else:
            stream.first_stored = stream.last_stored - keep + 1

    def resume(self, user_id: str, epoch: str | None, after: int | None) -> Resumption:
        """Return what can be replayed to this user from the position ``epoch``, ``after``.

        Raises StoreError when events that belong before the answer cannot be stored now.
        """
        self.flush()
        stream = self.of(user_id)
        if epoch is None or after is None:
            return Resumption(True)
        if epoch != stream.epoch:
            return Resumption(False, "unknown_epoch")
        if not 0 <= after <= stream.last_stored:
            return Resumption(False, "invalid_position")
        if after < self.oldest(stream) - 1:
            return Resumption(False, "expired")
        return Resumption(True, None, after, stream.last_stored)

    def read(self, user_id: str, after: int, limit: int) -> list[tuple[int, str]]:
        """Return the next stored (id, body) of the user after the id ``after``."""
        return self.store.events(user_id, after, limit)
