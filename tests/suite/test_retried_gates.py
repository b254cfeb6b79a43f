"""A gate is run again only where this machine was too busy to measure, and never for a defect."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from gates import Ran

LATENCY = {"name": "p95_latency", "state": "no_evidence", "cause": "environment"}
CATEGORIES = {"name": "categories", "state": "no_evidence", "cause": "environment"}
DELIVERY = {"name": "event_delivery", "state": "no_evidence", "cause": "too_few_samples"}
LATE = {"name": "A", "status": "unknown", "cause": "environment", "reason": "late"}
BROKEN = {"name": "B", "status": "broken", "cause": "harness", "reason": "broke"}


def ran(
    folder: Path,
    criteria: list[dict[str, Any]],
    scenarios: list[dict[str, Any]],
    decision: str = "INCONCLUSIVE",
) -> Ran:
    """A run that left these records."""
    passed = {"name": "user_isolation", "state": "pass", "cause": None}
    verdict = {"decision": decision, "criteria": [passed, *criteria]}
    (folder / "verdict.json").write_text(json.dumps(verdict), "utf-8")
    (folder / "outcomes.json").write_text(json.dumps({"scenarios": scenarios}), "utf-8")
    return Ran(1, "", folder)


@pytest.mark.parametrize(
    ("criteria", "scenarios"),
    [([LATENCY], []), ([CATEGORIES], [LATE]), ([CATEGORIES, LATENCY], [LATE])],
    ids=["criterion", "scenario", "both"],
)
def test_what_a_busy_machine_could_not_measure_is_measured_again(
    criteria: list[dict[str, Any]], scenarios: list[dict[str, Any]], tmp_path: Path
) -> None:
    assert ran(tmp_path, criteria, scenarios).machine_was_late


@pytest.mark.parametrize(
    ("criteria", "scenarios", "decision"),
    [
        ([], [], "INCONCLUSIVE"),
        ([DELIVERY], [], "INCONCLUSIVE"),
        ([LATENCY, DELIVERY], [], "INCONCLUSIVE"),
        ([{**LATENCY, "cause": "harness"}], [], "INCONCLUSIVE"),
        ([CATEGORIES], [LATE, BROKEN], "INCONCLUSIVE"),
        ([LATENCY], [LATE], "REJECTED"),
        ([], [], "APPROVED"),
    ],
)
def test_nothing_else_is_run_again(
    criteria: list[dict[str, Any]],
    scenarios: list[dict[str, Any]],
    decision: str,
    tmp_path: Path,
) -> None:
    assert not ran(tmp_path, criteria, scenarios, decision).machine_was_late
