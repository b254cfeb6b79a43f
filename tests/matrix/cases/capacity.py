"""What the scenarios of capacity and trend catch."""

from __future__ import annotations

from case import Case

MEMORY = "A long conversation does not fill the memory of the service"
CONNECTING = "Connecting is fast every time"
ENOUGH = "Enough questions are answered while several users chat"
STEADY = "A long conversation does not get slower"

CASES = (
    Case("drops-now-and-then", MEMORY, r"unstable connection|unknown:|lost"),
    Case("memory-leak", MEMORY, r"MB \(± [\d.]+\) per 1,000 runs", ("-Dsizes.long_runs=30",)),
    Case(
        "question-in-metrics",
        MEMORY,
        r"anyone received the secret of Person\d+ in GET /metrics",
        ("-Dsizes.long_runs=30",),
    ),
    Case("memory-leak-small", MEMORY, r"\+1\d\d\.\d MB|\+2\d\d\.\d MB"),
    Case("sign-in-slow", CONNECTING, r"sign-ins took longer", ("-Dsizes.connects=5",)),
    Case("connect-slow", CONNECTING, r"connections took longer", ("-Dsizes.connects=10",)),
    Case("one-run-at-a-time", ENOUGH, r"a second \(", ("-Dsizes.load_runs=4",)),
    Case("throughput-capped", ENOUGH, r"a second \(", ("-Dsizes.load_runs=4",)),
    Case("runs-sometimes-unfinished", ENOUGH, r"were never answered", ("-Dsizes.load_runs=4",)),
    Case("events-later-and-later", STEADY, r"event latency rose by"),
    Case("slower-with-every-run", STEADY, r"the (first sign|whole answer) rose by"),
)
