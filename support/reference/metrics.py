"""What the chat backend says about itself, in the Prometheus text format."""

from __future__ import annotations

import os
import resource
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Metrics:
    """Counters since the start of the process."""

    connections_opened: int = 0
    handshakes_refused: int = 0
    messages_received: int = 0
    messages_rejected: int = 0
    runs_accepted: int = 0
    events_sent: int = 0


def resident_bytes() -> int:
    """Return the memory this process holds now, in bytes (its peak where /proc is missing)."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return pages * os.sysconf("SC_PAGE_SIZE")


def exposition(metrics: Metrics, connections: int, runs: int) -> str:
    """Return all figures as Prometheus text, version 0.0.4."""
    rows = [
        ("process_resident_memory_bytes", "gauge", "Resident memory.", resident_bytes()),
        ("chat_connections", "gauge", "Open connections.", connections),
        ("chat_runs_active", "gauge", "Runs under way.", runs),
        (
            "chat_connections_opened_total",
            "counter",
            "Accepted handshakes.",
            metrics.connections_opened,
        ),
        (
            "chat_handshakes_refused_total",
            "counter",
            "Refused handshakes.",
            metrics.handshakes_refused,
        ),
        (
            "chat_messages_received_total",
            "counter",
            "Messages from clients.",
            metrics.messages_received,
        ),
        (
            "chat_messages_rejected_total",
            "counter",
            "Messages answered with an error.",
            metrics.messages_rejected,
        ),
        ("chat_runs_accepted_total", "counter", "Runs accepted.", metrics.runs_accepted),
        ("chat_events_sent_total", "counter", "Events sent.", metrics.events_sent),
    ]
    lines = [
        f"# HELP {name} {text}\n# TYPE {name} {kind}\n{name} {value}\n"
        for name, kind, text, value in rows
    ]
    return "".join(lines)
