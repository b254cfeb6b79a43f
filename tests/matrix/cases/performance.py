"""What the scenarios of the category performance catch."""

from __future__ import annotations

from case import Case

CASES = (
    Case(
        "events-late",
        "Events arrive within the latency limits while several people chat",
        r"events \(clocks ±",
    ),
    Case(
        "events-sometimes-late",
        "Hardly any event arrives late while several people chat",
        r"events \(clocks ±",
    ),
    Case(
        "events-later-and-later",
        "Events arrive within the latency limits while several people chat",
        r"events \(clocks ±",
    ),
    Case(
        "first-event-slow",
        "The first sign of an answer comes quickly while several people chat",
        r"took longer, the worst",
        ("-Dsizes.load_runs=4",),
    ),
)
