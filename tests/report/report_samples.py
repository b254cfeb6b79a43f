"""Verdicts, outcomes and results to render, made by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from support.approval.model import CriterionResult, Decision, NotAssessed, Outcome, Verdict


def outcome(**given: Any) -> Outcome:
    """One selected, passed, functional scenario, unless told otherwise."""
    usual: dict[str, Any] = {
        "id": "a1",
        "feature": "Talking",
        "name": "Alice talks",
        "path": "features/functional/talk.feature",
        "line": 3,
        "category": "functional",
        "status": "passed",
    }
    return Outcome(**{**usual, **given})


CRITERIA = (
    CriterionResult(
        name="latency",
        title="Average event latency",
        state="pass",
        measured="18 ms",
        limit="≤ 100 ms",
        samples=3120,
    ),
    CriterionResult(
        name="isolation",
        title="Users are isolated from each other",
        state="fail",
        measured="1 violation",
        limit="0 violations",
        samples=412,
        reason="Bob received 2 events that belong to Alice.",
    ),
    CriterionResult(
        name="p99",
        title="99 of 100 events arrive within",
        state="no_evidence",
        measured="—",
        limit="≤ 1,000 ms",
        samples=640,
        reason="640 samples are too few; 1,000 are needed.",
    ),
)


def verdict(decision: Decision = "REJECTED", **given: Any) -> Verdict:
    """A verdict as an approver could meet it."""
    good = decision == "APPROVED"
    usual: dict[str, Any] = {
        "decision": decision,
        "reasons": () if good else ("Bob received 2 events that belong to Alice.",),
        "criteria": CRITERIA[:1] if good else CRITERIA,
        "not_assessed": (NotAssessed(what="Reconnect storms.", why="The deployment cannot."),),
        "next_step": "Deploy it." if good else "Do not deploy. Fix the isolation of users.",
        "environment": "staging",
        "target": "https://chat.staging.example",
        "build": "2025.11.3",
        "started": 1_763_690_400.0,
        "finished": 1_763_690_494.0,
        "scenarios_passed": 1,
        "scenarios_selected": 2,
        "scenarios_assessed": 2,
        "bundle_digest": "9f2c1e44d0a7b3c5",
        "run_by": "octocat (GitHub Actions)",
    }
    return Verdict(**{**usual, **given})


#: Approvals that approve less than a build for its users, and their headings.
LIMITED = (
    (verdict("APPROVED", load_alone=True), "LOAD HELD"),
    (
        verdict(
            "APPROVED",
            criteria=(
                CriterionResult(
                    name="user_isolation",
                    title="Users are isolated from each other",
                    state="waived",
                    measured="—",
                    limit="0 violations",
                    required=False,
                ),
            ),
        ),
        "APPROVED for a single user",
    ),
)


def write_result(folder: Path, name: str, identity: str = "a1", status: str = "passed") -> None:
    """One result file, as the formatter would write it."""
    folder.mkdir(parents=True, exist_ok=True)
    number = len(list(folder.glob("*-result.json")))
    result = {
        "uuid": f"u{number}",
        "name": name,
        "fullName": name,
        "status": status,
        "historyId": identity,
        "testCaseId": identity,
        "start": 1_763_690_400_000 + number,
        "stop": 1_763_690_400_500 + number,
        "labels": [
            {"name": "greenlight_id", "value": identity},
            {"name": "epic", "value": "Conversations"},
            {"name": "feature", "value": "Talking"},
        ],
    }
    (folder / f"u{number}-result.json").write_text(json.dumps(result), encoding="utf-8")
