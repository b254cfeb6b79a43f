"""The decision page as Markdown: for pull requests, step summaries and plain files."""

from __future__ import annotations

import re
from collections.abc import Sequence

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
from support.report.words import address, mask

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~!@])")


def decision_markdown(verdict: Verdict, outcomes: Sequence[Outcome]) -> str:
    """The decision page as GitHub Markdown; foreign text can not become markup or a mention."""
    lines = [
        f"# {SHAPE[verdict.decision]} {verdict.decision}",
        "",
        f"{MEANING[verdict.decision]} **{_m(address(verdict.target))}**, "
        f"build **{_m(verdict.build or 'unknown')}**, in {_m(verdict.environment)}",
        "",
    ]
    if verdict.reasons:
        lines += ["## Why", "", *(f"1. {_m(reason)}" for reason in verdict.reasons[:3]), ""]
    lines += ["## What to do now", "", _m(verdict.next_step), ""]
    lines += ["## What was demanded, and what was measured", "", *_criteria(verdict), ""]
    lines += ["## What was not assessed, and why", ""]
    lines += [f"- **{_m(item.what)}** {_m(item.why)}" for item in gaps(verdict)] or [
        "Everything demanded was assessed."
    ]
    lines += ["", "## What was tried", "", *_scenarios(outcomes)]
    lines += ["## For the record", "", "| | |", "|---|---|"]
    lines += [f"| {_m(name)} | {_m(value)} |" for name, value in facts(verdict)]
    return "\n".join(lines) + "\n"


def _criteria(verdict: Verdict) -> list[str]:
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


def _m(text: str) -> str:
    one_line = " ".join(mask(text).split())
    escaped = _SPECIAL.sub(r"\\\1", one_line)
    # GitHub turns a bare address into a link, and that of a target should not be one.
    return escaped.replace("://", ":\N{ZERO WIDTH SPACE}//")
