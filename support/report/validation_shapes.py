"""The shapes of `validation_report.json`: its JSON Schema is made from them.

Times are ISO 8601 in UTC; what ends in `_s` is seconds, in `_ms` milliseconds.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from support.approval.model import Decision, Severity, State, Status
from support.approval.regressions import RegressionState
from support.report.failure_patterns import Leak, Pattern
from support.report.figures import FiguresPart

VERSION: Literal[3] = 3


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the report: every field is there, and no other."""


class CiPart(Part, frozen=True):
    """The CI job that ran the suite; null is what is not known. `commit` and `ref` (a branch or
    tag) are those of the job, not of the build under test."""

    service: str
    url: str | None
    commit: str | None
    ref: str | None


class SessionPart(Part, frozen=True):
    """What was run, when, against what. `kind`: a gate run, a rehearsal, or a `greenlight load`.

    `aborted` says why the run ended early, or is null; `run_by` who started it. `ci` is null
    outside of CI.
    """

    run_id: str
    kind: Literal["gate", "rehearsal", "load"]
    target: str
    build: str
    environment: str
    dialect: str
    started: str
    ended: str
    duration_s: float
    command: str
    run_by: str | None
    ci: CiPart | None
    suite_version: str
    versions: dict[str, str]
    aborted: str | None
    harness_errors: tuple[str, ...]
    disagreements: tuple[str, ...]
    journal_whole: bool


class Totals(Part, frozen=True):
    """How many scenarios were selected, and how they ended.

    `success_rate_percent` is of those that passed or failed; null where none did.
    """

    selected: int
    passed: int
    failed: int
    broken: int
    skipped: int
    not_run: int
    success_rate_percent: float | None


class ScenarioPart(Part, frozen=True):
    """How one scenario ended; `reason` is null for a pass."""

    id: str
    name: str
    feature: str
    path: str
    line: int
    category: str
    rows: tuple[str, ...]
    critical: bool
    status: Status
    duration_s: float
    reason: str | None


class Execution(Part, frozen=True):
    """The execution results: in all, by category, and each scenario."""

    totals: Totals
    categories: dict[str, Totals]
    scenarios: tuple[ScenarioPart, ...]


class CriterionPart(Part, frozen=True):
    """One criterion: measured against its limit. `reason` is null for a pass.

    `value` and `bound` are what was measured and its limit as numbers in `unit`; null where there
    is no such number.
    """

    name: str
    title: str
    state: State
    required: bool
    measured: str
    limit: str
    value: float | None
    bound: float | None
    unit: str | None
    samples: int | None
    reason: str | None
    details: tuple[str, ...]


class Compliance(Part, frozen=True):
    """Each criterion, and the violations: criteria not met, patterns found, leaked messages."""

    criteria: tuple[CriterionPart, ...]
    criteria_not_met: tuple[str, ...]
    patterns: tuple[Pattern, ...]
    leaked_messages: int
    leaks: tuple[Leak, ...]


class RegressionPart(Part, frozen=True):
    """A known regression: `broken` means that it is back. `why` is null for `held`."""

    name: str
    title: str
    state: RegressionState
    guards: tuple[str, ...]
    why: str | None


class CausePart(Part, frozen=True):
    """A root cause: `code` and `subject` are values, `scenarios` the ids of those it explains.

    `scenario` and `records` lead to an example: an id, and numbers of records in the journal.
    `change` is null where there is no run before to compare with.
    """

    code: str
    subject: str
    severity: Severity
    text: str
    scenarios: tuple[str, ...]
    scenario: str
    records: tuple[int, ...]
    change: Literal["known", "newly failing"] | None


class ChangesPart(Part, frozen=True):
    """This run against the one before: ids of scenarios. It decides nothing."""

    build: str
    finished: str
    newly_failing: tuple[str, ...]
    known: tuple[str, ...]
    fixed: tuple[str, ...]


class DeploymentPart(Part, frozen=True):
    """The decision, why, and what to do now. `remarks` are about how the causes were found.

    `approved`: a gate run has approved the build. `load_held`: a load run is APPROVED, which
    approves no build. `changes` is null where there is no run before.
    """

    decision: Decision
    approved: bool
    load_held: bool
    meaning: str
    reasons: tuple[str, ...]
    causes: tuple[CausePart, ...]
    remarks: tuple[str, ...]
    changes: ChangesPart | None
    next_step: str
    not_assessed: tuple[str, ...]
    evidence_sha256: str | None


class HealthPart(Part, frozen=True):
    """For the badge alone. `score` is null where nothing is known; `formula` is all of it."""

    score: int | None
    level: str
    formula: str


class RunPart(Part, frozen=True):
    """A gate run of the same deployment in the same environment; null is what it did not
    measure."""

    run_id: str
    started: str
    decision: str
    build: str
    scenarios_passed: int
    scenarios_selected: int
    average_latency_ms: float | None
    p95_latency_ms: float | None
    duration_s: float
    health_score: int | None


class TrendPart(Part, frozen=True):
    """Earlier gate runs, oldest first, then this one. `remark` says what could not be read."""

    earlier: tuple[RunPart, ...]
    this_run: RunPart | None
    remark: str | None


class Monitoring(Part, frozen=True):
    """The figures, and the pictures that lie in `monitoring/`; `total_events` are all received."""

    total_events: int
    figures: FiguresPart
    pictures: tuple[str, ...]


class ValidationReport(Part, frozen=True):
    """Everything about one run. `version` changes when a field goes or means something else."""

    version: Literal[3]
    session: SessionPart
    execution: Execution
    monitoring: Monitoring
    compliance: Compliance
    regressions: tuple[RegressionPart, ...]
    deployment: DeploymentPart
    health: HealthPart
    trend: TrendPart
