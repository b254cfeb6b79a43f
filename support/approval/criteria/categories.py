"""Every category of scenarios has passed."""

from __future__ import annotations

from collections.abc import Sequence

from support.approval.criterion import Ruling, criterion, lacking, met, missed
from support.approval.evidence import Evidence
from support.approval.model import Outcome, Problem
from support.approval.problems import problems_of
from support.approval.words import first_line, several
from support.checks.finding import Cause
from support.config import Policy
from support.config.requirements import TITLES

ISOLATION_ROW = "E1"  # not where the environment says that there is a single user
RESUME_ROW = "H1"  # asked for only where the deployment can resume


@criterion(
    "categories",
    "Every category of scenarios passed",
    rank=20,
    limit=lambda policy: f"every category; {several(len(policy.must), 'requirement')} assessed",
    definition="No selected scenario fails, each category has its least number of scenarios, and"
    " the requirements without which nothing is approved (policy.must) were assessed.",
)
def categories(evidence: Evidence) -> Ruling:
    """Those that the policy asks for, and those that were selected; the least must be assessed."""
    selected = [o for o in evidence.outcomes.scenarios if o.selected]
    wanted = dict.fromkeys((*evidence.policy.required_categories, *(o.category for o in selected)))
    problems: list[Problem] = []
    gaps: list[tuple[str, Cause]] = []
    passing = 0
    for category in wanted:
        scenarios = evidence.selected(category)
        failing = [o for o in scenarios if o.failing and o.id not in evidence.accepted]
        least = _least(evidence.policy, category)
        gap = _gap(scenarios, category.capitalize(), least)
        problems += problems_of(failing, category.capitalize())
        gaps += [gap] if gap else []
        passing += not failing and gap is None
    gaps += _rows_missing(evidence, selected)
    assessed = sum(o.status in ("passed", "failed") for o in selected)
    measured = (
        f"{passing} of {len(wanted)} categories, {assessed} of {len(selected)} scenarios assessed"
    )
    if problems:
        ruling = missed(measured, problems, len(selected))
        return ruling.counted(passing, len(wanted), "categories")
    if gaps:
        reason, cause = gaps[0]
        return lacking(measured, reason, len(selected), cause, tuple(why for why, _ in gaps))
    return met(measured, len(selected)).counted(passing, len(wanted), "categories")


def _least(policy: Policy, category: str) -> int:
    """How many must have passed; one, of a category that is not asked for and was selected."""
    if category not in policy.required_categories:
        return 1
    return int(getattr(policy.least_assessed, category, 1))


def _rows_missing(evidence: Evidence, selected: Sequence[Outcome]) -> list[tuple[str, Cause]]:
    """The rows that must be assessed and were not: passed at least once, and never left out by
    our own settings, such as sizes that are too small to show it."""
    outcomes = evidence.outcomes
    found: list[tuple[str, Cause]] = []
    for row in evidence.policy.must:
        if row == ISOLATION_ROW and outcomes.shared_identity and outcomes.single_user:
            continue
        if row == RESUME_ROW and outcomes.lacks("resume"):
            continue
        about = [o for o in selected if row in o.rows]
        left_out = [o for o in about if o.status == "skipped" and o.cause == "environment"]
        if left_out:
            why = first_line(left_out[0].reason)
            text = f"{_titled(row)} was not assessed: “{left_out[0].name}”: {why}"
            found.append((text, "not_offered"))
        elif not any(o.status == "passed" for o in about):
            found.append((f"{_titled(row)} was not assessed, and must be.", "not_offered"))
    return found


def _titled(row: str) -> str:
    """A row with what it asks, for readers who do not know its code."""
    return f"{row} (“{TITLES[row]}”)" if row in TITLES else row


def _gap(outcomes: Sequence[Outcome], category: str, least: int) -> tuple[str, Cause] | None:
    """Why it cannot be said that the category passes, though nothing failed."""
    if spoilt := [o for o in outcomes if o.spoilt]:
        why = first_line(spoilt[0].reason)
        return f"{category}: “{spoilt[0].name}” could not be judged: {why}", (
            spoilt[0].cause or "harness"
        )
    if missing := sum(o.status == "not_run" for o in outcomes):
        return f"{category}: {several(missing, 'scenario')} never ran.", "too_few_samples"
    passed = sum(o.status == "passed" and o.critical and not o.of_our_own for o in outcomes)
    if not passed:
        return f"{category}: no critical scenario passed.", "too_few_samples"
    if passed < least:
        only = several(passed, "critical scenario")
        text = f"{category}: only {only} passed, of at least {least}."
        return text, "too_few_samples"
    return None
