"""Average and percentiles of durations: claimed only where enough samples cover them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from support.measures.histogram import Histogram, least_samples

Figure = Literal["average", "p50", "p95", "p99"]
QUANTILES: dict[str, float] = {"p50": 0.50, "p95": 0.95, "p99": 0.99}

#: An average needs as many as the median.
LEAST_SAMPLES: dict[str, int] = {
    "average": least_samples(0.50),
    **{name: least_samples(share) for name, share in QUANTILES.items()},
}


@dataclass(frozen=True)
class Distribution:
    """Durations in ms. What too few samples cover is None (`LEAST_SAMPLES`)."""

    samples: tuple[float, ...] = ()

    @classmethod
    def of(cls, values_ms: Iterable[float]) -> Distribution:
        """The distribution of these values."""
        return cls(tuple(values_ms))

    @cached_property
    def histogram(self) -> Histogram:
        """All of it as a histogram with three significant digits."""
        return Histogram.of(self.samples)

    @property
    def count(self) -> int:
        """How many samples there are."""
        return len(self.samples)

    @property
    def total_ms(self) -> float:
        """The sum of all."""
        return sum(self.samples)

    def up_to(self, bounds_ms: Iterable[float]) -> list[int]:
        """For each bound, how many values do not exceed it."""
        return [sum(value <= bound for value in self.samples) for bound in bounds_ms]

    def at(self, figure: Figure) -> float:
        """The figure, however few samples there are; at least one is needed."""
        if figure == "average":
            return self.total_ms / self.count
        return self.histogram.at(QUANTILES[figure])

    def claimed(self, figure: Figure) -> float | None:
        """The figure, where enough samples cover it."""
        return self.at(figure) if self.count >= LEAST_SAMPLES[figure] else None

    @property
    def average(self) -> float | None:
        """The exact average."""
        return self.claimed("average")

    @property
    def p50(self) -> float | None:
        """The median."""
        return self.claimed("p50")

    @property
    def p95(self) -> float | None:
        """The 95th percentile."""
        return self.claimed("p95")

    @property
    def p99(self) -> float | None:
        """The 99th percentile."""
        return self.claimed("p99")

    @property
    def longest(self) -> float | None:
        """The longest of all; None without a sample."""
        return max(self.samples, default=None)
