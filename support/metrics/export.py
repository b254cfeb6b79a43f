"""The client's counters of a finished run, out of its journal alone."""

from __future__ import annotations

from support.journal import History
from support.measures.figures import Figures
from support.metrics.client_metrics import ClientMetrics
from support.metrics.durations import durations_of
from support.metrics.snapshot import Snapshot


def metrics_of(history: History, measured: Figures, wall: float) -> Snapshot:
    """How everything stood at the end; `wall` is Unix seconds at the journal's zero.

    Distributions are the figures of the run, so that no file shows others.
    """
    metrics = ClientMetrics(wall, clock=measured.clock)
    for record in history.records:
        metrics.observe(record)
    snapshot = metrics.snapshot()
    snapshot.durations = durations_of(measured)
    return snapshot
