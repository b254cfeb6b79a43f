"""What the scenarios of bad networks catch."""

from __future__ import annotations

from case import BROKEN_STORY, Case

OVER = "Over a network that {}, Alice still gets her whole answer"
CHAOS = "Cuts, delays and lost messages, all at once"
STORM = "Fifty users are cut off at once, and everybody recovers"
SHOWN_OUT = r"never sent|never accepted|never ended|is missing|" + BROKEN_STORY
#: A defect that keeps people from the end is caught at the deadline: no need for a long one.
SOON = ("-Dchaos.within_s=15",)

CASES = (
    Case("impatient-with-slow-users", OVER.format("is slow and unsteady"), SHOWN_OUT),
    Case("frames-must-come-whole", OVER.format("delivers byte by byte"), SHOWN_OUT),
    Case("impatient-with-slow-users", OVER.format("carries very little"), SHOWN_OUT),
    Case("missed-not-replayed", OVER.format("cuts the line once"), BROKEN_STORY),
    Case("missed-not-replayed", CHAOS, r"never came|question \d", SOON),
    Case("duplicate-runs-twice", CHAOS, r"nobody asked for|ran \d times|question \d", SOON),
    Case("replay-slow", STORM, r"\d+ took longer"),
    Case("replay-slow", STORM, r"\d+ took longer", environment="ci"),
)
