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

from support.metrics.durations import BOUNDS_MS, Durations
from support.metrics.tally import Counts, Tally

PREFIX = "greenlight_client"
OTHERS = "others"  # no user: those have the name of a scenario before their own


class Snapshot(msgspec.Struct, kw_only=True):
    """Everything at the moment `t` (seconds by the journal's clock).

    `all` is the sum of `users` and `others`; `others` did what belongs to no user, or to one that
    is not kept any more. `durations` are by kind of scenarios and by name.
    """

    t: float
    all: Tally
    users: dict[str, Tally]
    others: Tally
    durations: dict[str, dict[str, Durations]]

    def since(self, earlier: Snapshot) -> Snapshot:
        """What has been added since `earlier`: `t` is the time between; gauges are those of now.

        Counts are exact, also where users came (they count from nothing) or were dropped as idle
        (they are left out; all that they did is in `others` from then on).
        """
        return Snapshot(
            t=self.t - earlier.t,
            all=_added(self.all, earlier.all),
            users={u: _added(t, earlier.users.get(u, Tally())) for u, t in self.users.items()},
            others=_added(self.others, earlier.others),
            durations={
                kind: {name: d.minus(earlier.durations[kind][name]) for name, d in found.items()}
                for kind, found in self.durations.items()
            },
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain dictionaries, lists and numbers."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain

    def as_json(self) -> bytes:
        """As `as_dict`, as JSON on one line: indented, it is half as long again."""
        return msgspec.json.encode(self)

    def as_prometheus(self) -> bytes:
        """The text format of Prometheus, version 0.0.4: `sum()` over the label `user` gives all.

        `queue_peak` is the exception: its `max()` is that of all. A user's zeros are left out: they
        are three quarters of all that there is to say.
        """
        registry = CollectorRegistry()
        registry.register(_Families(self))
        return generate_latest(registry)


class _Families(Collector):
    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        tallies = {**self._snapshot.users, OTHERS: self._snapshot.others}
        for name in Counts.__struct_fields__:
            said = name.replace("_", " ")
            counter = CounterMetricFamily(f"{PREFIX}_{name}", f"So far: {said}.", labels=["user"])
            for user, tally in tallies.items():
                if (value := getattr(tally.counts, name)) or user == OTHERS:
                    counter.add_metric([user], value)
            yield counter
        for name in Tally().gauges.__struct_fields__:
            said = name.replace("_", " ")
            gauge = GaugeMetricFamily(f"{PREFIX}_{name}", f"Now: {said}.", labels=["user"])
            for user, tally in tallies.items():
                if (value := getattr(tally.gauges, name)) or user == OTHERS:
                    gauge.add_metric([user], value)
            yield gauge
        kinds = self._snapshot.durations
        for name in dict.fromkeys(name for found in kinds.values() for name in found):
            histogram = HistogramMetricFamily(
                f"{PREFIX}_{name}_seconds",
                f"How long, by kind of scenarios: {name.replace('_', ' ')}.",
                labels=["service"],
            )
            for kind, found in kinds.items():
                if name in found:
                    total_s = found[name].total_ms / 1000
                    histogram.add_metric([kind], _buckets(found[name]), sum_value=total_s)
            yield histogram


def _added(now: Tally, earlier: Tally) -> Tally:
    return Tally(counts=now.counts.minus(earlier.counts), gauges=now.gauges)


def _buckets(durations: Durations) -> list[tuple[str, float]]:
    bounds = [str(bound / 1000) for bound in BOUNDS_MS]
    return [*zip(bounds, map(float, durations.up_to), strict=True), ("+Inf", durations.count)]
