"""What the scenarios of latency and timestamps catch."""

from __future__ import annotations

from case import Case

FIRST = "The first event of an answer arrives fast while several users chat"
EVERY_TYPE = "Every type of event arrives fast while several users chat"
TIMESTAMPS = "Event timestamps are true"
LIMITS = "Events arrive within the latency limits while several users chat"
HARDLY_ANY = "Hardly any event arrives late while several users chat"

CASES = (
    Case(
        "first-event-slow",
        FIRST,
        r"took longer, the worst",
        ("-Dsizes.load_runs=4",),
        environment="ci",
    ),
    Case("first-event-slow", FIRST, r"took longer, the worst", ("-Dsizes.load_runs=4",)),
    Case(
        "tools-slow",
        EVERY_TYPE,
        r"tool_\w+: \d+ of \d+ took longer",
        ("-Dsizes.load_runs=4",),
        environment="ci",
    ),
    Case(
        "tool-results-late",
        EVERY_TYPE,
        r"tool_completed: \d+ of \d+ took longer",
        ("-Dsizes.load_runs=4",),
        environment="ci",
    ),
    Case("tools-slow", EVERY_TYPE, r"tool_\w+: \d+ of \d+ took longer", ("-Dsizes.load_runs=4",)),
    Case(
        "tool-results-late",
        EVERY_TYPE,
        r"tool_completed: \d+ of \d+ took longer",
        ("-Dsizes.load_runs=4",),
    ),
    Case("event-times-behind", TIMESTAMPS, r"before the request that they answer"),
    Case("event-times-ahead", TIMESTAMPS, r"ahead of their own arrival"),
    Case("event-times-frozen", TIMESTAMPS, r"bear the same time"),
    Case("event-times-behind", LIMITS, r"before the request that they answer"),
    Case("events-late", LIMITS, r"events \(clocks ±"),
    Case("events-later-and-later", LIMITS, r"events \(clocks ±"),
    Case("events-sometimes-late", HARDLY_ANY, r"events \(clocks ±"),
)
