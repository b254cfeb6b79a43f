"""Counters and gauges of one user, or of everybody together: plain numbers."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


class Counts(msgspec.Struct, kw_only=True):
    """What has happened so far; nothing in here ever falls.

    `connect_ms` is the sum of the connect times (first byte of the handshake to the greeting) of
    the `connections_greeted` that should be admitted. A fence is counted apart from pings.

    Messages are `expired` when a wait for something of theirs reached its deadline, `doubled` when
    the deployment said that it had them already. `events_early` bore times ahead of their own
    arrival; `events_repeated` had been shown before. `retries` are an app's own attempts to come
    back, `retries_spared` those that an open circuit breaker did not make; a round of them succeeds
    or is given up.
    """

    connections: int = 0
    connections_made: int = 0
    connections_greeted: int = 0
    connections_failed: int = 0
    connections_kept_out: int = 0
    connections_lost: int = 0
    reconnects: int = 0
    timeouts: int = 0
    connect_ms: float = 0.0
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
    fences_held: int = 0
    fences_broken: int = 0
    retries: int = 0
    retries_succeeded: int = 0
    retries_spared: int = 0
    rounds_succeeded: int = 0
    rounds_given_up: int = 0
    breaker_opens: int = 0
    breaker_half_opens: int = 0
    breaker_closes: int = 0

    def minus(self, earlier: Counts) -> Counts:
        """What has been added since `earlier`."""
        names = self.__struct_fields__
        return Counts(**{name: getattr(self, name) - getattr(earlier, name) for name in names})


class Gauges(msgspec.Struct, kw_only=True):
    """How things stand; `queue_peak` is the longest queue of any one user so far, in messages."""

    connections_open: int = 0
    queue_size: int = 0
    breakers_open: int = 0
    queue_peak: int = 0


class Tally(msgspec.Struct, kw_only=True):
    """One user's counters and gauges, or everybody's."""

    counts: Counts = msgspec.field(default_factory=Counts)
    gauges: Gauges = msgspec.field(default_factory=Gauges)


def copied(tally: Tally) -> Tally:
    """A copy that does not change any more."""
    return Tally(
        counts=msgspec.structs.replace(tally.counts), gauges=msgspec.structs.replace(tally.gauges)
    )


def summed(tallies: Iterable[Tally]) -> Tally:
    """All of them together: sums, but the longest of the queues."""
    total = Tally()
    for tally in tallies:
        for name in Counts.__struct_fields__:
            setattr(total.counts, name, getattr(total.counts, name) + getattr(tally.counts, name))
        peak = max(total.gauges.queue_peak, tally.gauges.queue_peak)
        for name in Gauges.__struct_fields__:
            setattr(total.gauges, name, getattr(total.gauges, name) + getattr(tally.gauges, name))
        total.gauges.queue_peak = peak
    return total
