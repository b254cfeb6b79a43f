"""APPROVED is earned, and by nothing else: the decision from criteria, outcomes and the journal."""

from __future__ import annotations

import dataclasses
from typing import Any

import hypothesis.strategies as st
import pytest
from evidence import CATEGORIES, SMALL, journal, outcome, outcomes, verdict
from histories import ALICE, BOB, Tape
from hypothesis import given, settings

from support.approval import CRITERIA, Outcomes, judge
from support.approval.criterion import Criterion, Ruling
from support.approval.model import BEFORE_ITS_TURN, LOAD_COMMAND
from support.config import Policy
from support.journal import History, facts, records

JOURNAL = journal().history
LEAK = "Data leak: Bob received the secret of Alice"
STATUSES = ("passed", "failed", "broken", "skipped", "not_run")


def leaking() -> Tape:
    tape = journal()
    tape.hears(BOB, facts.Ignored(), mentions=(f"canary:{ALICE}",))
    return tape


# --- the four words


def test_good_evidence_is_approved() -> None:
    found = verdict()
    assert found.decision == "APPROVED"
    assert found.approved
    assert found.reasons == ("All 5 selected scenarios and 8 criteria passed.",)
    assert (found.scenarios_passed, found.scenarios_selected) == (5, 5)


def test_a_failed_scenario_is_rejected() -> None:
    given = outcomes()
    given.scenarios[0] = outcome(name="Alice talks", status="failed", reason="Step\nbut: silence")
    found = verdict(given)
    assert found.decision == "REJECTED"
    assert found.reasons[0] == "Functional: “Alice talks” failed: silence."
    assert not found.approved


def test_a_leak_is_rejected_however_good_everything_else_is() -> None:
    found = verdict(tape=leaking())
    assert found.decision == "REJECTED"
    assert found.reasons[0].startswith("Data leak: Bob received the secret of Alice")


def test_a_missing_category_is_inconclusive() -> None:
    given = outcomes()
    del given.scenarios[3]
    found = verdict(given)
    assert found.decision == "INCONCLUSIVE"
    assert found.reasons == ("Resilience: no critical scenario passed.",)


def test_too_little_evidence_is_inconclusive() -> None:
    assert verdict(policy=Policy()).decision == "INCONCLUSIVE"


def test_an_empty_journal_is_inconclusive() -> None:
    assert verdict(tape=Tape()).decision == "INCONCLUSIVE"


def test_nothing_at_all_is_inconclusive() -> None:
    assert judge(outcomes(scenarios=[]), History([]), Policy()).decision == "INCONCLUSIVE"


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({"harness_errors": ["The journal broke."]}, "The journal broke."),
        ({"disagreements": ["2 ran, 1 shown"]}, "The records do not agree: 2 ran, 1 shown"),
        ({"aborted": "The run was interrupted."}, "The run was interrupted."),
    ],
)
def test_a_broken_harness_is_inconclusive(broken: dict[str, Any], reason: str) -> None:
    found = verdict(outcomes(**broken))
    assert found.decision == "INCONCLUSIVE"
    assert found.reasons[0] == reason


def test_what_an_interrupted_run_never_reached_is_no_reason_of_its_own() -> None:
    given = outcomes(aborted="The run was interrupted.")
    given.scenarios.append(outcome(id="later", status="not_run"))
    assert verdict(given).reasons == ("The run was interrupted.",)


def test_a_harness_error_in_the_journal_is_inconclusive() -> None:
    tape = journal()
    tape.add(records.HarnessError, what="reading Alice's line: it broke")
    found = verdict(tape=tape)
    assert found.decision == "INCONCLUSIVE"
    assert found.reasons == ("reading Alice's line: it broke",)


@pytest.mark.parametrize("broken", ["harness_errors", "disagreements"])
def test_a_failure_stays_a_failure_when_the_harness_broke_too(broken: str) -> None:
    found = verdict(outcomes(**{broken: ["something"]}), leaking())
    assert found.decision == "REJECTED"


def test_a_rehearsal_decides_nothing_and_says_what_it_saw() -> None:
    assert verdict(outcomes(gate=False)).decision == "NO DECISION"
    found = verdict(outcomes(gate=False), leaking())
    assert found.decision == "NO DECISION"
    assert found.reasons[0].startswith("Data leak: Bob received the secret of Alice")


# --- reasons and what else an approver reads


