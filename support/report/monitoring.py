"""`monitoring/summary.json` and `failure_patterns.json`: parts of the report on their own."""

from __future__ import annotations

from support.approval.model import Decision
from support.report.figures import FiguresPart
from support.report.finished_run import FinishedRun
from support.report.formatting import address
from support.report.health import FORMULA
from support.report.validation_report import masked_json
from support.report.validation_shapes import HealthPart, Part


class Summary(Part, frozen=True):
    """What was measured in one run.

    `load_held`: a load run is APPROVED, which approves no build.
    """

    run_id: str
    target: str
    build: str
    environment: str
    decision: Decision
    load_held: bool
    health: HealthPart
    figures: FiguresPart
    pictures: tuple[str, ...]


def monitoring_summary(run: FinishedRun) -> bytes:
    """The summary as JSON, without secrets."""
    return masked_json(
        Summary(
            run_id=run.folder.path.name,
            target=address(run.verdict.target),
            build=run.verdict.build,
            environment=run.verdict.environment,
            decision=run.verdict.decision,
            load_held=run.verdict.load_held,
            health=HealthPart(score=run.health.score, level=run.health.level, formula=FORMULA),
            figures=run.figures,
            pictures=tuple(run.pictures),
        )
    )


def failure_patterns_json(run: FinishedRun) -> bytes:
    """What was looked for and found, as JSON, without secrets."""
    return masked_json(run.patterns)
