"""What the scenarios of bad networks catch."""

from __future__ import annotations

from case import BROKEN_STORY, Case

OVER = "Over a network that {}, Alice still gets her whole answer"
CHAOS = "Cuts, delays and lost messages, all at once"
STORM = "Fifty users are cut off at once, and everybody recovers"
SHOWN_OUT = r"never sent|never accepted|never ended|is missing|" + BROKEN_STORY
#: A defect that keeps people from the end is caught at the deadline: no need for a long one.
SOON = ("-Dchaos.within_s=15",)

RECOVERS = "Over a network that {}, Alice's app recovers the complete run by reconnecting"
ONCE = "Over a network that {}, the question runs once"
STALLS = "A network that {} keeps nobody else out"

CASES = (
    Case("impatient-with-slow-users", OVER.format("delivers answers slowly"), SHOWN_OUT),
    Case("missed-not-replayed", RECOVERS.format("loses an event"), BROKEN_STORY),
    Case("missed-not-replayed", RECOVERS.format("swaps two events"), BROKEN_STORY),
    Case("missed-not-replayed", RECOVERS.format("truncates an event"), BROKEN_STORY),
    Case("client-gap-skipped", RECOVERS.format("loses an event"), r"event 1 never came"),
    Case("client-gap-skipped", RECOVERS.format("truncates an event"), r"event 1 never came"),
    Case("client-never-sends-again", ONCE.format("loses a question"), r"never accepted", SOON),
    Case("duplicate-runs-twice", ONCE.format("delivers a question twice"), r"ran 2 times"),
    Case("one-handshake-at-a-time", STALLS.format("stalls a handshake"), r"not answered in time"),
    Case(
        "client-handshake-without-limit",
        STALLS.format("stalls the answer to a handshake"),
        r"still waiting",
    ),
    Case("impatient-with-slow-users", OVER.format("is slow and unsteady"), SHOWN_OUT),
    Case("frames-must-come-whole", OVER.format("delivers byte by byte"), SHOWN_OUT),
    Case("impatient-with-slow-users", OVER.format("has very little bandwidth"), SHOWN_OUT),
    Case("missed-not-replayed", OVER.format("closes the connection once"), BROKEN_STORY),
    Case("missed-not-replayed", CHAOS, r"never came|question \d", SOON),
    Case("duplicate-runs-twice", CHAOS, r"nobody asked for|ran \d times|question \d", SOON),
    Case("replay-slow", STORM, r"\d+ took longer"),
    Case("replay-slow", STORM, r"\d+ took longer", environment="ci"),
)
