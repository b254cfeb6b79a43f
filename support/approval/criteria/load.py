"""Many users at once are served as few are: nothing lost, nothing leaked, as much as was asked."""

from __future__ import annotations

from support.approval.criterion import Ruling, criterion, lacking, met, missed
from support.approval.evidence import Evidence
from support.approval.model import Problem
from support.approval.problems import PATTERN_SEVERITY
from support.approval.words import percent
from support.checks.load import load_held
from support.measures.load import LoadFigures, loads


@criterion(
    "load",
    "The load is held",
    rank=55,
    limit=lambda policy: "0 violations, by the limits of each load",
    definition="Every simulated user is judged while many are connected: nothing lost, nothing"
    " leaked, and as many answers as were asked for.",
    concerns=lambda evidence: bool(loads(evidence.history)),
)
def load(evidence: Evidence) -> Ruling:
    """Over every load run, however many users; of the ones that the functional client carries,
    the other criteria know more."""
    found = loads(evidence.history)
    finding = load_held()(evidence.history)
    measured = "; ".join(_measured(one) for one in found) or "no load"
    samples = sum(one.total.answered for one in found)
    if finding.ok:
        return met(measured, samples)
    reason = f"{finding.summary}."
    if finding.state == "unknown":
        return lacking(measured, f"Load: {reason}", samples, finding.cause)
    patterns = dict.fromkeys(v.pattern for one in found for v in one.violations)
    first = {v.pattern: v.text for one in reversed(found) for v in reversed(one.violations)}
    problems = [
        Problem(
            key=pattern,
            severity=PATTERN_SEVERITY.get(pattern, "order"),
            text=f"Under load, {pattern}: {first[pattern]}.",
        )
        for pattern in patterns
    ]
    whole = Problem(key="load", severity="loss", text=f"Under load: {reason}")
    return missed(measured, problems or [whole], samples)


def _measured(one: LoadFigures) -> str:
    total, success = one.total, one.success
    right = percent(success, 2) if success is not None else "none"
    before = (
        f", of which {one.began.plan.done_s:,.0f} s in {one.earlier[-1].run}" if one.earlier else ""
    )
    return f"{total.users:,} users, {total.answered:,} answers, {right} right{before}"
