"""Every category of scenarios has passed."""

from __future__ import annotations

from collections.abc import Sequence

from support.approval.criterion import Ruling, criterion, lacking, met, missed
from support.approval.evidence import Evidence
from support.approval.model import Outcome, Problem
from support.approval.problems import problems_of
from support.approval.words import first_line
from support.checks.finding import Cause


@criterion(
    "categories",
    "Every category of scenarios passed",
    rank=20,
    limit=lambda policy: "every category passes",
)
def categories(evidence: Evidence) -> Ruling:
    """Those that the policy asks for, and those that were selected."""
    selected = [o for o in evidence.outcomes.scenarios if o.selected]
    wanted = dict.fromkeys((*evidence.policy.required_categories, *(o.category for o in selected)))
    problems: list[Problem] = []
    gaps: list[tuple[str, Cause]] = []
    passing = 0
    for category in wanted:
        scenarios = evidence.selected(category)
        failing = [o for o in scenarios if o.failing and o.id not in evidence.accepted]
        gap = _gap(scenarios, category.capitalize())
        problems += problems_of(failing, category.capitalize())
        gaps += [gap] if gap else []
        passing += not failing and gap is None
    measured = f"{passing} of {len(wanted)} categories"
    if problems:
        return missed(measured, problems, len(selected))
    if gaps:
        reason, cause = gaps[0]
        return lacking(measured, reason, len(selected), cause, tuple(why for why, _ in gaps))
    return met(measured, len(selected))


def _gap(outcomes: Sequence[Outcome], category: str) -> tuple[str, Cause] | None:
    """Why it can not be said that the category passes, though nothing failed."""
    if spoilt := [o for o in outcomes if o.spoilt]:
        why = first_line(spoilt[0].reason)
        return f"{category}: “{spoilt[0].name}” could not be judged: {why}", (
            spoilt[0].cause or "harness"
        )
    if missing := sum(o.status == "not_run" for o in outcomes):
        return f"{category}: {missing} scenario(s) never ran", "too_few_samples"
    if not any(o.status == "passed" and o.critical for o in outcomes):
        return f"{category}: no critical scenario passed", "too_few_samples"
    return None
