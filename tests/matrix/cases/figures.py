"""What the figures of a run catch: whatever is slow, grows, does not keep up, or is made up."""

from __future__ import annotations

from case import Case

EVERY_KIND = "Every kind of event comes quickly while several people chat"
TIMES = "The times that events bear can be believed"
COMING = "Coming to chat is quick every time"
ENOUGH = "Enough messages are answered while several people chat"
STEADY = "A long conversation does not get slower"
FIRST = "The first sign of an answer comes quickly while several people chat"
MEMORY = "A long conversation does not fill the service's memory"
PROMPT = "Events arrive within the latency limits while several people chat"

FEW = ("-Dsizes.load_runs=4",)

CASES = (
    # Limits in a sentence are the same in every environment, however patient it is.
    Case("first-event-slow", FIRST, r"took longer, the worst", FEW, "ci"),
    Case("tools-slow", EVERY_KIND, r"tool_\w+: \d+ of \d+ took longer", FEW, "ci"),
    Case("tool-results-late", EVERY_KIND, r"tool_completed: \d+ of \d+ took longer", FEW, "ci"),
    Case("tools-slow", EVERY_KIND, r"tool_\w+: \d+ of \d+ took longer", FEW),
    Case("tool-results-late", EVERY_KIND, r"tool_completed: \d+ of \d+ took longer", FEW),
    Case("event-times-behind", TIMES, r"before the request that they answer"),
    Case("event-times-behind", PROMPT, r"before the request that they answer"),
    Case("event-times-ahead", TIMES, r"ahead of their own arrival"),
    Case("event-times-frozen", TIMES, r"bear the same time"),
    Case("sign-in-slow", COMING, r"sign-ins took longer"),
    Case("connect-slow", COMING, r"connections took longer", ("-Dsizes.connects=10",)),
    Case("one-run-at-a-time", ENOUGH, r"a second \(", FEW),
    Case("throughput-capped", ENOUGH, r"a second \(", FEW),
    Case("runs-sometimes-unfinished", ENOUGH, r"were never answered", FEW),
    Case("events-later-and-later", STEADY, r"event latency rose by"),
    Case("slower-with-every-run", STEADY, r"the (first sign|whole answer) rose by"),
    Case("memory-leak", MEMORY, r"MB \(± [\d.]+\) per 1,000 runs", ("-Dsizes.long_runs=30",)),
    Case("memory-leak-small", MEMORY, r"\+1\d\d\.\d MB|\+2\d\d\.\d MB"),
)
