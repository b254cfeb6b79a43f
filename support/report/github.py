"""What a GitHub workflow receives: a summary on the job's page, and outputs for the steps after it.

GitHub names a file for each in `GITHUB_STEP_SUMMARY` and `GITHUB_OUTPUT`; without them nothing is
done. https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

from support.report.finished_run import FinishedRun
from support.report.formatting import mask
from support.report.render import step_summary

SUMMARY, OUTPUT = "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"


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
        "approved": "true" if verdict.approved else "false",
        "report": report,
        "run": run.folder.path.name,
        "health_score": "unknown" if score is None else str(score),
        "health_level": run.health.level,
        "reasons": "\n".join(verdict.reasons),
    }
    return "".join(_output(name, mask(value)) for name, value in values.items())


def _output(name: str, value: str) -> str:
    end = f"end-{secrets.token_hex(16)}"
    return f"{name}<<{end}\n{value}\n{end}\n"
