"""What the chat backend measures about itself, in the Prometheus text format."""

from __future__ import annotations

from collections.abc import Callable

import psutil
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """The gauges and counters of one chat backend, in a registry of their own."""

    def __init__(self, connections: Callable[[], int], runs: Callable[[], int]) -> None:
        """``connections`` and ``runs`` return how many are open and under way now."""
        self.registry = CollectorRegistry()
        process = psutil.Process()
        self.gauge(
            "process_resident_memory_bytes", "Resident memory.", lambda: process.memory_info().rss
        )
        self.gauge("chat_connections", "Open connections.", connections)
        self.gauge("chat_runs_active", "Runs under way.", runs)
        self.connections_opened = self.counter("chat_connections_opened", "Accepted handshakes.")
        self.handshakes_refused = self.counter("chat_handshakes_refused", "Refused handshakes.")
        self.messages_received = self.counter("chat_messages_received", "Messages from clients.")
        self.messages_rejected = self.counter(
            "chat_messages_rejected", "Messages answered with an error."
        )
        self.runs_accepted = self.counter("chat_runs_accepted", "Runs accepted.")
        self.events_sent = self.counter("chat_events_sent", "Events sent.")

    def counter(self, name: str, help_text: str) -> Counter:
        """Return a new counter, exposed as ``name`` plus ``_total``."""
        return Counter(name, help_text, registry=self.registry)

    def gauge(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        """Add a gauge that is read whenever the metrics are."""
        Gauge(name, help_text, registry=self.registry).set_function(read)

    def text(self) -> bytes:
        """Return all metrics as Prometheus text, see ``CONTENT_TYPE``."""
        return generate_latest(self.registry)
