"""No user ever received another user's data, and the run looked for it."""

from __future__ import annotations

import msgspec

from support.approval.causes import explained
from support.approval.causes.leaks import extent
from support.approval.criterion import MOST_DETAILS, Ruling, criterion, lacking, met, missed
from support.approval.evidence import Evidence
from support.approval.model import Outcome, Problem
from support.approval.words import first_line, several
from support.checks.invariants import LEAK
from support.checks.isolation import Violation, by_message, violations
from support.journal import records
from support.measures.load import loads


@criterion(
    "user_isolation",
    "Users never see each other's events",
    rank=10,
    limit=lambda policy: "0 leaks, proven",
    definition="No user receives a message, an id or a secret of another user, in any scenario."
    " Every stream is read to its end before it is judged.",
)
def user_isolation(evidence: Evidence) -> Ruling:
    """A leak in any scenario fails it; without a proof and a held fence nothing is shown.

    Where all users share one identity nothing can be shown: that approves for a single user alone,
    and only where the environment says that there is just one.
    """
    if evidence.outcomes.shared_identity:
        if evidence.outcomes.single_user:
            return Ruling(
                state="waived",
                measured="not applicable",
                reason="one identity for all, and a single user by the environment (single_user)",
                required=False,
                cause="not_offered",
            )
        return lacking(
            "not proven: one identity for all",
            "All users of this deployment share one identity, so isolation cannot be proven"
            " (single_user = true in the environment, if only one person will ever use it).",
            cause="not_offered",
        )
    parts = [*evidence.scenarios.values(), *evidence.cut_short.scenarios().values()]
    found = [v for part in parts for v in violations(part)]
    under_load = loads(evidence.history)
    if found:
        return _leaked(found)
    if leaks := [v for load in under_load for v in load.violations if v.pattern == LEAK]:
        problem = Problem(key=LEAK, severity="isolation", text=f"Data leak: {leaks[0].text}.")
        people = several(len({v.user for v in leaks}), "person", "people")
        return missed(f"leaked to {people} under load", [problem], len(leaks))
    proofs = [o for o in evidence.outcomes.scenarios if o.selected and "isolation" in o.tags]
    if unproven := _unproven(evidence, proofs):
        return unproven
    held = [f for f in evidence.history.of(records.Fence) if f.held]
    fenced = sum(load.total.fenced for load in under_load)
    if not (held or fenced) or not any(o.status == "passed" for o in proofs):
        return lacking(
            "not proven", "No scenario has proven that users cannot see each other's events."
        )
    frames = evidence.history.of(records.Frame, lambda f: f.direction == "received")
    messages = len(frames) + sum(load.total.frames for load in under_load)
    checks = len(held) + fenced
    measured = f"0 leaks in {messages:,} messages; {checks:,} end-of-stream checks passed"
    if quiet := sum(fence.quiet for fence in held):
        measured += f", {quiet:,} of them by silence alone, which is weaker"
    return met(measured, messages).counted(0, 0, "leaked messages")


def _leaked(found: list[Violation]) -> Ruling:
    """Messages that hold another user's data, counted once each."""
    found.sort(key=lambda v: v.across)  # two people of one scenario are easier to picture
    problem = Problem(key=LEAK, severity="isolation", text=f"Data leak: {found[0].text}.")
    messages = len({v.seq for v in found})
    ruling = missed(f"leaked: {extent(found)}", [problem], messages)
    details = tuple(v.text for v in by_message(found)[:MOST_DETAILS])
    ruling = msgspec.structs.replace(ruling, details=details)
    return ruling.counted(messages, 0, "leaked messages")


def _unproven(evidence: Evidence, proofs: list[Outcome]) -> Ruling | None:
    """Why a scenario that proves isolation did not; None where each passed or was not offered."""
    if failing := [o for o in proofs if o.failing]:
        cause = explained(evidence).of(failing[0])
        why = cause.text if cause else first_line(failing[0].reason)
        reason = f"“{failing[0].name}” did not pass: {why}"
        return lacking("not proven", reason, cause="product")
    if spoilt := [o for o in proofs if o.spoilt]:
        reason = f"“{spoilt[0].name}” could not be judged: {first_line(spoilt[0].reason)}"
        return lacking("not proven", reason, cause=spoilt[0].cause)
    if missing := [o for o in proofs if o.status == "not_run"]:
        return lacking("not proven", f"“{missing[0].name}” never ran.")
    return None
