"""`validation_report.json`: everything about a run for other programs.

Its JSON Schema is generated from the structs of `validation_shapes` and lies beside it in every
run's folder. What was not measured is null and says why.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any, TypeVar, get_args

import msgspec

from support.approval import Outcome
from support.approval.model import Changes, CiJob, Status
from support.report.figures import ServicePart
from support.report.finished_run import FinishedRun
from support.report.formatting import address, mask, web_address
from support.report.health import FORMULA
from support.report.trend import PastRun
from support.report.validation_shapes import (
    VERSION,
    CausePart,
    ChangesPart,
    CiPart,
    Compliance,
    CriterionPart,
    DeploymentPart,
    Execution,
    HealthPart,
    Monitoring,
    Part,
    RegressionPart,
    RunPart,
    ScenarioPart,
    SessionPart,
    Totals,
    TrendPart,
    ValidationReport,
)
from support.report.view import meaning

P = TypeVar("P", bound=Part)


def validation_report(run: FinishedRun) -> bytes:
    """The report as JSON, without secrets."""
    return masked_json(report_of(run))


def schema() -> bytes:
    """The JSON Schema (2020-12) of the report, generated from its structs."""
    made = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Greenlight validation report",
        **msgspec.json.schema(ValidationReport),
    }
    return msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n"


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
        monitoring=Monitoring(
            total_events=sum(part.events_received for part in _services(run)),
            figures=run.figures,
            pictures=tuple(run.pictures),
        ),
        compliance=_compliance(run),
        regressions=tuple(_part(RegressionPart, r, why=r.why or None) for r in run.regressions),
        deployment=DeploymentPart(
            decision=verdict.decision,
            approved=verdict.deployable,
            load_held=verdict.load_held,
            meaning=meaning(verdict),
            reasons=verdict.reasons,
            causes=tuple(
                _part(CausePart, cause, change=cause.change or None) for cause in verdict.causes
            ),
            remarks=verdict.remarks,
            changes=_changes(verdict.changes),
            next_step=verdict.next_step,
            not_assessed=tuple(f"{n.what.rstrip('.:')}: {n.why}" for n in verdict.not_assessed),
            evidence_sha256=verdict.bundle_digest or None,
        ),
        health=HealthPart(score=run.health.score, level=run.health.level, formula=FORMULA),
        trend=_trend(run),
    )


def _changes(changes: Changes | None) -> ChangesPart | None:
    if changes is None:
        return None
    return _part(ChangesPart, changes, finished=_iso(changes.finished))


def _services(run: FinishedRun) -> tuple[ServicePart, ServicePart]:
    return run.figures.normal_service, run.figures.under_fault


def _session(run: FinishedRun) -> SessionPart:
    given = run.evidence.outcomes
    return SessionPart(
        run_id=run.folder.path.name,
        kind="load" if given.load_alone else "gate" if given.gate else "rehearsal",
        target=address(given.target),
        build=given.build,
        environment=given.environment,
        dialect=run.dialect,
        started=_iso(given.started),
        ended=_iso(given.finished),
        duration_s=round(max(given.finished - given.started, 0.0), 3),
        command=given.command,
        run_by=given.run_by or None,
        ci=_ci(given.ci),
        suite_version=given.versions.get("greenlight", "unknown"),
        versions=given.versions,
        aborted=given.aborted or None,
        harness_errors=tuple(given.harness_errors),
        disagreements=tuple(given.disagreements),
        journal_whole=given.journal_whole,
    )


def _ci(job: CiJob | None) -> CiPart | None:
    if job is None:
        return None
    return CiPart(
        service=job.service,
        url=web_address(job.url) or None,
        commit=job.commit or None,
        ref=job.ref or None,
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
            _part(ScenarioPart, o, category=o.category or "none", reason=o.reason or None)
            for o in scenarios
        ),
    )


def _totals(scenarios: list[Outcome]) -> Totals:
    ended = Counter[str](o.status for o in scenarios)
    statuses: tuple[Status, ...] = get_args(Status)
    assessed = ended["passed"] + ended["failed"] + ended["broken"]
    return Totals(
        selected=len(scenarios),
        **{status: ended[status] for status in statuses},
        success_rate_percent=round(100 * ended["passed"] / assessed, 1) if assessed else None,
    )


def _compliance(run: FinishedRun) -> Compliance:
    return Compliance(
        criteria=tuple(
            _part(CriterionPart, c, reason=c.reason or None, unit=c.unit or None)
            for c in run.verdict.criteria
        ),
        criteria_not_met=tuple(c.name for c in run.verdict.criteria if c.state == "fail"),
        patterns=run.patterns.found,
        leaked_messages=run.patterns.leaked_messages,
        leaks=run.patterns.leaks,
    )


def _trend(run: FinishedRun) -> TrendPart:
    this = run.trend.this
    return TrendPart(
        earlier=tuple(_run(past) for past in run.trend.earlier),
        this_run=_run(this) if this is not None else None,
        remark=run.trend.remark or None,
    )


def _run(past: PastRun) -> RunPart:
    return _part(RunPart, past, run_id=past.run, started=_iso(past.started))


def _part(part: type[P], source: msgspec.Struct, **changed: Any) -> P:
    """The fields of `source` that the report shows, some of them `changed`."""
    shown = {f: getattr(source, f) for f in part.__struct_fields__ if f not in changed}
    return part(**shown, **changed)


def _iso(unix_s: float) -> str:
    stamp = datetime.fromtimestamp(unix_s, UTC).isoformat(timespec="milliseconds")
    return stamp.replace("+00:00", "Z")
