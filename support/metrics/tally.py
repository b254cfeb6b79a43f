"""Counters and gauges of one user, or of everybody together: plain numbers."""

from __future__ import annotations

import msgspec


class Counts(msgspec.Struct, kw_only=True):
    """What has happened so far; nothing in here ever falls.

    `set_up_ms` and `connected_s` are sums: of the time from the first byte of a handshake to its
    101, and of the time that connections which are over have lasted. Messages are `expired` when a
    wait for something of theirs reached its deadline, `doubled` when the target said that it had
    them already. `events_early` bore times ahead of their own arrival, and make no latency;
    `events_repeated` had been shown before. `retries` are attempts to come back, `retries_spared`
    those that an open circuit breaker did not make; each round ends in a recovery or is given up.
    """

    connections: int = 0
    connections_made: int = 0
    connections_failed: int = 0
    connections_kept_out: int = 0
    connections_lost: int = 0
    reconnects: int = 0
    timeouts: int = 0
    set_up_ms: float = 0.0
    connected_s: float = 0.0
    sign_ins_accepted: int = 0
    sign_ins_refused: int = 0
    messages_sent: int = 0
    messages_queued: int = 0
    messages_failed: int = 0
    messages_expired: int = 0
    messages_doubled: int = 0
    queue_overflows: int = 0
    events: int = 0
    events_early: int = 0
    pings_answered: int = 0
    events_repeated: int = 0
    pings_unanswered: int = 0
    tokens_refreshed: int = 0
    retries: int = 0
    retries_spared: int = 0
    recoveries: int = 0
    recoveries_given_up: int = 0
    breaker_opens: int = 0
    breaker_half_opens: int = 0
    breaker_closes: int = 0

    def minus(self, earlier: Counts) -> Counts:
        """What has been added since `earlier`."""
        names = self.__struct_fields__
        return Counts(**{name: getattr(self, name) - getattr(earlier, name) for name in names})


class Gauges(msgspec.Struct, kw_only=True):
    """How things stand; `queue_peak` is the longest queue there has been, in messages."""

    connections_open: int = 0
    queue_size: int = 0
    breakers_open: int = 0
    queue_peak: int = 0


class Tally(msgspec.Struct, kw_only=True):
    """One user's counters and gauges, or everybody's."""

    counts: Counts = msgspec.field(default_factory=Counts)
    gauges: Gauges = msgspec.field(default_factory=Gauges)
