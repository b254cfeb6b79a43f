"""The proof that dialects see: defects are caught through other wire formats, too.

The same service with the same defect, spoken to in a format that the suite knows from a dialect
file alone; nothing of it has positions that could be counted.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from case import BROKEN_STORY
from gates import ATTEMPTS, GATE, RUN_S, Ran, behave, gate
from test_matrix import IMPATIENT

WIRES = ("cursors", "graphql")
SERIES = "A long series of questions loses and duplicates nothing"
RECONNECTS = "A user reconnects in the middle of a run and misses nothing"
AFTER_THINKING = 'The connection drops right after "agent_thinking"'
AFTER_TOOL = 'The connection drops right after "tool_executing"'
ISOLATED = "Two users at work see their own events and nothing of each other"
HEALTHY = (SERIES, RECONNECTS, AFTER_THINKING, AFTER_TOOL, ISOLATED)
TWICE = r"came twice|came \d+ times|ended \d+ times"

#: What is lost, doubled, reordered, leaked, not resumed: the defect, the scenario, the reason.
CORE = (
    ("every-tenth-message-lost", SERIES, BROKEN_STORY),
    ("every-tenth-event-lost", SERIES, BROKEN_STORY),
    ("every-tenth-event-doubled", SERIES, TWICE),
    ("replay-doubled", RECONNECTS, TWICE),
    # A thought that comes again breaks no rule of a run: its own id gives it away.
    ("replay-starts-too-early", AFTER_THINKING, TWICE),
    ("neighbouring-events-swapped", SERIES, BROKEN_STORY),
    ("replay-out-of-order", RECONNECTS, BROKEN_STORY),
    ("events-to-everyone", ISOLATED, r"messages? leaked; \w+ received"),
    ("anothers-note-in-answer", ISOLATED, r"messages? leaked; \w+ received"),
    ("missed-not-replayed", RECONNECTS, r"the run never ended"),
    ("resume-always-refused", RECONNECTS, r"the run never ended"),
    ("replay-skips-first", AFTER_TOOL, BROKEN_STORY),
)


def spoken(wire: str) -> tuple[str, ...]:
    """The options of a run through the dialect of that format."""
    return f"-Ddialect=reference-{wire}", f"-Dreference.wire={wire}", *IMPATIENT


def through(wire: str, reports: Path, *arguments: str) -> Ran:
    """A run through the dialect of that format."""
    return behave(reports, *spoken(wire), *arguments)


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(("defect", "scenario", "reason"), CORE, ids=[case[0] for case in CORE])
def test_core_defects_are_caught_through_the_dialect(
    defect: str, scenario: str, reason: str, wire: str, tmp_path: Path
) -> None:
    name = f"--name=^{re.escape(scenario)}"
    ran = through(wire, tmp_path, f"-Ddefect={defect}", name)
    outcome = ran.ended[scenario]
    assert outcome["status"] == "failed", outcome
    assert re.search(reason, re.sub("unknown: .*", "", outcome["reason"])), outcome["reason"]
    assert ran.status != 0


@pytest.mark.parametrize("wire", WIRES)
def test_the_healthy_service_passes_through_the_dialect(wire: str, tmp_path: Path) -> None:
    names = [f"--name=^{re.escape(scenario)}" for scenario in HEALTHY]
    ended = through(wire, tmp_path, *names).ended
    assert {name: ended[name]["status"] for name in HEALTHY} == dict.fromkeys(HEALTHY, "passed")


@pytest.mark.light
@pytest.mark.timeout(ATTEMPTS * RUN_S)
@pytest.mark.parametrize("wire", WIRES)
def test_the_gate_approves_the_healthy_service_through_the_dialect(
    wire: str, tmp_path: Path
) -> None:
    ran = gate(tmp_path, *GATE, *spoken(wire))
    assert (ran.status, ran.not_passed) == (0, {})
