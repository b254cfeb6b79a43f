"""Distributions as they are exported: by kind of scenarios, each name as the figures have it."""

from __future__ import annotations

import msgspec

from support.measures.run import Figures, RunFigures
from support.measures.spread import Spread

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


def durations_of(measured: RunFigures) -> dict[str, dict[str, Durations]]:
    """The distributions of a finished run: the figures that everything else shows, too."""
    drops = {"first_event": measured.recovery_first, "whole": measured.recovery_whole}
    return {
        NORMAL: _durations(measured.normal),
        UNDER_FAULT: _durations(measured.under_fault),
        ALL: {f"recovery_{name}": _told(spread) for name, spread in drops.items()},
    }


def _durations(figures: Figures) -> dict[str, Durations]:
    spreads = {
        "event_latency": figures.latency,
        "first_event": figures.first_event,
        "whole_answer": figures.whole_answer,
        "connect": figures.connect,
        "sign_in": figures.sign_in,
        "ping": figures.ping,
    }
    return {name: _told(spread) for name, spread in spreads.items()}


def _told(spread: Spread) -> Durations:
    return Durations(
        count=spread.count,
        total_ms=sum(spread.samples),
        up_to=[sum(value <= bound for value in spread.samples) for bound in BOUNDS_MS],
        p50=spread.p50,
        p95=spread.p95,
        p99=spread.p99,
    )
