"""What it amounts to, in figures: distributions, and counters fed from the journal's records."""

from support.metrics.metrics import Metrics
from support.metrics.snapshot import Durations, Snapshot
from support.metrics.tally import Counts, Gauges, Tally

__all__ = [
    "Counts",
    "Durations",
    "Gauges",
    "Metrics",
    "Snapshot",
    "Tally",
]
