"""What a worker reports of its shard, and the sum of two reports: in any order, always the same.

A histogram is a table of how often each duration was seen, in microseconds rounded to eleven
binary digits (0.05 %): adding tables is exact, whatever the order, and so is the verdict.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

Table = dict[int, int]
Counts = dict[str, int]

_DIGITS = 11


class ShardReport(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """All that is kept of a shard, or of several: counts and histograms, nothing per event.

    `due` questions were planned, `asked` were sent, `answered` came to an end, `right` to the end
    that was asked for; `rejected` were answered by an error. `tool_runs` are runs that used a tool.
    `response_us` is from when a question was due until its answer was whole, `first_us` until its
    first event, `event_us` from an event's own time to its arrival, `connect_us` from the first
    byte to the greeting, `recovery_us` from a drop until the stream is whole again, `late_us` by
    how much questions were sent after they were due, though a user was free to send them. `closes`
    and `refusals` are by cause, and so is `excused`: what went wrong while the generator itself may
    have been too late. `lag_us` are the worst delays of each second, `busiest_cpu` the share of a
    core that the busiest worker used. `pending` questions and `returning` users, who lost their
    connection, still had time when the report was made.
    """

    users: int = 0
    connected: int = 0
    fenced: int = 0
    due: int = 0
    asked: int = 0
    answered: int = 0
    right: int = 0
    rejected: int = 0
    tool_runs: int = 0
    frames: int = 0
    examined: int = 0
    dropped: int = 0
    recovered: int = 0
    pending: int = 0
    returning: int = 0
    violations: int = 0
    early: int = 0
    events: Counts = {}
    patterns: Counts = {}
    closes: Counts = {}
    refusals: Counts = {}
    excused: Counts = {}
    response_us: Table = {}
    first_us: Table = {}
    event_us: Table = {}
    connect_us: Table = {}
    recovery_us: Table = {}
    late_us: Table = {}
    lag_us: Table = {}
    busiest_cpu: float = 0.0


def merged(one: ShardReport, other: ShardReport) -> ShardReport:
    """Both together. Associative and commutative; an empty report changes nothing."""
    return merge_all((one, other))


def since(now: ShardReport, before: ShardReport) -> ShardReport:
    """What was added to `before` until `now`: `merged` with it, `before` is `now` again."""
    names = ShardReport.__struct_fields__
    added = {name: _difference(name, now, before) for name in names}
    return msgspec.convert(added, ShardReport)


def merge_all(reports: Iterable[ShardReport]) -> ShardReport:
    """The sum of all, as `merged` one after another."""
    found, names = [ShardReport(), *reports], ShardReport.__struct_fields__
    added = {name: _sum(name, [getattr(report, name) for report in found]) for name in names}
    return msgspec.convert(added, ShardReport)


def _sum(name: str, values: Sequence[Any]) -> object:
    if isinstance(values[0], dict):
        total: Counter[Any] = Counter()
        for table in values:
            total.update(table)
        return dict(sorted(total.items()))
    return max(values) if name == "busiest_cpu" else sum(values)


def _difference(name: str, now: ShardReport, before: ShardReport) -> object:
    a, b = getattr(now, name), getattr(before, name)
    if isinstance(a, dict):
        return {key: count - b.get(key, 0) for key, count in a.items() if count != b.get(key)}
    return a if name == "busiest_cpu" else a - b


def bucket_us(duration_s: float) -> int:
    """A duration as it is counted: microseconds, at least 1, in eleven binary digits."""
    value = max(int(duration_s * 1e6), 1)
    shift = value.bit_length() - _DIGITS
    return value if shift <= 0 else (value >> shift) << shift


def quantile_ms(table: Table, share: float) -> float | None:
    """The duration that this share of all does not exceed, in ms; None for an empty table."""
    left = max(math.ceil(sum(table.values()) * share), 1)
    for value, count in sorted(table.items()):
        left -= count
        if left <= 0:
            return value / 1000
    return None
