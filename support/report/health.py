"""The health score of a run, for the badge alone: nothing is ever decided by it (verdict.md).

The formula, whole: 60 points for the share of selected scenarios that passed, 40 for the share of
required criteria that are met, rounded down. A leak between users caps it at 49, any decision but
APPROVED at 69. Where nothing was shown — no scenario passed or failed, evidence with holes, a
rehearsal, a load alone — there is no score at all.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from support.approval import Outcome, Verdict

FORMULA = (
    "60 × scenarios passed / scenarios selected + 40 × criteria met / criteria required, rounded "
    "down; at most 69 unless the build may be deployed, at most 49 with a leak between users; none "
    "without evidence, for rehearsals and for loads. For the badge alone: it decides nothing."
)
LEVELS = ((95, "Excellent"), (85, "Good"), (70, "Fair"), (50, "Degraded"), (0, "Critical"))
UNKNOWN = "Unknown"
DEGRADED_AT_MOST, CRITICAL_AT_MOST = 69, 49


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """`score` is 0 to 100, or None where nothing is known; `level` its word."""

    score: int | None
    level: str


def health(verdict: Verdict, outcomes: Sequence[Outcome], *, whole: bool = True) -> Health:
    """The score by the formula above. `whole` is false when the evidence has holes."""
    selected = [o for o in outcomes if o.selected]
    shown = any(o.status in ("passed", "failed") for o in selected)
    required = [c for c in verdict.criteria if c.required and c.state != "waived"]
    of_a_part = verdict.load_alone or verdict.decision == "NO DECISION"
    if not whole or not shown or not required or of_a_part:
        return Health(score=None, level=UNKNOWN)
    passed = sum(o.status == "passed" for o in selected)
    met = sum(c.state == "pass" for c in required)
    # Whole numbers throughout: 60 × 1/3 + 40 must not depend on how a float is rounded.
    points = (60 * passed * len(required) + 40 * met * len(selected)) // (
        len(selected) * len(required)
    )
    if not verdict.approved:
        points = min(points, DEGRADED_AT_MOST)
    if any(c.name == "user_isolation" and c.state == "fail" for c in verdict.criteria):
        points = min(points, CRITICAL_AT_MOST)
    return Health(score=points, level=level(points))


def level(score: int) -> str:
    """The word for a score: Excellent from 95, Good from 85, Fair from 70, Degraded from 50."""
    return next(word for least, word in LEVELS if score >= least)
