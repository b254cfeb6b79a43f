"""The client side in counters, fed from the journal's records, and how they are exported."""

from support.metrics.durations import Durations
from support.metrics.export import metrics_of
from support.metrics.metrics import Metrics
from support.metrics.snapshot import Snapshot
from support.metrics.tally import Counts, Gauges, Tally

__all__ = [
    "Counts",
    "Durations",
    "Gauges",
    "Metrics",
    "Snapshot",
    "Tally",
    "metrics_of",
]
