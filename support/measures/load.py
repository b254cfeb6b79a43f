"""What a load run came to: one definition of each figure, out of its records alone."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import msgspec

from support.journal import History, records
from support.journal.shard_report import ShardReport, Table, merge_all, quantile_ms
from support.measures.histogram import least_samples

#: The time of a load is looked at in so many parts, to see what changes.
PARTS = 4


@dataclass
class LoadFigures:
    """One load run. `total` is the sum of what its workers reported, of a shard without a final
    report up to its last interval, and of what the run saw that it continues, if any."""

    began: records.LoadBegan
    earlier: list[records.LoadEarlier] = field(default_factory=list)
    intervals: list[records.LoadInterval] = field(default_factory=list)
    shards: list[records.LoadShard] = field(default_factory=list)
    violations: list[records.LoadViolation] = field(default_factory=list)
    ended: records.LoadEnded | None = None
    progress: list[records.LoadProgress] = field(default_factory=list)

    @cached_property
    def total(self) -> ShardReport:
        """All of it together."""
        whole = {shard.shard for shard in self.shards}
        cut = [each.report for each in self.intervals if each.shard not in whole]
        before = settled(merge_all(part.report for part in self.earlier))
        return merge_all([before, *(shard.report for shard in self.shards), *cut])

    @cached_property
    def worked_s(self) -> float:
        """How much of the planned duration was carried out by every worker, or was when they
        reported last."""
        reached = dict.fromkeys(range(self.began.shards), self.began.plan.done_s)
        reached |= {each.shard: each.worked_s for each in self.intervals}
        return min(reached.values())

    def parts(self, count: int = PARTS) -> list[ShardReport]:
        """What was seen in so many parts of the time that is over, each of the same length."""
        found: list[list[ShardReport]] = [[] for _ in range(count)]
        seen: list[records.LoadEarlier | records.LoadInterval] = [*self.earlier, *self.intervals]
        for each in seen:
            number = math.ceil(each.worked_s / self.worked_s * count) - 1 if self.worked_s else 0
            found[min(max(number, 0), count - 1)].append(each.report)
        return [merge_all(part) for part in found]

    @property
    def patterns(self) -> Counter[str]:
        """The violations by pattern."""
        kinds = Counter(violation.pattern for violation in self.violations)
        return kinds | Counter(self.total.patterns)

    @property
    def violated(self) -> int:
        """How many violations there were, also those too many to be recorded."""
        return max(self.total.violations, len(self.violations))

    @property
    def success(self) -> float | None:
        """The share of questions that were answered as they should be."""
        return self.total.right / self.total.asked if self.total.asked else None

    @property
    def achieved(self) -> float | None:
        """The share of the questions due that were asked."""
        return self.total.asked / self.total.due if self.total.due else None

    @property
    def answers_per_s(self) -> float:
        """Answers a second, over the time of asking or, where none was planned, over all of it."""
        return self.total.answered / self._took_s

    @property
    def events_per_s(self) -> float:
        """Events a second, over the same time."""
        return self.events / self._took_s

    @property
    def _took_s(self) -> float:
        return self.worked_s or (self.ended or self.began).t - self.began.t or 1.0

    @property
    def events(self) -> int:
        """How many events arrived."""
        return sum(self.total.events.values())

    @property
    def unseen(self) -> tuple[str, ...]:
        """The types of events that should have been seen, and never were."""
        return tuple(kind for kind in self.began.expects if not self.total.events.get(kind))

    @property
    def usual_lag_ms(self) -> float:
        """The median of the worst delays of the generator's own loops within a second."""
        return quantile_ms(self.total.lag_us, 0.5) or 0.0

    @property
    def late_ms(self) -> float:
        """By how much 95 in 100 questions were sent late at most, though a user was free."""
        return quantile_ms(self.total.late_us, 0.95) or 0.0

    @property
    def worst_lag_ms(self) -> float:
        """The longest time by which a loop of the generator came late."""
        return quantile_ms(self.total.lag_us, 1.0) or 0.0

    @property
    def generator_limit(self) -> str:
        """Why the load generator itself was the limit, in a sentence; empty where it was not."""
        limits, cpu = self.began.plan.limits, self.total.busiest_cpu
        if self.total.excused:
            what = ", ".join(f"{count:,} {cause}" for cause, count in self.total.excused.items())
            return f"it was up to {self.worst_lag_ms:.0f} ms late, which may explain {what}"
        if self.usual_lag_ms > limits.lag_ms:
            return f"its event loop was late by {self.usual_lag_ms:.0f} ms in the usual second"
        if self.late_ms > limits.late_ms:
            return f"95 in 100 questions were sent up to {self.late_ms:.0f} ms late"
        if cpu > limits.cpu:
            return f"a worker used {cpu:.0%} of a core"
        return self._own_slowness

    @property
    def _own_slowness(self) -> str:
        limit_ms = self.began.plan.limits.p95_ms
        p95_ms = claimed_ms(self.total.response_us, 0.95)
        if not limit_ms or p95_ms is None or not p95_ms - self.worst_lag_ms <= limit_ms < p95_ms:
            return ""
        return (
            f"95 in 100 answers took up to {p95_ms:.0f} ms, of which up to"
            f" {self.worst_lag_ms:.0f} ms may be its own"
        )


def loads(history: History) -> list[LoadFigures]:
    """Every load run of a history, in order."""
    return list(_loads(history))


def _loads(history: History) -> Iterator[LoadFigures]:
    current: LoadFigures | None = None
    for record in history.records:
        if isinstance(record, records.LoadBegan):
            if current is not None:
                yield current
            current = LoadFigures(record)
        elif current is None:
            continue
        elif isinstance(record, records.LoadEarlier):
            current.earlier.append(record)
        elif isinstance(record, records.LoadInterval):
            current.intervals.append(record)
        elif isinstance(record, records.LoadShard):
            current.shards.append(record)
        elif isinstance(record, records.LoadViolation):
            current.violations.append(record)
        elif isinstance(record, records.LoadProgress):
            current.progress.append(record)
        elif isinstance(record, records.LoadEnded):
            current.ended = record
    if current is not None:
        yield current


def settled(cut: ShardReport) -> ShardReport:
    """What is certain of a part of a load that another run goes on with, with users of its own.

    What was under way when it was cut might have ended well: it counts neither way.
    """
    return msgspec.structs.replace(
        cut,
        users=0,
        connected=0,
        fenced=0,
        due=cut.due - cut.pending,
        asked=cut.asked - cut.pending,
        dropped=cut.dropped - cut.returning,
    )


def answered_by(history: History, t: float) -> int:
    """How many questions the users of load runs had answered by then, as far as was reported."""
    return sum(
        max((p.answered for p in load.progress if p.t <= t), default=0) for load in loads(history)
    )


def claimed_ms(table: Table, share: float) -> float | None:
    """A percentile in ms, where enough samples cover it."""
    enough = sum(table.values()) >= least_samples(share)
    return quantile_ms(table, share) if enough else None