def test_isolation_comes_first_and_no_more_than_three_reasons_are_given() -> None:
    tape = leaking()
    tape.add(records.Sample, name="target_memory_bytes", value=9e9)
    for _ in range(20):
        tape.refused(ALICE)
    given = outcomes(harness_errors=["a", "b", "c"])
    given.scenarios[0] = outcome(status="failed")
    found = verdict(given, tape)
    assert len([c for c in found.criteria if c.state == "fail"]) > 3
    assert len(found.reasons) == 3
    assert found.reasons[0].startswith("Data leak: Bob received the secret of Alice")
    assert found.reasons[1].startswith("Functional: ")


def test_the_same_reason_is_given_once() -> None:
    found = verdict(outcomes(harness_errors=["It broke.", "It broke."]))
    assert found.reasons == ("It broke.",)


def test_a_cause_is_reported_once_however_many_criteria_it_fails() -> None:
    tape = leaking()
    given = outcomes()
    leak = next(line for line in verdict(tape=tape).criteria[0].details)
    given.scenarios[0] = outcome(
        name="Alice talks", status="failed", reason=leak, checks=("nothing_leaked",)
    )
    found = verdict(given, tape=tape)
    assert sum(c.state == "fail" for c in found.criteria) == 3
    assert len(found.reasons) == 1


def test_that_a_rejected_run_ended_early_is_no_reason_but_why_scenarios_never_ran() -> None:
    early = "The run was ended 1 min after its first failure."
    given = outcomes(curtailed=early)
    given.scenarios.append(outcome(id="x", name="Fails", status="failed", checks=("a", "b")))
    never = {"status": "not_run", "reason": BEFORE_ITS_TURN}
    given.scenarios.append(outcome(id="y", name="Never", **never))
    given.scenarios.append(outcome(id="z", name="Unsaid", status="not_run"))
    given.scenarios.append(outcome(id="e", name="Empty", status="not_run", reason="no steps"))
    found = verdict(given)
    assert found.decision == "REJECTED"
    assert early not in found.reasons
    told = {n.what: n.why for n in found.not_assessed}
    assert (told["Never"], told["Unsaid"], told["Empty"]) == (early, early, "no steps")


def test_what_was_not_assessed_is_listed_with_its_reason() -> None:
    given = outcomes()
    given.scenarios.append(outcome(id="x", name="Skipped", status="skipped", reason="no metrics"))
    given.scenarios.append(outcome(id="y", name="Never", status="not_run"))
    given.scenarios.append(outcome(id="z", name="Elsewhere", status="not_run", selected=False))
    assert {n.what: n.why for n in verdict(given).not_assessed} == {
        "Skipped": "no metrics",
        "Never": "it never ran",
        CRITERIA[
            "degradation"
        ].title: "There is no approved run of this deployment and environment to compare with yet.",
        **{CRITERIA[name].title: "not required in this environment" for name in SMALL.leave_out},
    }


@pytest.mark.parametrize(
    ("status", "selected", "listed"),
    [
        ("passed", True, True),
        ("failed", True, True),
        ("skipped", True, False),
        ("passed", False, False),
    ],
)
def test_a_claim_that_was_not_assessed_is_listed_unless_its_whole_scenario_is(
    status: str, selected: bool, listed: bool
) -> None:
    tape = journal()
    tape.scenario = "s02"
    tape.starts("Two claims", scenario_id="two")
    for why in ("no positions", ""):
        step = {"text": "And nobody misses anything", "status": "passed", "took_ms": 1.0}
        tape.add(records.StepEnded, **step, not_assessed=why)
    given = outcomes()
    given.scenarios.append(outcome(id="two", name="Two claims", status=status, selected=selected))
    told = {n.what: n.why for n in verdict(given, tape).not_assessed}
    claim = "“nobody misses anything” in “Two claims”"
    assert told.get(claim) == ("no positions" if listed else None)


def test_every_decision_says_what_to_do_now() -> None:
    steps = {
        verdict().next_step,
        verdict(tape=leaking()).next_step,
        verdict(tape=Tape()).next_step,
        verdict(outcomes(gate=False)).next_step,
    }
    assert len(steps) == 4
    assert all(steps)


def test_a_load_is_repeated_and_approves_no_build() -> None:
    held = verdict(outcomes(command=LOAD_COMMAND))
    assert (held.approved, held.load_held, held.deployable) == (True, True, False)
    assert held.next_step.startswith("Run the gate as well")
    for tape in (leaking(), Tape()):
        found = verdict(outcomes(command=LOAD_COMMAND), tape=tape)
        assert (found.load_alone, found.load_held, found.deployable) == (True, False, False)
        assert "the gate" not in found.next_step
        assert "repeat" in found.next_step


