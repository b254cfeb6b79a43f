"""Each criterion in each of its states: pass, fail, no_evidence, invalid, waived."""

from __future__ import annotations

import dataclasses
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from evidence import LATENCY, SMALL, criterion, journal, outcome, outcomes
from histories import ALICE, BOB, Tape, whole_run

import support.approval.criteria as criteria_module
import support.checks.invariants as standing_module
from support.approval.criteria import CRITERIA
from support.approval.criterion import Ruling
from support.approval.criterion import criterion as register
from support.approval.shares import share
from support.checks.finding import Check, Finding
from support.config import Policy
from support.config.policy import UNTOUCHABLE
from support.journal import History, facts, records

EVERYTHING = Policy()
replace = msgspec.structs.replace


def state(name: str, *given: Any, **more: Any) -> str:
    return criterion(name, *given, **more).state


def without(tape: Tape, *kinds: type[records.Record]) -> Tape:
    """The same journal without any record of these kinds."""
    tape.records = [r for r in tape.records if not isinstance(r, kinds)]
    return tape


# --- all of them


def test_every_file_of_the_folder_registers_a_criterion_and_nothing_else_lists_it() -> None:
    files = {path.stem for path in Path(criteria_module.__path__[0]).glob("[!_]*.py")}
    judges = {c.judge.__module__.rsplit(".", 1)[1] for c in CRITERIA.values()}
    assert judges == files
    assert [c.rank for c in CRITERIA.values()] == sorted(c.rank for c in CRITERIA.values())


def test_a_name_or_a_place_in_the_table_is_given_once() -> None:
    there = CRITERIA["memory_growth"]
    for name, rank in ((there.name, 1), ("another", there.rank)):
        with pytest.raises(ValueError, match="a criterion of that name or rank already"):
            register(name, "Another", rank=rank, limit=there.limit)(there.judge)


@pytest.mark.parametrize(
    "name", [n for n in CRITERIA if n not in (*SMALL.leave_out, "degradation", "load")]
)
def test_good_evidence_passes(name: str) -> None:
    result = criterion(name)
    assert result.state == "pass"
    assert result.reason == ""
    assert result.required


@pytest.mark.parametrize("name", [n for n in CRITERIA if n != "degradation"])
def test_no_criterion_passes_on_nothing(name: str) -> None:
    result = criterion(name, outcomes(scenarios=[]), Tape(), EVERYTHING)
    assert result.state in ("no_evidence", "invalid")
    assert result.reason != ""


@pytest.mark.parametrize("name", [n for n in CRITERIA if n != "degradation"])
def test_no_criterion_passes_on_scenarios_in_which_nothing_happened(name: str) -> None:
    tape = Tape()
    tape.opened()
    tape.starts()
    assert state(name, outcomes(scenarios=[]), tape, EVERYTHING) in ("no_evidence", "invalid")


