"""Distributions as they are exported: by kind of scenarios, each name as the figures have it."""

from __future__ import annotations

import msgspec

from support.measures.distribution import Distribution
from support.measures.figures import Figures, ServiceFigures
from support.measures.histogram import Histogram

#: Upper bounds of the exported buckets, in ms.
BOUNDS_MS = (1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0, 10_000.0)

#: Of which scenarios: while a run goes on nobody knows yet which of them are under a fault.
ALL, NORMAL, UNDER_FAULT = "all", "normal", "under_fault"


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


def durations_of(measured: Figures) -> dict[str, dict[str, Durations]]:
    """The distributions of a finished run: the figures that everything else shows, too."""
    drops = {"first_event": measured.recovery_first, "whole": measured.recovery_whole}
    return {
        NORMAL: _of_service(measured.normal),
        UNDER_FAULT: _of_service(measured.under_fault),
        ALL: {f"recovery_{name}": exported(times) for name, times in drops.items()},
    }


def exported(times: Distribution | Histogram) -> Durations:
    """These times as they are exported."""
    return Durations(
        count=times.count,
        total_ms=times.total_ms,
        up_to=times.up_to(BOUNDS_MS),
        p50=times.p50,
        p95=times.p95,
        p99=times.p99,
    )


def _of_service(found: ServiceFigures) -> dict[str, Durations]:
    times = {
        "event_latency": found.latency,
        "first_event": found.first_event,
        "whole_answer": found.whole_answer,
        "connect": found.connect,
        "sign_in": found.sign_in,
        "ping": found.ping,
    }
    return {name: exported(one) for name, one in times.items()}
