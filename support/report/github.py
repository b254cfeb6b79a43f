"""What a GitHub workflow is told: a summary on the job's page, and outputs for the steps after it.

GitHub names a file for each in `GITHUB_STEP_SUMMARY` and `GITHUB_OUTPUT`; without them nothing is
done. https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

from support.report.badge import LABEL
from support.report.decision_page import MEANING, SHAPE, STATUS_WORD, shortened
from support.report.decision_text import criteria_lines
from support.report.finished_run import FinishedRun
from support.report.formatting import address, mask
from support.report.markdown import escaped
from support.report.sections import regression_lines, trend_lines

SUMMARY, OUTPUT = "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"
MOST_SCENARIOS = 20


def tell_github(run: FinishedRun, report: str, environ: Mapping[str, str]) -> list[str]:
    """Append summary and outputs where GitHub asks for them; a sentence for each that failed.

    `report` is the path of the page to open, as people should read it.
    """
    remarks = []
    for name, content in ((SUMMARY, summary(run)), (OUTPUT, outputs(run, report))):
        if path := environ.get(name):
            try:
                with Path(path).open("a", encoding="utf-8", errors="replace") as file:
                    file.write(content)
            except OSError as error:
                remarks.append(f"{name} could not be written: {error.strerror}.")
    return remarks


def summary(run: FinishedRun) -> str:
    """The decision in short Markdown: why, criteria, known regressions, what did not pass."""
    verdict = run.verdict
    score = "no score" if run.health.score is None else f"{run.health.score} {run.health.level}"
    lines = [
        f"# {SHAPE[verdict.decision]} {verdict.decision} ({LABEL})",
        "",
        f"{MEANING[verdict.decision]} **{escaped(address(verdict.target))}**, build "
        f"**{escaped(verdict.build or 'unknown')}**, in {escaped(verdict.environment)}. "
        f"{verdict.scenarios_passed} of {verdict.scenarios_selected} scenarios passed; "
        f"health: {score}.",
        "",
        *(f"1. {escaped(shortened(reason))}" for reason in verdict.reasons),
        "",
        f"**What to do now:** {escaped(verdict.next_step)}",
        "",
        *criteria_lines(verdict),
        "",
        *regression_lines(run.regressions),
        *trend_lines(run.trend, run.verdict),
    ]
    left = [o for o in run.scenarios if o.status not in ("passed", "skipped")]
    if left:
        lines += ["## Scenarios that did not pass", ""]
        lines += [
            f"- {STATUS_WORD[o.status]}: {escaped(o.name)}: {escaped(shortened(o.reason))}"
            for o in left[:MOST_SCENARIOS]
        ]
        if len(left) > MOST_SCENARIOS:
            lines.append(f"- … and {len(left) - MOST_SCENARIOS} more")
    return "\n".join(lines).rstrip() + "\n\n"


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
