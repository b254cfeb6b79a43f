"""Finished runs made by hand: a small journal, outcomes, and the verdict on both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from histories import ALICE, BOB, Tape
from report_samples import outcome

from support.approval import Outcome, Outcomes, evidence_of, judge
from support.config import Policy
from support.journal import History, records
from support.report.files import RunFolder
from support.report.finished_run import FinishedRun
from support.report.trend import runs_before

RUN = "20251121-020000-ab12"
STARTED = 1_763_690_400.0
#: So little was done that nothing else can be demanded.
LENIENT = Policy(
    required_categories=("security",),
    must=("E1",),
    least_assessed={"security": 1},
    leave_out=(
        "event_delivery",
        "operations",
        "connections",
        "average_latency",
        "p95_latency",
        "p99_latency",
        "memory_growth",
        "recovery",
    ),
)
GUARD = outcome(
    id="g1",
    name="Alice and Bob",
    feature="Privacy",
    path="features/security/privacy.feature",
    category="security",
    tags=("critical", "isolation", "regression.isolation", "security"),
    critical=True,
    rows=("E1",),
    duration_s=0.25,
)


def tape(runs: int = 4) -> Tape:
    """Alice and Bob chat; fences hold, clocks can be compared, memory is told twice."""
    made = Tape()
    made.scenario = ""
    made.opened()
    made.add(records.DeploymentBuild, version="1.2.3")
    made.add(records.DeploymentBuild, version="1.2.3", moment="end")
    made.add(records.Sample, name="target_memory_bytes", value=80e6)
    made.scenario = "s01"
    made.starts(GUARD.name, category="security", tags=GUARD.tags, scenario_id=GUARD.id)
    for user in (ALICE, BOB):
        made.comes(user)
        made.ping(user)
        made.heartbeat(user, "protocol")
    for number in range(runs):
        made.run((ALICE, BOB)[number % 2], f"q{number}", f"r-{number}")
    for user in (ALICE, BOB):
        made.fence(user)
        made.ends(user)
    made.add(records.ScenarioEnded, status="passed")
    made.scenario = ""
    made.add(records.Sample, name="target_memory_bytes", value=95e6)
    return made


def outcomes(*scenarios: Outcome, **changed: Any) -> Outcomes:
    """A gate run of these scenarios, or of the one on privacy."""
    usual: dict[str, Any] = {
        "gate": True,
        "environment": "staging",
        "target": "https://chat.staging.example",
        "build": "1.2.3",
        "started": STARTED,
        "finished": STARTED + 10,
        "command": "behave --tags=@critical",
        "scenarios": list(scenarios) or [GUARD],
        "versions": {"greenlight": "0.1.0"},
    }
    return Outcomes(**{**usual, **changed})


def finished(
    folder: Path,
    given: Outcomes | None = None,
    history: History | None = None,
    policy: Policy = LENIENT,
) -> FinishedRun:
    """A run whose folder is in `folder`, APPROVED unless something else is given."""
    path = folder / RUN
    path.mkdir(exist_ok=True)
    what = given or outcomes()
    seen = tape().history if history is None else history
    return FinishedRun(
        folder=RunFolder(path=path, history=folder / "history.jsonl"),
        verdict=judge(what, seen, policy),
        evidence=evidence_of(what, seen, policy),
        dialect="agent-chat-v1",
        earlier=runs_before(folder, what.target, what.environment),
    )


def nothing_happened(folder: Path, **changed: Any) -> FinishedRun:
    """A run whose deployment was never reached."""
    told = "The chat service at https://chat.staging.example cannot be reached."
    given = outcomes(
        msgspec.structs.replace(GUARD, status="not_run", reason="This scenario never ran"),
        **{"aborted": told, "build": "unknown", **changed},
    )
    return finished(folder, given, History([]))
