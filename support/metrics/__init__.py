"""What it amounts to, in figures: distributions, and counters fed from the journal's records."""

from support.metrics.distribution import Distribution, least_samples

__all__ = ["Distribution", "least_samples"]