@pytest.mark.parametrize("name", CRITERIA)
def test_a_criterion_that_breaks_is_invalid(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(evidence: object) -> Ruling:
        raise ZeroDivisionError("oh")

    monkeypatch.setitem(CRITERIA, name, dataclasses.replace(CRITERIA[name], judge=breaks))
    result = criterion(name, policy=EVERYTHING)
    assert result.state == "invalid"
    assert result.reason == "the criterion itself broke: ZeroDivisionError: oh"


@pytest.mark.parametrize("name", [n for n in CRITERIA if n not in UNTOUCHABLE])
def test_what_is_left_out_is_waived_and_still_listed(name: str) -> None:
    result = criterion(name, policy=Policy(leave_out=(name,)))
    assert result.state == "waived"
    assert not result.required
    assert result.reason == "not required in this environment"


# --- user isolation


def test_it_says_how_much_was_looked_through() -> None:
    tape = journal()
    received = [r for r in tape.records if getattr(r, "direction", "") == "received"]
    result = criterion("user_isolation", tape=tape)
    assert result.samples == len(received)
    assert result.measured == f"0 leaks in {len(received)} messages; 2 end-of-stream checks passed"


def test_it_says_where_silence_stood_in_for_a_round_trip() -> None:
    assert "silence" not in criterion("user_isolation", tape=journal()).measured
    tape = journal()
    tape.add(records.Fence, connection="s01/Alice#1", user=ALICE, held=True, quiet=True)
    assert "1 of them by silence alone" in criterion("user_isolation", tape=tape).measured


def test_a_leak_fails_it_with_who_saw_whose() -> None:
    tape = journal()
    tape.hears(BOB, facts.Ignored(), mentions=(f"canary:{ALICE}",))
    result = criterion("user_isolation", tape=tape)
    assert result.state == "fail"
    assert result.measured == "leaked: 1 message to 1 person"
    assert result.reason.startswith("Data leak: Bob received")


def test_a_leak_in_any_scenario_fails_it() -> None:
    tape = journal()
    tape.scenario = "s77"
    tape.hears("s77/Zoe", facts.Ignored(), mentions=("canary:s77/Yan",))
    assert state("user_isolation", tape=tape) == "fail"


@pytest.mark.parametrize("status", ["failed", "broken"])
def test_a_proof_that_failed_proves_nothing(status: str) -> None:
    failing = outcome("security", id="x", name="Apart", status=status, reason="Step\nbut: unseen")
    for others in ([outcome("security")], []):
        result = criterion("user_isolation", outcomes(failing, *others))
        assert (result.state, result.measured) == ("no_evidence", "not proven")
        assert result.reason == "“Apart” did not pass: unseen."


def test_a_proof_that_never_ran_is_no_evidence() -> None:
    given = outcomes(outcome("security"), outcome("security", id="x", status="not_run"))
    assert state("user_isolation", given) == "no_evidence"


def test_a_proof_that_was_skipped_is_no_evidence_when_it_is_the_only_one() -> None:
    assert state("user_isolation", outcomes(outcome("security", status="skipped"))) == "no_evidence"


def test_a_proof_that_was_skipped_is_made_up_for_by_another() -> None:
    given = outcomes(outcome("security"), outcome("security", id="x", status="skipped"))
    assert state("user_isolation", given) == "pass"


def test_without_a_scenario_about_it_there_is_no_evidence() -> None:
    assert state("user_isolation", outcomes(outcome("security", tags=()))) == "no_evidence"


def test_without_a_fence_there_is_no_evidence() -> None:
    assert state("user_isolation", tape=without(journal(), records.Fence)) == "no_evidence"


def test_a_fence_that_did_not_hold_is_no_evidence() -> None:
    tape = without(journal(), records.Fence)
    tape.fence(ALICE, held=False)
    assert state("user_isolation", tape=tape) == "no_evidence"


# --- categories


@pytest.mark.parametrize("status", ["failed", "broken"])
def test_a_scenario_that_failed_fails_its_category(status: str) -> None:
    given = outcomes()
    given.scenarios.append(outcome(id="x", name="Wrong", critical=False, status=status))
    result = criterion("categories", given)
    assert result.state == "fail"
    assert result.reason.startswith("Functional: “Wrong” failed: ")
    assert result.measured.startswith("4 of 5 categories, ")


def test_scenarios_that_fail_by_the_same_check_are_one_problem() -> None:
    given = outcomes()
    given.scenarios += [
        outcome(id=n, name=f"Wrong {n}", status="failed", checks=("complete_run",)) for n in "xyz"
    ]
    given.scenarios.append(outcome(id="w", status="failed", checks=("connected_within",)))
    result = criterion("categories", given)
    assert result.reason.startswith("Functional: “Wrong x” failed (and 2 more)")
    assert [(p.key, p.scenarios) for p in result.problems] == [
        ("complete_run", 3),
        ("connected_within", 1),
    ]


@pytest.mark.parametrize("cause", ["harness", "environment"])
def test_a_scenario_that_our_own_side_spoilt_is_invalid(cause: str) -> None:
    given = outcomes()
    given.scenarios.append(outcome(id="x", name="Ours", status="failed", cause=cause))
    result = criterion("categories", given)
    assert (result.state, result.cause) == ("invalid", cause)


def test_a_scenario_that_saw_too_little_is_no_evidence() -> None:
    given = outcomes()
    given.scenarios.append(outcome(id="x", status="failed", cause="too_few_samples", unknown=True))
    result = criterion("categories", given)
    assert (result.state, result.cause) == ("no_evidence", "too_few_samples")


@pytest.mark.parametrize("cause", [None, "product", "not_offered"])
def test_a_scenario_that_failed_for_anything_else_counts_against_the_deployment(
    cause: str | None,
) -> None:
    given = outcomes()
    given.scenarios.append(outcome(id="x", status="failed", cause=cause))
    assert state("categories", given) == "fail"


def test_a_category_nobody_asked_for_can_fail_too() -> None:
    given = outcomes()
    given.scenarios.append(outcome("stress", status="failed"))
    assert state("categories", given) == "fail"


def test_a_scenario_that_never_ran_is_no_evidence() -> None:
    given = outcomes()
    given.scenarios += [outcome(id=number, status="not_run") for number in "xy"]
    result = criterion("categories", given)
    assert (result.state, result.reason) == (
        "no_evidence",
        "Functional: 2 scenarios never ran.",
    )


def test_a_category_without_any_scenario_is_no_evidence() -> None:
    given = outcomes()
    del given.scenarios[0]
    result = criterion("categories", given)
    assert (result.state, result.reason) == (
        "no_evidence",
        "Functional: no critical scenario passed.",
    )


def test_a_category_in_which_only_the_uncritical_passed_is_no_evidence() -> None:
    given = outcomes()
    given.scenarios[0] = outcome(critical=False)
    assert state("categories", given) == "no_evidence"


def test_a_category_in_which_all_were_skipped_is_no_evidence() -> None:
    given = outcomes()
    given.scenarios[0] = outcome(status="skipped", reason="no metrics")
    assert state("categories", given) == "no_evidence"


def test_a_skipped_scenario_is_made_up_for_by_another_of_its_category() -> None:
    given = outcomes()
    given.scenarios.append(outcome(id="x", status="skipped", reason="no metrics"))
    assert state("categories", given) == "pass"


def test_failing_comes_before_missing() -> None:
    given = outcomes(outcome("resilience", status="failed"))
    assert state("categories", given) == "fail"


def test_an_environment_may_ask_for_fewer_categories() -> None:
    policy = SMALL.model_copy(update={"required_categories": ("security",), "must": ("E1",)})
    assert state("categories", outcomes(outcome("security")), policy=policy) == "pass"


def test_scenarios_that_were_not_selected_count_for_nothing() -> None:
    given = outcomes()
    given.scenarios[0] = outcome(selected=False)
    assert state("categories", given) == "no_evidence"


@pytest.mark.parametrize("row", Policy().must)
@pytest.mark.parametrize("status", ["skipped", "not_run"])
def test_a_row_that_must_be_assessed_and_was_not_is_no_evidence(row: str, status: str) -> None:
    given = outcomes()
    for number, one in enumerate(given.scenarios):
        rows = tuple(r for r in one.rows if r != row)
        given.scenarios[number] = replace(one, rows=rows)
    given.scenarios.append(outcome("security", id="x", rows=(row,), status=status, tags=()))
    result = criterion("categories", given)
    assert result.state == "no_evidence"
    assert any(status == "not_run" or told.startswith(row) for told in result.details)


def test_a_row_that_our_own_settings_left_out_in_part_was_not_assessed() -> None:
    given = outcomes()
    left = outcome("integration", id="x", status="skipped", cause="environment", reason="few")
    given.scenarios.append(left)
    result = criterion("categories", given)
    assert (result.state, result.details[0][:4]) == ("no_evidence", "C1 (")
    given.scenarios[-1] = replace(left, cause="not_offered")
    assert state("categories", given) == "pass"


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [(None, "no_evidence"), (("resume",), "no_evidence"), (("metrics",), "pass")],
)
def test_coming_back_must_be_assessed_where_it_is_offered(
    capabilities: tuple[str, ...] | None, expected: str
) -> None:
    given = outcomes(capabilities=capabilities)
    given.scenarios = [replace(o, rows=()) if "H1" in o.rows else o for o in given.scenarios]
    assert state("categories", given) == expected


