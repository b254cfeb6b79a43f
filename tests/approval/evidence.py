"""Small evidence that earns an APPROVED, to be spoilt in one place by each test."""

from __future__ import annotations

from typing import Any

import msgspec
from histories import ALICE, BOB, Tape

from support.approval import CriterionResult, Outcome, Outcomes, Verdict, judge
from support.approval.criteria import judge_criteria
from support.approval.evidence import Evidence
from support.config import Policy
from support.journal import records

CATEGORIES = ("functional", "integration", "security", "resilience", "performance")
LATENCY = ("average_latency", "p95_latency", "p99_latency")

#: A policy that the small journal below can satisfy: it has too few events and drops.
SMALL = Policy(leave_out=(*LATENCY, "recovery"), least_assessed=dict.fromkeys(CATEGORIES, 1))
ROWS = {
    "functional": ("A1", "A2", "B1"),
    "integration": ("C1",),
    "security": ("E1", "F1", "F2"),
    "resilience": ("H1",),
}


def outcome(category: str = "functional", **changed: Any) -> Outcome:
    """A critical scenario that was selected and has passed."""
    usual: dict[str, Any] = {
        "id": f"id-{category}",
        "feature": "Talking",
        "name": f"A {category} scenario",
        "path": f"features/{category}/talk.feature",
        "line": 3,
        "category": category,
        "critical": True,
        "rows": ROWS.get(category, ()),
        "tags": ("critical", "isolation") if category == "security" else ("critical",),
        "status": "passed",
    }
    return Outcome(**{**usual, **changed})


def outcomes(*scenarios: Outcome, **changed: Any) -> Outcomes:
    """A gate run; without a word, one passed scenario of every category."""
    usual: dict[str, Any] = {
        "gate": True,
        "environment": "test",
        "target": "https://chat.example.test",
        "build": "1.2.3",
        "started": 1_763_690_400.0,
        "finished": 1_763_690_460.0,
        "command": "behave --tags=@critical",
        "scenarios": list(scenarios) or [outcome(category) for category in CATEGORIES],
    }
    return Outcomes(**{**usual, **changed})


def journal(runs: int = 12, connections: int = 20) -> Tape:
    """Alice and Bob chat; their runs are whole, their fences hold, the memory grows a little."""
    tape = Tape()
    tape.scenario = ""
    tape.opened()
    tape.add(records.DeploymentBuild, version="1.2.3", target="https://chat.example.test")
    tape.scenario = "s01"
    tape.starts("Two users at work", tags=("critical",))
    tape.add(records.Sample, name="target_memory_bytes", value=80e6)
    for user in (ALICE, BOB):
        tape.comes(user)
        tape.ping(user)
    for number in range(connections - 2):
        tape.connects(f"s01/Guest{number}")
    for number in range(runs):
        user = (ALICE, BOB)[number % 2]
        tape.run(user, f"q{number}", f"r-{number}")
    for user in (ALICE, BOB):
        tape.fence(user)
        tape.ends(user)
    tape.add(records.Sample, name="target_memory_bytes", value=95e6)
    tape.add(records.ScenarioEnded, status="passed")
    tape.add(records.DeploymentBuild, version="1.2.3", moment="end", scenario="")
    return tape


def tape_of(given: Outcomes) -> Tape:
    """`journal()` as the run that `given` tells of would have left it: both agree."""
    tape = journal()
    first, *others = given.scenarios
    begun = next(r for r in tape.records if isinstance(r, records.ScenarioStarted))
    tape.records[tape.records.index(begun)] = msgspec.structs.replace(begun, **_start(first))
    tape.add(records.ScenarioResult, scenario_id=first.id, result=first.status)
    for number, outcome in enumerate(others, start=2):
        tape.scenario = f"s{number:02d}"
        tape.add(records.ScenarioStarted, **_start(outcome))
        tape.add(records.ScenarioResult, scenario_id=outcome.id, result=outcome.status)
    built = (r for r in tape.records if isinstance(r, records.DeploymentBuild))
    for record in list(built):
        again = msgspec.structs.replace(record, version=given.build, target=given.target)
        tape.records[tape.records.index(record)] = again
    return tape


def _start(outcome: Outcome) -> dict[str, Any]:
    return {
        "scenario_id": outcome.id,
        "name": outcome.name,
        "category": outcome.category,
        "tags": outcome.tags,
    }


def verdict(
    given: Outcomes | None = None, tape: Tape | None = None, policy: Policy = SMALL
) -> Verdict:
    """The verdict on this evidence; what is left out is in good order."""
    return judge(given or outcomes(), (tape or journal()).history, policy)


def criterion(
    name: str, given: Outcomes | None = None, tape: Tape | None = None, policy: Policy = SMALL
) -> CriterionResult:
    """One criterion's result on this evidence."""
    evidence = Evidence(given or outcomes(), (tape or journal()).history, policy)
    return next(result for result in judge_criteria(evidence) if result.name == name)
