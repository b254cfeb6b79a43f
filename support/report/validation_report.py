"""`validation_report.json`: everything about a run for other programs, by a schema of its own.

The schema that ships beside this file is made from `validation_shapes` (`schema()`); a test holds
the two together. What was not measured is null and says why.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from support.approval import CriterionResult, Outcome, Regression
from support.approval.model import Status
from support.report.finished_run import FinishedRun
from support.report.formatting import address, mask
from support.report.health import FORMULA
from support.report.trend import PastRun
from support.report.validation_shapes import (
    VERSION,
    Compliance,
    CriterionPart,
    Deployment,
    Execution,
    HealthPart,
    Monitoring,
    RegressionPart,
    RunPart,
    ScenarioPart,
    SessionPart,
    Totals,
    TrendPart,
    ValidationReport,
)
from support.report.view import MEANING

SCHEMA = "validation_report.schema.json"


def validation_report(run: FinishedRun) -> bytes:
    """The report as JSON, without secrets."""
    return masked_json(report_of(run))


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the report."""
    made = msgspec.json.schema(ValidationReport)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Greenlight validation report",
        **made,
    }


def masked_json(struct: msgspec.Struct) -> bytes:
    """A struct as indented JSON in which every text has gone through `mask`."""
    content = msgspec.json.encode(_masked(msgspec.to_builtins(struct)))
    return msgspec.json.format(content, indent=1) + b"\n"


def _masked(value: Any) -> Any:
    """Text by text: masking finished JSON could take half an escape away with a secret."""
    if isinstance(value, str):
        return mask(value).encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(item) for item in value]
    return value


def report_of(run: FinishedRun) -> ValidationReport:
    """The report, unmasked."""
    verdict = run.verdict
    return ValidationReport(
        version=VERSION,
        session=_session(run),
        execution=_execution(run.scenarios),
        monitoring=Monitoring(figures=run.figures, pictures=tuple(run.pictures)),
        compliance=_compliance(run),
        regressions=tuple(_regression(r) for r in run.regressions),
        deployment=Deployment(
            decision=verdict.decision,
            approved=verdict.approved,
            meaning=MEANING[verdict.decision],
            reasons=verdict.reasons,
            next_step=verdict.next_step,
            not_assessed=tuple(f"{n.what.rstrip('.:')}: {n.why}" for n in verdict.not_assessed),
            evidence_sha256=verdict.bundle_digest or None,
        ),
        health=HealthPart(score=run.health.score, level=run.health.level, formula=FORMULA),
        trend=_trend(run),
    )


def _session(run: FinishedRun) -> SessionPart:
    given = run.evidence.outcomes
    return SessionPart(
        run_id=run.folder.path.name,
        kind="gate" if given.gate else "rehearsal",
        target=address(given.target),
        build=given.build,
        environment=given.environment,
        dialect=run.dialect,
        started=_iso(given.started),
        ended=_iso(given.finished),
        duration_s=round(max(given.finished - given.started, 0.0), 3),
        command=given.command,
        suite_version=given.versions.get("greenlight", "unknown"),
        versions=given.versions,
        aborted=given.aborted or None,
        harness_errors=tuple(given.harness_errors),
        disagreements=tuple(given.disagreements),
        journal_whole=given.journal_whole,
    )


def _execution(scenarios: list[Outcome]) -> Execution:
    categories = dict.fromkeys(o.category or "none" for o in scenarios)
    return Execution(
        totals=_totals(scenarios),
        categories={
            name: _totals([o for o in scenarios if (o.category or "none") == name])
            for name in categories
        },
        scenarios=tuple(
            ScenarioPart(
                id=o.id,
                name=o.name,
                feature=o.feature,
                path=o.path,
                line=o.line,
                category=o.category or "none",
                rows=o.rows,
                critical=o.critical,
                status=o.status,
                duration_s=o.duration_s,
                reason=o.reason or None,
            )
            for o in scenarios
        ),
    )


def _totals(scenarios: list[Outcome]) -> Totals:
    def ended(status: Status) -> int:
        return sum(o.status == status for o in scenarios)

    return Totals(
        selected=len(scenarios),
        passed=ended("passed"),
        failed=ended("failed"),
        broken=ended("broken"),
        skipped=ended("skipped"),
        not_run=ended("not_run"),
    )


def _compliance(run: FinishedRun) -> Compliance:
    return Compliance(
        criteria=tuple(_criterion(c) for c in run.verdict.criteria),
        criteria_not_met=tuple(c.name for c in run.verdict.criteria if c.state == "fail"),
        patterns=run.patterns.found,
        leaks_in_all=run.patterns.leaks_in_all,
        leaks=run.patterns.leaks,
    )


def _criterion(result: CriterionResult) -> CriterionPart:
    return CriterionPart(
        name=result.name,
        title=result.title,
        state=result.state,
        required=result.required,
        measured=result.measured,
        limit=result.limit,
        samples=result.samples,
        reason=result.reason or None,
        details=result.details,
    )


def _regression(found: Regression) -> RegressionPart:
    return RegressionPart(
        name=found.name,
        title=found.title,
        state=found.state,
        guards=found.guards,
        why=found.why or None,
    )


def _trend(run: FinishedRun) -> TrendPart:
    this = run.trend.this
    return TrendPart(
        earlier=tuple(_run(past) for past in run.trend.earlier),
        this_run=_run(this) if this is not None else None,
        remark=run.trend.remark or None,
    )


def _run(past: PastRun) -> RunPart:
    return RunPart(
        run_id=past.run,
        started=_iso(past.started),
        decision=past.decision,
        build=past.build,
        scenarios_passed=past.scenarios_passed,
        scenarios_selected=past.scenarios_selected,
        average_latency_ms=past.average_latency_ms,
        p95_latency_ms=past.p95_latency_ms,
        duration_s=past.duration_s,
        health_score=past.health_score,
    )


def _iso(unix_s: float) -> str:
    stamp = datetime.fromtimestamp(unix_s, UTC).isoformat(timespec="milliseconds")
    return stamp.replace("+00:00", "Z")