def test_scenarios_about_our_own_client_prove_nothing_about_the_deployment() -> None:
    given = outcomes()
    given.scenarios[3] = outcome("resilience", rows=("I1", "I2"))
    policy = SMALL.model_copy(update={"must": ("A1",)})
    assert state("categories", given, policy=policy) == "no_evidence"
    given.scenarios[3] = outcome("resilience", rows=("I1", "H8"))
    assert state("categories", given, policy=policy) == "pass"


def test_so_many_of_a_category_must_have_passed() -> None:
    given = outcomes()
    least = SMALL.least_assessed.model_copy(update={"functional": 3})
    policy = SMALL.model_copy(update={"least_assessed": least})
    given.scenarios += [outcome(id="2"), outcome(id="3", status="skipped")]
    result = criterion("categories", given, policy=policy)
    assert result.reason == "Functional: only 2 critical scenarios passed, of at least 3."
    given.scenarios.append(outcome(id="4"))
    assert state("categories", given, policy=policy) == "pass"


def test_a_category_that_is_not_asked_for_needs_one_that_passed() -> None:
    policy = Policy(required_categories=("security",), must=("E1",), least_assessed={"security": 1})
    assert state("categories", policy=policy) == "pass"


def test_what_must_be_assessed_cannot_be_emptied() -> None:
    with pytest.raises(ValueError, match="cannot be emptied"):
        Policy(must=())
    with pytest.raises(ValueError, match="cannot be emptied"):
        Policy(required_categories=())
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        Policy(least_assessed={"security": 0})


