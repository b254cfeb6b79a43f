"""What a GitHub workflow receives: a summary on the job's page, outputs for the steps after it,
and annotations at the scenarios that failed.

GitHub names a file for the first two in `GITHUB_STEP_SUMMARY` and `GITHUB_OUTPUT`, and reads the
last from what is printed where `GITHUB_ACTIONS` is `true`; without them nothing is done.
https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

from support.approval import Outcome
from support.report.finished_run import FinishedRun
from support.report.formatting import gist, mask
from support.report.render import step_summary

SUMMARY, OUTPUT, ACTIONS = "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_ACTIONS"
MOST_ANNOTATIONS = 10  # GitHub shows no more of a step


def report_to_github(run: FinishedRun, report: str, environ: Mapping[str, str]) -> list[str]:
    """Append summary and outputs where GitHub asks for them; a sentence for each that failed.

    `report` is the path of the page to open, as people should read it.
    """
    remarks = []
    for name, content in ((SUMMARY, step_summary(run.view)), (OUTPUT, outputs(run, report))):
        if path := environ.get(name):
            try:
                with Path(path).open("a", encoding="utf-8", errors="replace") as file:
                    file.write(content)
            except OSError as error:
                remarks.append(f"{name} could not be written: {error.strerror}.")
    return remarks


def outputs(run: FinishedRun, report: str) -> str:
    """Outputs in the form that may hold line breaks; nobody can guess where a value ends."""
    verdict, score = run.verdict, run.health.score
    values = {
        "decision": verdict.decision,
        "approved": _boolean(verdict.deployable),
        "load_held": _boolean(verdict.load_held),
        "report": report,
        "run": run.folder.path.name,
        "health_score": "unknown" if score is None else str(score),
        "health_level": run.health.level,
        "reasons": "\n".join(verdict.reasons),
    }
    return "".join(_output(name, mask(value)) for name, value in values.items())


def failure_annotations(run: FinishedRun, environ: Mapping[str, str]) -> list[str]:
    """A workflow command for each scenario that failed, the first ten; none outside of GitHub."""
    if environ.get(ACTIONS) != "true":
        return []
    failed = [o for o in run.scenarios if o.status in ("failed", "broken")]
    return [_annotation(outcome) for outcome in failed[:MOST_ANNOTATIONS]]


def _annotation(outcome: Outcome) -> str:
    place = {"file": outcome.path, "line": str(outcome.line), "title": outcome.name}
    named = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in place.items())
    return f"::error {named}::{_escaped(gist(outcome.reason) or outcome.status)}"


def _escaped(text: str, more: str = "") -> str:
    """As GitHub reads it again: nothing in it can end the line, or a property."""
    clean = "".join(c if c.isprintable() else " " for c in mask(text))
    return "".join(f"%{ord(c):02X}" if c in f"%{more}" else c for c in clean)


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _output(name: str, value: str) -> str:
    end = f"end-{secrets.token_hex(16)}"
    return f"{name}<<{end}\n{value}\n{end}\n"
