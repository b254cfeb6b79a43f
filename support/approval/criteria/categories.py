"""Every category of scenarios has passed."""

from __future__ import annotations

from collections.abc import Sequence

from support.approval.criterion import Ruling, criterion, lacking, met, missed
from support.approval.evidence import Evidence
from support.approval.model import Outcome, State
from support.approval.words import first_line


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
    bad: list[tuple[State, str]] = []
    for category in wanted:
        state, why = _category(evidence.selected(category), category)
        if state != "pass":
            bad.append((state, why))
    measured = f"{len(wanted) - len(bad)} of {len(wanted)} categories"
    if not bad:
        return met(measured, len(selected))
    details = tuple(why for _, why in bad)
    failing = [why for state, why in bad if state == "fail"]
    if failing:
        return missed(measured, failing[0], len(selected), details)
    return lacking(measured, details[0], len(selected), details)


def _category(outcomes: Sequence[Outcome], category: str) -> tuple[State, str]:
    failing = [o for o in outcomes if o.status in ("failed", "broken")]
    if failing:
        more = f" (and {len(failing) - 1} more)" if len(failing) > 1 else ""
        cause = first_line(failing[0].reason)
        return "fail", f"{category.capitalize()}: “{failing[0].name}” failed{more}: {cause}"
    if any(o.status == "not_run" for o in outcomes):
        missing = sum(o.status == "not_run" for o in outcomes)
        return "no_evidence", f"{category.capitalize()}: {missing} scenario(s) never ran"
    if not any(o.status == "passed" and o.critical for o in outcomes):
        return "no_evidence", f"{category.capitalize()}: no critical scenario passed"
    return "pass", ""
