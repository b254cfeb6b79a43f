"""The decision page as Markdown: for pull requests, step summaries and plain files."""

from __future__ import annotations

from collections.abc import Sequence

from support.approval import regressions
from support.approval.model import Outcome, Verdict
from support.report.decision_page import (
    MEANING,
    SHAPE,
    STATE_SHAPE,
    STATE_WORD,
    STATUS_WORD,
    by_capability,
    facts,
    gaps,
    in_order,
    shortened,
    tally,
)
from support.report.formatting import address
from support.report.markdown import escaped as _m
from support.report.sections import accepted_lines, regression_lines, trend_lines
from support.report.trend import Trend


def decision_markdown(
    verdict: Verdict, outcomes: Sequence[Outcome], trend: Trend | None = None
) -> str:
    """The decision page as GitHub Markdown; foreign text cannot become markup or a mention."""
    lines = [
        f"# {SHAPE[verdict.decision]} {verdict.decision}",
        "",
        f"{MEANING[verdict.decision]} **{_m(address(verdict.target))}**, "
        f"build **{_m(verdict.build or 'unknown')}**, in {_m(verdict.environment)}",
        "",
    ]
    lines += accepted_lines(verdict)
    if verdict.reasons:
        lines += ["## Why", "", *(f"1. {_m(reason)}" for reason in verdict.reasons[:3]), ""]
    lines += ["## What to do now", "", _m(verdict.next_step), ""]
    lines += ["## What was demanded, and what was measured", "", *criteria_lines(verdict), ""]
    lines += ["## What was not assessed, and why", ""]
    lines += [f"- **{_m(item.what)}** {_m(item.why)}" for item in gaps(verdict)] or [
        "Everything demanded was assessed."
    ]
    lines += ["", *regression_lines(regressions(verdict, outcomes))]
    lines += ["## What was tried", "", *_scenarios(outcomes)]
    lines += trend_lines(trend, verdict) if trend is not None else []
    lines += ["## For the record", "", "| | |", "|---|---|"]
    lines += [f"| {_m(name)} | {_m(value)} |" for name, value in facts(verdict)]
    return "\n".join(lines) + "\n"


def criteria_lines(verdict: Verdict) -> list[str]:
    """The criteria as a Markdown table, worst first."""
    if not verdict.criteria:
        return ["Nothing was judged."]
    rows = ["| Answer | Criterion | Measured | Limit | Samples |", "|---|---|---|---|---:|"]
    for result in in_order(verdict.criteria):
        answer = f"{STATE_SHAPE[result.state]} {STATE_WORD[result.state]}"
        title = _m(result.title) + (f": {_m(result.reason)}" if result.reason else "")
        samples = "" if result.samples is None else f"{result.samples:,}"
        rows.append(
            f"| {answer} | {title} | {_m(result.measured)} | {_m(result.limit)} | {samples} |"
        )
    return rows


def _scenarios(outcomes: Sequence[Outcome]) -> list[str]:
    lines = []
    for name, group in by_capability(outcomes):
        lines += [f"### {_m(name)}: {tally(group)}", ""]
        for outcome in group:
            critical = " (critical)" if outcome.critical else ""
            reason = f": {_m(shortened(outcome.reason))}" if outcome.reason else ""
            status = STATUS_WORD[outcome.status]
            lines.append(f"- {status}: {_m(outcome.name)}{critical}{reason}")
        lines.append("")
    return lines or ["No scenario was selected: nothing was tried.", ""]
