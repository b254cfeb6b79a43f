"""The metrics of one moment, the difference of two, and how they leave the house."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from support.metrics.tally import Counts, Tally

#: Upper bounds of the exported buckets, in ms.
BOUNDS_MS = (1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0, 10_000.0)
PREFIX = "greenlight_client"
EVERYBODY = ""


class Durations(msgspec.Struct, kw_only=True):
    """One distribution: `up_to` counts, for each of `BOUNDS_MS`, what does not exceed it.

    A percentile (ms) is None where too few values cover it, and in a difference.
    """

    count: int
    total_ms: float
    up_to: list[int]
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None

    def minus(self, earlier: Durations) -> Durations:
        """What has been added since `earlier`."""
        return Durations(
            count=self.count - earlier.count,
            total_ms=self.total_ms - earlier.total_ms,
            up_to=[now - then for now, then in zip(self.up_to, earlier.up_to, strict=True)],
        )


class Snapshot(msgspec.Struct, kw_only=True):
    """Everything at the moment `t` (seconds by the journal's clock): for all, and per user."""

    t: float
    all: Tally
    users: dict[str, Tally]
    durations: dict[str, Durations]

    def since(self, earlier: Snapshot) -> Snapshot:
        """What has been added since `earlier`: `t` is the time between; gauges are those of now.

        Counts are exact, also where users came (they count from nothing) or were dropped as idle
        (they are left out; what they did is in `all`).
        """
        return Snapshot(
            t=self.t - earlier.t,
            all=_added(self.all, earlier.all),
            users={u: _added(t, earlier.users.get(u, Tally())) for u, t in self.users.items()},
            durations={n: d.minus(earlier.durations[n]) for n, d in self.durations.items()},
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain dictionaries, lists and numbers."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain

    def as_json(self) -> bytes:
        """As `as_dict`, as indented JSON."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1)

    def as_prometheus(self) -> bytes:
        """The text format of Prometheus, version 0.0.4; the label `user` is empty for everybody."""
        registry = CollectorRegistry()
        registry.register(_Families(self))
        return generate_latest(registry)


class _Families(Collector):
    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        tallies = {EVERYBODY: self._snapshot.all, **self._snapshot.users}
        for name in Counts.__struct_fields__:
            said = name.replace("_", " ")
            counter = CounterMetricFamily(f"{PREFIX}_{name}", f"So far: {said}.", labels=["user"])
            for user, tally in tallies.items():
                counter.add_metric([user], getattr(tally.counts, name))
            yield counter
        for name in Tally().gauges.__struct_fields__:
            said = name.replace("_", " ")
            gauge = GaugeMetricFamily(f"{PREFIX}_{name}", f"Now: {said}.", labels=["user"])
            for user, tally in tallies.items():
                gauge.add_metric([user], getattr(tally.gauges, name))
            yield gauge
        for name, durations in self._snapshot.durations.items():
            histogram = HistogramMetricFamily(
                f"{PREFIX}_{name}_seconds", f"How long: {name.replace('_', ' ')}."
            )
            histogram.add_metric([], _buckets(durations), sum_value=durations.total_ms / 1000)
            yield histogram


def copied(tally: Tally) -> Tally:
    """A copy that does not change any more."""
    return Tally(
        counts=msgspec.structs.replace(tally.counts), gauges=msgspec.structs.replace(tally.gauges)
    )


def _added(now: Tally, earlier: Tally) -> Tally:
    return Tally(counts=now.counts.minus(earlier.counts), gauges=now.gauges)


def _buckets(durations: Durations) -> list[tuple[str, float]]:
    bounds = [str(bound / 1000) for bound in BOUNDS_MS]
    return [*zip(bounds, map(float, durations.up_to), strict=True), ("+Inf", durations.count)]