# --- failure patterns


def test_a_pattern_fails_it_with_the_scenario_it_was_in() -> None:
    tape = journal()
    tape.hears(ALICE, facts.Unreadable(why="not JSON"))
    result = criterion("failure_patterns", tape=tape)
    assert result.state == "fail"
    assert (
        result.reason == "Malformed message in “Two users at work”: the deployment sent not JSON."
    )


def test_a_standing_check_that_breaks_is_invalid(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(history: History) -> Finding:
        raise ZeroDivisionError("oh")

    monkeypatch.setitem(standing_module.INVARIANTS, "broken run", Check("is it?", breaks))
    result = criterion("failure_patterns")
    assert result.state == "invalid"
    assert "ZeroDivisionError" in result.reason


# --- event delivery


def test_too_few_questions_are_no_evidence() -> None:
    assert state("event_delivery", tape=journal(runs=9)) == "no_evidence"
    assert state("event_delivery", tape=journal(runs=10)) == "pass"


@pytest.mark.parametrize(("lost", "expected"), [(1, "pass"), (2, "fail")])
def test_nine_of_ten_runs_must_be_whole(lost: int, expected: str) -> None:
    tape = journal(runs=10 - lost)
    for number in range(lost):
        tape.asks(ALICE, f"lost{number}", f"r-lost{number}")
        tape.hears(ALICE, whole_run(run=f"r-lost{number}")[0])
    result = criterion("event_delivery", tape=tape)
    assert result.state == expected
    assert result.samples == 10
    if expected == "fail":
        assert result.reason == "2 of 10 runs did not arrive completely."


@pytest.mark.parametrize("kind", facts.REQUIRED_EVENTS)
def test_a_kind_of_event_that_never_came_fails_it(kind: str) -> None:
    tape = journal()
    tape.records = [
        r
        for r in tape.records
        if not (isinstance(r, records.Frame) and getattr(r.facts[0], "type", "") == kind)
    ]
    result = criterion("event_delivery", tape=tape)
    assert result.state == "fail"
    assert result.reason == f"No user ever received {kind}."


def test_a_question_that_was_never_accepted_is_not_completed_by_an_end_of_nobodys_run() -> None:
    tape = journal(runs=10)
    for number in range(5):
        tape.asks(ALICE, f"lost{number}", run=None)
    tape.hears(ALICE, facts.Event(type=facts.COMPLETED))
    assert state("event_delivery", tape=tape) == "fail"


def test_a_run_whose_end_reached_somebody_else_is_not_completed() -> None:
    tape = journal(runs=10)
    for number in range(5):
        tape.asks(ALICE, f"lost{number}", f"r-lost{number}")
        tape.hears(BOB, whole_run(BOB, f"r-lost{number}")[-1])
    assert state("event_delivery", tape=tape) == "fail"


def test_runs_that_only_failed_are_not_delivered() -> None:
    tape = journal(runs=10)
    for number in range(190):
        tape.run(ALICE, f"f{number}", f"r-f{number}", end=facts.FAILED)
    result = criterion("event_delivery", tape=tape)
    assert (result.state, result.measured) == ("fail", "5.0% of 200 runs complete")


@pytest.mark.parametrize("left", range(4))
def test_a_run_that_lacks_an_event_is_not_whole(left: int) -> None:
    tape = journal(runs=10)
    for number in range(5):
        run = f"r-s{number}"
        tape.asks(ALICE, f"s{number}", run)
        events = whole_run(run=run, first=tape.stream[ALICE] + 1)
        for event in events[:left] + events[left + 1 :]:
            tape.event(ALICE, event)
    assert state("event_delivery", tape=tape) == "fail"


def test_runs_that_should_fail_or_were_cancelled_are_not_counted() -> None:
    tape = journal(runs=10)
    for number in range(20):
        tape.says(ALICE, facts.Asked(request_id=f"f{number}", ends="failed"))
        tape.asks(ALICE, f"c{number}", f"r-c{number}")
        tape.says(ALICE, facts.Cancelling(run_id=f"r-c{number}"))
    result = criterion("event_delivery", tape=tape)
    assert (result.state, result.samples) == ("pass", 10)


# --- operations


def test_too_few_operations_are_no_evidence() -> None:
    assert state("operations", tape=journal(runs=1, connections=2)) == "no_evidence"


def test_operations_that_do_not_succeed_fail_it() -> None:
    tape = journal(runs=20)
    for number in range(5):
        tape.asks(ALICE, f"lost{number}", run=None)
    result = criterion("operations", tape=tape)
    assert (result.state, result.reason) == ("fail", "5 of 25 questions were not answered.")


def test_what_is_no_question_is_shown_and_dilutes_nothing() -> None:
    tape = journal(runs=20)
    for number in range(2):
        tape.asks(ALICE, f"lost{number}", run=None)
    for _ in range(500):
        tape.fence(ALICE)
        tape.heartbeat(ALICE, "protocol")
        tape.signs_in(ALICE)
    result = criterion("operations", tape=tape)
    assert (result.state, result.samples) == ("fail", 22)
    assert (
        result.measured
        == "90.9%; sign-ins 502 of 502, pings 500 of 500, end-of-stream checks 502 of 502"
    )


def test_a_question_over_the_announced_limit_need_not_be_answered() -> None:
    tape = journal(runs=20)
    tape.connects("s01/Dave", message_bytes=4096)
    for number in range(20):
        tape.says("s01/Dave", facts.Asked(request_id=f"long{number}"), size=4097)
    assert criterion("operations", tape=tape).samples == 20


@pytest.mark.parametrize(("status", "counted"), [("skipped", 20), ("passed", 25)])
def test_a_question_that_nobody_stayed_for_where_nothing_is_offered_does_not_count(
    status: str, counted: int
) -> None:
    tape = journal(runs=20)
    tape.scenario = "s02"
    tape.starts()
    tape.connects(BOB)
    for number in range(5):
        tape.asks(BOB, f"left{number}", run=f"r-left{number}")
    tape.add(records.ScenarioEnded, status=status)
    assert criterion("operations", tape=tape).samples == counted


@pytest.mark.parametrize("end", [facts.COMPLETED, facts.FAILED])
def test_a_question_is_answered_when_its_run_ends_as_it_should(end: str) -> None:
    tape = journal(runs=20)
    for number in range(10):
        tape.says(ALICE, facts.Asked(request_id=f"f{number}", ends="failed"))
        tape.hears(ALICE, facts.Accepted(request_id=f"f{number}", run_id=f"r-f{number}"))
        for event in whole_run(run=f"r-f{number}", first=tape.stream[ALICE] + 1, end=end):
            tape.event(ALICE, event)
    assert state("operations", tape=tape) == ("pass" if end == facts.FAILED else "fail")


def test_a_question_accepted_twice_does_not_make_up_for_another() -> None:
    tape = journal(runs=20)
    for number in range(10):
        tape.asks(ALICE, f"lost{number}", run=None)
        tape.hears(ALICE, facts.Accepted(request_id="q0", run_id="r-0", duplicate=True))
    assert state("operations", tape=tape) == "fail"


# --- connections


def test_too_few_connections_are_no_evidence() -> None:
    assert state("connections", tape=journal(connections=19)) == "no_evidence"


@pytest.mark.parametrize(("refused", "expected"), [(1, "pass"), (2, "fail")])
def test_nineteen_of_twenty_connections_must_succeed(refused: int, expected: str) -> None:
    tape = journal(connections=20 - refused)
    for _ in range(refused):
        tape.refused(ALICE)
    result = criterion("connections", tape=tape)
    assert result.state == expected
    assert result.samples == 20


def test_the_environment_may_expect_less_of_connections() -> None:
    tape = journal(connections=18)
    for _ in range(2):
        tape.refused(ALICE)
    policy = Policy(connection_success=0.9, leave_out=LATENCY, least_assessed=SMALL.least_assessed)
    assert state("connections", tape=tape, policy=policy) == "pass"


def test_visitors_who_should_be_refused_are_no_failed_connections() -> None:
    tape = journal()
    for _ in range(20):
        tape.refused("s01/Visitor", expect="refused", means="no token")
    result = criterion("connections", tape=tape)
    assert (result.state, result.samples) == ("pass", 20)


def test_a_connection_that_was_never_greeted_has_failed() -> None:
    tape = journal(connections=18)
    for _ in range(2):
        connection = tape.tries(ALICE)
        tape.add(records.Connected, connection=connection, user=ALICE, took_ms=1.0)
    assert state("connections", tape=tape) == "fail"


# --- latency


@cache
def measured(late_ms: float = 10.0, lag_ms: float = 0.0) -> History:
    """A thousand events, each that late."""
    tape = journal()
    for _ in range(1000):
        tape.stream[ALICE] += 1
        happened = tape.at + 0.001 - late_ms / 1000
        told = replace(whole_run(at=happened)[1], position=tape.stream[ALICE])
        tape.hears(ALICE, told, connection=f"{ALICE}#1")
    tape.add(records.Sample, name="loop_lag_ms", value=lag_ms)
    return tape.history


class MeasuredTape(Tape):
    def __init__(self, history: History) -> None:
        super().__init__()
        self.records = list(history.records)


@pytest.mark.parametrize("name", LATENCY)
def test_prompt_events_pass(name: str) -> None:
    result = criterion(name, tape=MeasuredTape(measured()), policy=EVERYTHING)
    assert result.state == "pass"
    assert result.samples is not None
    assert result.samples >= 1000
    assert " ms ± " in result.measured


@pytest.mark.parametrize("name", LATENCY)
def test_late_events_fail(name: str) -> None:
    result = criterion(name, tape=MeasuredTape(measured(late_ms=3000.0)), policy=EVERYTHING)
    assert result.state == "fail"
    assert result.reason.startswith(f"{CRITERIA[name].title}: ")


@pytest.mark.parametrize("name", LATENCY)
def test_lateness_that_may_be_our_own_is_invalid(name: str) -> None:
    tape = MeasuredTape(measured(late_ms=3000.0, lag_ms=4000.0))
    result = criterion(name, tape=tape, policy=EVERYTHING)
    assert result.state == "invalid"
    assert "the test machine" in result.reason


@pytest.mark.parametrize("name", LATENCY)
def test_too_few_events_are_no_evidence(name: str) -> None:
    tape = journal(runs=2)
    result = criterion(name, tape=tape, policy=EVERYTHING)
    assert result.state == "no_evidence"
    assert result.measured == "not measured"


@pytest.mark.parametrize("name", LATENCY)
def test_without_a_ping_there_is_no_evidence(name: str) -> None:
    tape = MeasuredTape(measured())
    tape.records = [
        r
        for r in tape.records
        if not (isinstance(r, records.Frame) and isinstance(r.facts[0], facts.Pong))
    ]
    assert state(name, tape=tape, policy=EVERYTHING) == "no_evidence"


@pytest.mark.parametrize("name", LATENCY)
def test_a_journal_without_its_first_record_is_invalid(name: str) -> None:
    tape = without(MeasuredTape(measured()), records.Opened)
    assert state(name, tape=tape, policy=EVERYTHING) == "invalid"


# --- recovery


def with_drops(whole: int, lost: int = 0, away_s: float = 0.1) -> Tape:
    """So many are cut off and come back to all they missed, so many to less than that."""
    tape = journal()
    tape.starts("Many are cut off")
    for number in range(whole + lost):
        user = f"s01/Person{number}"
        tape.comes(user)
        tape.cut(user)
        tape.at += away_s
        tape.stream[user] = 2
        tape.connects(user)
        tape.resumes(user, after=0)
        for event in whole_run(user, f"r-{user}")[: 2 if number < whole else 1]:
            tape.hears(user, event)
    return tape


@pytest.mark.parametrize(
    ("whole", "lost", "away_s", "expected"),
    [(50, 0, 0.1, "pass"), (49, 0, 0.1, "no_evidence"), (99, 1, 0.1, "fail"), (60, 0, 6, "fail")],
)
def test_everybody_who_was_cut_off_is_soon_back_with_the_whole_story(
    whole: int, lost: int, away_s: float, expected: str
) -> None:
    result = criterion("recovery", tape=with_drops(whole, lost, away_s), policy=EVERYTHING)
    assert (result.state, result.samples) == (expected, whole + lost)


def test_a_p95_of_recoveries_is_claimed_from_two_hundred_on() -> None:
    assert (
        "too few samples for p95"
        in criterion("recovery", tape=with_drops(199), policy=EVERYTHING).measured
    )
    assert "p95 1" in criterion("recovery", tape=with_drops(200), policy=EVERYTHING).measured


def test_large_numbers_have_separators() -> None:
    found = criterion("recovery", tape=with_drops(1000, 1000), policy=EVERYTHING)
    assert found.measured.startswith("1,000 of 2,000 complete, 1,000 within")
    assert "1,000 of 2,000 dropped users never received" in found.reason
    assert any("Only 1,000 of 2,000 dropped" in problem.text for problem in found.problems)
    tape = journal()
    for number in range(1000):
        tape.asks(ALICE, f"lost{number}", f"r-lost{number}")
    assert "1,000 of 1,0" in criterion("event_delivery", tape=tape).reason
    shares = share([False] * 1000 + [True], 0.99, 1, "calls", "failed")
    assert shares.reason == "1,000 of 1,001 calls failed."


def test_where_nobody_can_resume_there_is_nothing_to_recover() -> None:
    result = criterion("recovery", outcomes(capabilities=("metrics",)), policy=EVERYTHING)
    assert (result.state, result.required, result.cause) == ("waived", False, "not_offered")


@pytest.mark.parametrize(
    ("criterion_name", "known", "expected"),
    [
        ("user_isolation", ("own_identity", "resume"), "no_evidence"),
        ("user_isolation", ("resume",), "pass"),
        ("average_latency", ("clock", "resume"), "waived"),
        ("average_latency", ("resume",), "pass"),
    ],
)
def test_a_capability_that_the_suite_of_that_run_did_not_know_was_not_lacking(
    criterion_name: str, known: tuple[str, ...], expected: str
) -> None:
    given = outcomes(capabilities=("resume",), known_capabilities=known)
    assert criterion(criterion_name, given, policy=EVERYTHING).state == expected


# --- memory


def with_memory(*values: float) -> Tape:
    tape = without(journal(), records.Sample)
    for value in values:
        tape.add(records.Sample, name="target_memory_bytes", value=value)
    return tape


@pytest.mark.parametrize(
    ("samples", "expected", "told"),
    [
        ((), "no_evidence", "not measured"),
        ((80e6,), "no_evidence", "not measured"),
        ((80e6, 80e6), "pass", "0.0 MB"),
        ((80e6, 40e6), "pass", "0.0 MB"),
        ((80e6, 580e6), "pass", "500.0 MB"),
        ((80e6, 590e6), "fail", "510.0 MB"),
        ((80e6, 590e6, 80e6), "fail", "510.0 MB"),
    ],
    ids=str,
)
def test_memory_may_grow_by_so_much(samples: tuple[float, ...], expected: str, told: str) -> None:
    result = criterion("memory_growth", tape=with_memory(*samples))
    assert (result.state, result.measured) == (expected, told)


def test_where_memory_cannot_be_read_the_reason_names_the_settings_for_it() -> None:
    reason = criterion("memory_growth", tape=with_memory(80e6)).reason
    assert all(name in reason for name in ("memory_metric", 'leave_out = ["memory_growth"]'))


def test_other_samples_are_no_memory() -> None:
    tape = with_memory(80e6)
    tape.add(records.Sample, name="loop_lag_ms", value=9e9)
    assert state("memory_growth", tape=tape, policy=SMALL) == "no_evidence"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("user_isolation", (0, 0, "leaked messages")),
        ("categories", (5, 5, "categories")),
        ("failure_patterns", (0, 0, "patterns")),
        ("event_delivery", (100.0, 90.0, "%")),
        ("operations", (100.0, 95.0, "%")),
        ("connections", (100.0, 95.0, "%")),
        ("memory_growth", (15.0, 500.0, "MB")),
    ],
)
def test_what_was_measured_is_a_number_with_its_unit(
    name: str, expected: tuple[float, float, str]
) -> None:
    found = criterion(name)
    assert found.value == pytest.approx(expected[0], abs=1.0)
    assert (found.bound, found.unit) == (pytest.approx(expected[1]), expected[2])
