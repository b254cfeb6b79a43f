"""What the scenarios of network conditions catch."""

from __future__ import annotations

from case import BROKEN_STORY, Case

OVER = "Alice receives the complete answer over {}"
CHAOS = "Several users lose connections and messages all the time and miss nothing"
STORM = "A crowd of users loses the network at once and recovers"
LOST = r"unknown: the question was never sent|never accepted|never ended|is missing|" + BROKEN_STORY
#: A defect that keeps people from the end is caught at the deadline: no need for a long one.
SOON = ("-Dchaos.within_s=15",)

RECOVERS = "Alice's app recovers the complete run over a network that {}"
ONCE = "A question runs once over a network that {}"
STALLS = "Bob connects over a network that {} while Alice's handshake is stalled"

CASES = (
    Case(
        "impatient-with-slow-users",
        OVER.format("a network that delivers answers slowly"),
        LOST,
    ),
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
    Case("impatient-with-slow-users", OVER.format("a slow and unsteady network"), LOST),
    Case("frames-must-come-whole", OVER.format("a network that delivers byte by byte"), LOST),
    Case("impatient-with-slow-users", OVER.format("a network with very little bandwidth"), LOST),
    Case(
        "missed-not-replayed",
        OVER.format("a network that closes the connection once"),
        BROKEN_STORY,
    ),
    Case("missed-not-replayed", CHAOS, r"never came|question \d", SOON),
    Case("duplicate-runs-twice", CHAOS, r"nobody asked for|ran \d times|question \d", SOON),
    Case("replay-slow", STORM, r"\d+ took longer"),
    Case("replay-slow", STORM, r"\d+ took longer", environment="ci"),
)
