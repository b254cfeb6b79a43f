"""The verdict: a pure function of evidence and policy. Same bundle, same policy, same verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from support.approval.accepted import accepted_results, ends
from support.approval.causes import explained, root_causes
from support.approval.changes import changes_of, with_change
from support.approval.criteria import CRITERIA, judge_criteria
from support.approval.evidence import Evidence
from support.approval.model import (
    BEFORE_ITS_TURN,
    CriterionResult,
    Decision,
    NotAssessed,
    Outcome,
    Outcomes,
    RootCause,
    Verdict,
)
from support.approval.words import several
from support.config import Policy
from support.config.environment import REFERENCE_NAME
from support.journal import History, records

MOST_REASONS = 3
HOUR_S = 3600.0

_NEXT_STEP: dict[Decision, str] = {
    "APPROVED": "Deploy. The evidence is kept beside this report.",
    "REJECTED": "Do not deploy. Fix the first problem above, then rerun the gate.",
    "INCONCLUSIVE": "Do not deploy on this run: it could not decide. Fix what is named above, "
    "then rerun the gate.",
    "NO DECISION": "This was a rehearsal: it did not cover every critical scenario, so it decides "
    "nothing. For a decision run: behave --tags=@critical",
}


_REFERENCE_APPROVED = (
    "Run the gate against your own deployment: this run tested the bundled reference service alone."
)
#: Of a load run, where it differs from that of a gate.
_NEXT_STEP_OF_LOAD: dict[Decision, str] = {
    "APPROVED": "Run the gate as well: a load run alone does not approve a build.",
    "REJECTED": "Do not deploy. Fix the first problem above, then repeat the load.",
    "INCONCLUSIVE": "This load could not decide. Fix what is named above, then repeat it.",
}
#: A remark: the decision does not depend on it, the choice of the first reason does.
_BROKEN_DETECTOR = (
    "The search for the root cause is incomplete, an error in the test suite: {}. The decision"
    " stands; the reasons given may be consequences of another problem."
)


def evidence_of(outcomes: Outcomes, history: History, policy: Policy) -> Evidence:
    """What a verdict may rest on: a journal with holes is not read at all."""
    return Evidence(outcomes, history if outcomes.journal_whole else History([]), policy)


def judge(
    outcomes: Outcomes,
    history: History,
    policy: Policy,
    demanded: Collection[str] = tuple(CRITERIA),
) -> Verdict:
    """The verdict by the criteria named in `demanded`, by default all of them.

    Never raises for what evidence may hold: what is missing is INCONCLUSIVE.
    """
    return verdict_on(evidence_of(outcomes, history, policy), demanded)


def verdict_on(given: Evidence, demanded: Collection[str] = tuple(CRITERIA)) -> Verdict:
    """As `judge`, of evidence that the caller goes on using: its figures are kept."""
    outcomes, policy, evidence = given.outcomes, given.policy, given.assessed
    asked = {name for name in demanded if name not in CRITERIA or CRITERIA[name].concerns(evidence)}
    criteria = tuple(c for c in judge_criteria(evidence) if c.name in asked)
    changes = changes_of(outcomes)
    causes, remarks = _causes(evidence, criteria)
    decision, reasons = _decide(evidence, criteria, [cause.text for cause in causes])
    accepted = accepted_results(outcomes, policy)
    selected = [o for o in outcomes.scenarios if o.selected]
    return Verdict(
        decision=decision,
        reasons=tuple(reasons[:MOST_REASONS]),
        criteria=criteria,
        not_assessed=_not_assessed(evidence, criteria),
        next_step=_next_step(decision, outcomes),
        environment=outcomes.environment,
        target=outcomes.target,
        build=outcomes.build,
        started=outcomes.started,
        finished=outcomes.finished,
        scenarios_passed=sum(o.status == "passed" for o in selected),
        scenarios_selected=len(selected),
        scenarios_assessed=sum(o.status in ("passed", "failed") for o in selected),
        figures=evidence.key_figures,
        machine=outcomes.machine,
        run_budget_s=max(
            (r.run_budget_s for r in evidence.history.of(records.Opened)), default=0.0
        ),
        valid_until=min(
            [
                outcomes.finished + policy.approval_hours * HOUR_S,
                *(ends(known.expires) for known in accepted if known.state == "accepted"),
            ]
        ),
        accepted=accepted,
        left_behind=_left_behind(given.history),
        run_by=outcomes.run_by,
        ci=outcomes.ci,
        causes=tuple(with_change(cause, changes) for cause in causes),
        remarks=remarks,
        changes=changes,
        load_alone=outcomes.load_alone,
    )


def _next_step(decision: Decision, outcomes: Outcomes) -> str:
    """What to do now."""
    if outcomes.load_alone:
        return _NEXT_STEP_OF_LOAD.get(decision, _NEXT_STEP[decision])
    if decision == "APPROVED" and outcomes.target == REFERENCE_NAME:
        return _REFERENCE_APPROVED
    return _NEXT_STEP[decision]


def _left_behind(history: History) -> str:
    """How many clean-up requests failed, and why: what they should have removed is still there."""
    failed = history.of(records.PreludeCall, lambda call: call.when == "after" and not call.ok)
    reasons = Counter(call.detail for call in failed)
    told = ", ".join(f"{count} × {reason}" for reason, count in reasons.most_common(3))
    return f"{several(len(failed), 'clean-up request')} failed ({told})" if failed else ""


def _decide(
    evidence: Evidence, criteria: tuple[CriterionResult, ...], causes: list[str]
) -> tuple[Decision, list[str]]:
    outcomes = evidence.outcomes
    harness = list(outcomes.harness_errors)
    harness += [r.what for r in evidence.history.of(records.HarnessError)]
    harness += [f"The records do not agree: {d}" for d in outcomes.disagreements]
    failing = [c for c in criteria if c.state == "fail"]
    lacking = [c for c in criteria if c.state in ("no_evidence", "invalid")]
    aborted = [outcomes.aborted] if outcomes.aborted else []
    curtailed = [outcomes.curtailed] if outcomes.curtailed else []
    reasons = aborted + harness + curtailed
    if not outcomes.gate:
        return "NO DECISION", _unique(causes + reasons)
    if failing:
        return "REJECTED", _unique(aborted + causes + harness)
    if reasons or lacking:
        if aborted:  # what was never reached lacks samples: a consequence, and no reason
            lacking = [c for c in lacking if c.cause != "too_few_samples"]
        return "INCONCLUSIVE", _unique(reasons + [c.reason for c in lacking])
    if not criteria or not any(o.selected and o.status == "passed" for o in outcomes.scenarios):
        return "INCONCLUSIVE", ["Nothing was judged."]
    selected = [o for o in outcomes.scenarios if o.selected]
    passed, met = (
        sum(o.status == "passed" for o in selected),
        sum(c.state == "pass" for c in criteria),
    )
    if passed == len(selected):
        all_of_them = f"All {passed} selected scenarios" if passed > 1 else "The selected scenario"
        return "APPROVED", [f"{all_of_them} and {met} criteria passed."]
    known, assessed = (
        len(evidence.accepted),
        sum(o.status in ("passed", "failed") for o in selected),
    )
    text = f"{assessed} of {len(selected)} scenarios assessed"
    text += f", {known} failed as known, which was accepted" if known else ", and all passed"
    return "APPROVED", [f"{text}; {met} criteria passed."]


def _not_assessed(
    evidence: Evidence, criteria: tuple[CriterionResult, ...]
) -> tuple[NotAssessed, ...]:
    selected = [o for o in evidence.outcomes.scenarios if o.selected]
    ended_early = evidence.outcomes.curtailed
    found = [
        NotAssessed(what=o.name, why=_own_reason(o) or ended_early or o.reason or "it never ran")
        for o in selected
        if o.status == "not_run"
    ]
    found += [
        NotAssessed(what=o.name, why=o.reason or "left out")
        for o in selected
        if o.status == "skipped"
    ]
    found += _claims_not_assessed(evidence)
    found += [NotAssessed(what=c.title, why=c.reason) for c in criteria if c.state == "waived"]
    left_out = {record.what: record.why for record in evidence.history.of(records.LeftOut)}
    found += [NotAssessed(what=f"Safe mode, {what}", why=why) for what, why in left_out.items()]
    return tuple(found)


def _claims_not_assessed(evidence: Evidence) -> list[NotAssessed]:
    """The claims that nobody can judge, of scenarios of which others were."""
    assessed = {
        o.id for o in evidence.outcomes.scenarios if o.selected and o.status in ("passed", "failed")
    }
    found = []
    for part in evidence.scenarios.values():
        for start in part.of(records.ScenarioStarted, lambda s: s.scenario_id in assessed):
            for step in part.of(records.StepEnded, lambda s: bool(s.not_assessed)):
                _, _, claim = step.text.partition(" ")
                what = f"“{claim}” in “{start.name}”"
                found.append(NotAssessed(what=what, why=step.not_assessed))
    return list(dict.fromkeys(found))


def _own_reason(outcome: Outcome) -> str:
    """Why that scenario did not run, if it is known; else empty."""
    return "" if outcome.reason == BEFORE_ITS_TURN else outcome.reason


def _unique(reasons: list[str]) -> list[str]:
    return list(dict.fromkeys(reason for reason in reasons if reason))


def _causes(
    evidence: Evidence, criteria: Sequence[CriterionResult]
) -> tuple[tuple[RootCause, ...], tuple[str, ...]]:
    """What is wrong, each cause once however many criteria it fails, the worst first; and remarks
    on how that was found."""
    failing = [c for c in criteria if c.state == "fail"]
    if not failing:
        return (), ()
    explanation = explained(evidence)
    remarks = tuple(_BROKEN_DETECTOR.format(what) for what in explanation.broken)
    return root_causes(evidence, explanation, failing), remarks
