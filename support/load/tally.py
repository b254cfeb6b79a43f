"""What a worker counts while it runs: all that its report will hold, and nothing per event."""

from __future__ import annotations

import time
from collections import Counter, defaultdict

import msgspec

from support.journal.shard_report import ShardReport, Table, bucket_us
from support.measures.clock import ClockEstimate

_TABLES = (
    *("response_us", "first_us", "event_us", "connect_us", "recovery_us", "late_us", "lag_us"),
)


class Tally:
    """Counts and histograms of one worker. Times go in as seconds."""

    def __init__(self) -> None:
        self.frames = self.examined = self.answered = self.right = self.early = 0
        self.events: Counter[str] = Counter()
        #: Unix seconds at the zero of the monotonic clock.
        self.wall = time.time() - time.monotonic()
        self.clock = ClockEstimate(self.wall)
        self._counts: Counter[str] = Counter()
        self._causes: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._tables: dict[str, Counter[int]] = {name: Counter() for name in _TABLES}
        self._event_us = self._tables["event_us"]
        self._recent: Counter[int] = Counter()

    def add(self, name: str, by: int = 1) -> None:
        """Count something that is a field of `ShardReport`."""
        self._counts[name] += by

    def count(self, table: str, cause: str) -> None:
        """Count something by its cause: `closes`, `refusals`, `excused` or `patterns`."""
        self._causes[table][cause] += 1

    def counted(self, name: str) -> int:
        """How often `add` was called for it."""
        return self._counts[name]

    def time(self, name: str, duration_s: float) -> None:
        """Add a duration to a histogram."""
        bucket = bucket_us(duration_s)
        self._tables[name][bucket] += 1
        if name == "response_us":
            self._recent[bucket] += 1

    def event_time(self, stamp: float, timestamp: float) -> None:
        """Add an event's latency: from its own time, by the deployment's clock, to its arrival."""
        clock = self.clock.clock
        if clock is None:
            return
        latency_s = self.wall + stamp + clock.offset_s - timestamp
        if latency_s < 0:
            self.early += latency_s * 1000 < -clock.tolerance_ms
        self._event_us[bucket_us(latency_s)] += 1

    def take_recent(self) -> Table:
        """The response times since the last call."""
        recent, self._recent = dict(self._recent), Counter()
        return recent

    def report(self, busiest_cpu: float, **others: int) -> ShardReport:
        """All of it, and what else there is to report."""
        counted: dict[str, object] = {
            **self._counts,
            **{name: dict(causes) for name, causes in self._causes.items()},
            **{name: dict(table) for name, table in self._tables.items()},
            **others,
            "frames": self.frames,
            "examined": self.examined,
            "answered": self.answered,
            "right": self.right,
            "early": self.early,
            "events": dict(self.events),
            "busiest_cpu": busiest_cpu,
        }
        return msgspec.convert(counted, ShardReport)