def test_a_gate_is_no_load_whatever_its_policy_leaves_out() -> None:
    lenient = SMALL.model_copy(update={"leave_out": (*SMALL.leave_out, "failure_patterns")})
    found = judge(outcomes(), journal().history, lenient)
    assert (found.approved, found.load_alone, found.deployable) == (True, False, True)


def test_the_same_evidence_gives_the_same_verdict() -> None:
    for run, tape in ((outcomes(), journal()), (outcomes(gate=False), leaking())):
        assert verdict(run, tape) == verdict(run, tape)


# --- whatever the evidence


@st.composite
def any_outcomes(draw: st.DrawFn) -> Outcomes:
    """A run in which anything may have happened; often enough, nothing has."""
    often_passed = st.sampled_from(("passed",) * 12 + STATUSES)
    scenarios = [
        outcome(category, id=f"{category}-{number}", status=draw(often_passed))
        for category in draw(st.sampled_from([CATEGORIES] * 5 + [CATEGORIES[1:], ()]))
        for number in range(draw(st.integers(1, 2)))
    ]
    seldom = st.sampled_from([[]] * 8 + [["it broke"]])
    return outcomes(
        gate=draw(st.sampled_from([True] * 5 + [False])),
        scenarios=scenarios,
        harness_errors=draw(seldom),
        disagreements=draw(seldom),
        aborted=draw(st.sampled_from([""] * 8 + ["The run was interrupted."])),
    )


def flawless(given: Outcomes) -> bool:
    """Told by its own rules, not by the verdict's: nothing went wrong and nothing is missing."""
    passed = {o.category for o in given.scenarios if o.status == "passed"}
    return (
        not any(o.status in ("failed", "broken", "not_run") for o in given.scenarios)
        and passed >= set(CATEGORIES)
        and not (given.harness_errors or given.disagreements or given.aborted)
    )


@settings(max_examples=150)
@given(any_outcomes())
def test_a_gate_run_is_approved_if_and_only_if_nothing_is_wrong_or_missing(given: Outcomes) -> None:
    found = judge(given, JOURNAL, SMALL)
    assert found.approved is (given.gate and flawless(given))
    assert (found.decision == "NO DECISION") is not given.gate
    assert len(found.reasons) <= 3
    assert found.reasons or not given.gate


@settings(max_examples=30)
@given(any_outcomes())
def test_without_a_journal_nothing_is_approved(given: Outcomes) -> None:
    assert not judge(given, History([]), SMALL).approved


@settings(max_examples=150)
@given(st.data())
def test_the_decision_follows_from_the_criteria(data: st.DataObject) -> None:
    any_state = st.sampled_from(["pass"] * 9 + ["fail", "no_evidence", "invalid"])
    states = {name: data.draw(any_state, name) for name in CRITERIA}

    def standing_in(name: str) -> Criterion:
        reason = f"{name} is not as it should be"
        ruling = Ruling(state=states[name], measured="-", reason=reason)
        return dataclasses.replace(
            CRITERIA[name], judge=lambda evidence: ruling, concerns=lambda evidence: True
        )

    with pytest.MonkeyPatch.context() as patch:
        for name in CRITERIA:
            patch.setitem(CRITERIA, name, standing_in(name))
        found = judge(outcomes(), JOURNAL, SMALL)
    required = {name: s for name, s in states.items() if name not in SMALL.leave_out}
    if "fail" in required.values():
        expected = "REJECTED"
    elif set(required.values()) == {"pass"}:
        expected = "APPROVED"
    else:
        expected = "INCONCLUSIVE"
    assert found.decision == expected
    if expected != "APPROVED":
        worst = [n for n, s in required.items() if s == "fail" or expected == "INCONCLUSIVE"]
        first = next(n for n in worst if required[n] != "pass")
        assert found.reasons[0].startswith(first)


@settings(max_examples=60)
@given(st.sets(st.integers(0, len(JOURNAL.records) - 1), max_size=30))
def test_evidence_with_holes_is_judged_without_raising(lost: set[int]) -> None:
    rest = History([r for n, r in enumerate(JOURNAL.records) if n not in lost])
    assert judge(outcomes(), rest, SMALL).decision in ("APPROVED", "REJECTED", "INCONCLUSIVE")


def test_a_category_that_only_an_unselected_scenario_passed_is_missing() -> None:
    given = outcomes()
    given.scenarios[0] = outcome(selected=False)
    assert verdict(given).decision == "INCONCLUSIVE"
