"""Nobody has ever received what belongs to somebody else, and that was looked for."""

from __future__ import annotations

from support.approval.criterion import Ruling, criterion, lacking, met, missed
from support.approval.evidence import Evidence
from support.approval.words import first_line
from support.checks import violations
from support.journal import records


@criterion(
    "user_isolation",
    "Users never see each other's events",
    rank=10,
    limit=lambda policy: "0 leaks, proven",
)
def user_isolation(evidence: Evidence) -> Ruling:
    """A leak in any scenario fails it; without a proof and a held fence nothing is shown."""
    found = [v for part in evidence.scenarios.values() for v in violations(part)]
    found.sort(key=lambda v: v.across)  # two people of one scenario are easier to picture
    if found:
        return missed(
            f"{len(found):,} leaks",
            f"Users see what is not theirs: {found[0].told()}.",
            len(found),
            tuple(v.told() for v in found[:10]),
        )
    proofs = [o for o in evidence.outcomes.scenarios if o.selected and "isolation" in o.tags]
    failing = [o for o in proofs if o.status in ("failed", "broken")]
    if failing:
        reason = f"“{failing[0].name}” did not pass: {first_line(failing[0].reason)}"
        return missed("not proven", reason)
    missing = [o for o in proofs if o.status == "not_run"]
    if missing:
        return lacking("not proven", f"“{missing[0].name}” never ran.")
    held = [f for f in evidence.history.of(records.Fence) if f.held]
    if not held or not any(o.status == "passed" for o in proofs):
        return lacking(
            "not proven", "No scenario has proven that users can not see each other's events."
        )
    frames = evidence.history.of(records.Frame, lambda f: f.direction == "received")
    return met(f"0 leaks in {len(frames):,} frames, {len(held)} fences held", len(frames))
