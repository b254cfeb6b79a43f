"""The files a run leaves behind beside its evidence and its decision, whatever its end.

None of them decides anything: one that cannot be written is reported, and the verdict stands.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from support.report.alerts import alerts_log
from support.report.badge import badge
from support.report.execution_log import execution_log
from support.report.files import write_whole
from support.report.finished_run import FinishedRun
from support.report.formatting import mask
from support.report.junit import junit
from support.report.monitoring import failure_patterns_json, monitoring_summary
from support.report.render import pull_request_comment
from support.report.trend import add_run
from support.report.validation_report import schema, validation_report

#: Path in the run's folder → what is written there, after the pictures, which the report lists.
FILES: dict[str, Callable[[FinishedRun], bytes | str]] = {
    "junit.xml": lambda run: junit(run.verdict, run.evidence.outcomes),
    "badge.svg": lambda run: badge(run.verdict, run.health),
    "pull_request.md": lambda run: pull_request_comment(run.view),
    "execution.log": execution_log,
    "alerts.log": alerts_log,
    "metrics.json": lambda run: run.counters.as_json(),
    "metrics.prom": lambda run: run.counters.as_prometheus(),
    "monitoring/summary.json": monitoring_summary,
    "monitoring/failure_patterns.json": failure_patterns_json,
    "validation_report.json": validation_report,
    "validation_report.schema.json": lambda _: schema(),
}


def write_artifacts(run: FinishedRun) -> list[str]:
    """Write every picture and file, and a gate run into the history; a sentence for what failed."""
    failed: dict[str, list[str]] = {}
    pictures = {f"monitoring/{picture.name}.svg": _always(picture.svg) for picture in run.drawn}
    for name, content in {**pictures, **FILES}.items():
        if why := _written(run.folder.path / name, content, run):
            failed.setdefault(why, []).append(name)
    if run.evidence.outcomes.gate and (why := _remembered(run)):
        failed.setdefault(why, []).append("the history of runs")
    return [f"{', '.join(names)} could not be written: {why}." for why, names in failed.items()]


def _always(text: str) -> Callable[[FinishedRun], str]:
    return lambda _: text


def _written(path: Path, content: Callable[[FinishedRun], bytes | str], run: FinishedRun) -> str:
    """Why the file could not be written; empty: it was."""
    try:
        made = content(run)
        write_whole(path, made if isinstance(made, bytes) else made.encode("utf-8", "replace"))
    except OSError as error:
        return error.strerror or type(error).__name__
    except Exception as error:  # a fault in one file must cost neither the others nor the verdict
        return mask(f"{type(error).__name__}: {error}").rstrip(".")
    return ""


def _remembered(run: FinishedRun) -> str:
    this = run.trend.this
    try:
        if this is not None:
            add_run(run.folder.path.parent, this)
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""
