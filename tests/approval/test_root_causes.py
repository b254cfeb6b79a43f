"""The first reason is the root cause: a value, read out of the journal, whatever the sentences."""

from __future__ import annotations

from typing import Any, NoReturn

import msgspec
import pytest
from evidence import SMALL, journal, outcome, outcomes, verdict
from histories import ALICE, BOB, WALL, Tape, whole_run

from support.approval import Outcomes
from support.config import Policy
from support.journal import facts, records
from support.report.render import decision_html, decision_markdown, step_summary, terminal_text
from support.report.view import view_of


def failed(*others: Any, **what: Any) -> Outcomes:
    """The scenario of the journal has failed by some check, and so have `others`."""
    given = outcomes()
    usual = {
        "id": "here",
        "name": "Two users at work",
        "status": "failed",
        "checks": ("any_check",),
    }
    given.scenarios[0] = outcome(**{**usual, **what})
    given.scenarios += others
    return given


def tape() -> Tape:
    """As `journal()`, its scenario with the id of the one that failed."""
    made = journal()
    for place, record in enumerate(made.records):
        if isinstance(record, records.ScenarioStarted):
            made.records[place] = msgspec.structs.replace(record, scenario_id="here")
    return made


def bare() -> Tape:
    """A journal with nothing but its scenario in it."""
    made = Tape()
    made.opened()
    made.starts("Two users at work", scenario_id="here")
    return made


def thoughtless(made: Tape, runs: int = 4) -> Tape:
    """Alice asks, and never is a thought among the events of her runs."""
    made.comes(ALICE)
    for number in range(runs):
        made.asks(ALICE, f"q{number}", f"r-{number}")
        for event in whole_run(ALICE, f"r-{number}", at=made.at):
            if event.type != facts.THINKING:
                arrives(made, event)
    return made


def arrives(made: Tape, event: facts.Event) -> None:
    """The next event of Alice's stream."""
    made.event(ALICE, msgspec.structs.replace(event, position=made.stream[ALICE] + 1))


def first_cause(given: Outcomes, made: Tape) -> tuple[str, str]:
    """Code and subject of what is told first, which is the first reason."""
    found = verdict(given, made)
    assert found.decision == "REJECTED"
    assert found.reasons[0] == found.causes[0].text
    return found.causes[0].code, found.causes[0].subject


def test_an_approved_run_has_no_causes() -> None:
    assert verdict().causes == ()


@pytest.mark.parametrize(
    ("agreed", "expected"),
    [(True, ("issued_tokens_refused", "HTTP 401")), (False, ("valid_users_refused", "HTTP 500"))],
)
def test_everybody_refused_is_one_cause(agreed: bool, expected: tuple[str, str]) -> None:
    made = bare()
    made.signs_in(ALICE)
    made.refused(ALICE, agreed=agreed)
    made.scenario = "s02"
    made.starts("A proof", scenario_id="proof")
    made.refused("s02/Bob", agreed=agreed)
    proof = outcome("security", id="proof", status="failed", checks=("admitted",))
    given = failed(proof)
    assert first_cause(given, made) == expected
    isolation = verdict(given, made).criteria[0]
    assert (isolation.state, isolation.measured) == ("no_evidence", "not proven")


@pytest.mark.parametrize(
    ("like_users", "expected"),
    [(True, ("some_users_refused", "HTTP 500")), (False, ("handshake_refused", ""))],
)
def test_attackers_refused_as_users_sometimes_are_is_one_cause(
    like_users: bool, expected: tuple[str, str]
) -> None:
    made, names = Tape(), ("here", "second", "third")
    made.opened()
    for name in names:
        made.scenario = name
        made.starts(name, scenario_id=name)
        made.comes(f"{name}/Alice")
        made.refused(f"{name}/Bob", agreed=False)
    made.scenario = "attack"
    made.starts("An attack", scenario_id="attack")
    made.comes("attack/Alice")
    made.refused("attack/Visitor", agreed=False, expect="refused", means="no token")
    if not like_users:
        made.records[-1] = msgspec.structs.replace(made.records[-1], status=503, detail="HTTP 503")
    failing = [outcome(id=n, name=n, status="failed", checks=("admitted",)) for n in names[1:]]
    attack = outcome("security", id="attack", status="failed", checks=("handshake_refused",))
    assert first_cause(failed(*failing, attack, checks=("admitted",)), made) == expected


@pytest.mark.parametrize(
    ("admitted", "expected"),
    [(2, ("some_users_refused", "HTTP 500")), (0, ("valid_users_refused", "HTTP 500"))],
)
def test_some_of_a_crowd_refused_is_a_cause_in_one_scenario(
    admitted: int, expected: tuple[str, str]
) -> None:
    made = bare()
    for number in range(admitted):
        made.comes(f"s01/Lucky{number}")
    for number in range(3):
        made.refused(f"s01/Person{number}", agreed=False)
    assert first_cause(failed(checks=("admitted",)), made) == expected


def test_tokens_that_cannot_be_refreshed_are_one_cause() -> None:
    made = bare()
    for _ in range(3):
        made.add(records.AuthAnswer, user=ALICE, call="refresh", status=500, detail="HTTP 500")
    assert first_cause(failed(), made) == ("refresh_failed", "HTTP 500")


@pytest.mark.parametrize(
    ("later", "cause"),
    [(False, ("refreshed_tokens_refused", "HTTP 401")), (True, ("admitted", ""))],
)
def test_refreshed_tokens_that_are_refused_wherever_they_are_used_are_one_cause(
    later: bool, cause: tuple[str, str]
) -> None:
    made, names = Tape(), ("here", "second", "third")
    made.opened()
    for name in names:
        made.scenario = name
        made.starts(name, scenario_id=name)
        made.comes(f"{name}/Alice")
        made.add(records.AuthAnswer, user=f"{name}/Alice", call="refresh", status=200, granted=True)
        made.refused(f"{name}/Alice")
    if later:
        made.comes("third/Alice")
    failing = [outcome(id=n, name=n, status="failed", checks=("admitted",)) for n in names[1:]]
    given = failed(*failing, checks=("admitted",))
    assert first_cause(given, made) == cause


@pytest.mark.parametrize(
    ("agreed", "check", "cause"),
    [
        (False, "admitted", ("token_echoed", "the subprotocol")),
        (True, "token_never_echoed", ("token_echoed", "the subprotocol")),
        (True, "complete_run", ("complete_run", "")),
    ],
)
def test_a_token_that_comes_back_is_the_cause_where_a_scenario_failed_by_it(
    agreed: bool, check: str, cause: tuple[str, str]
) -> None:
    made = bare()
    made.comes(ALICE)
    for place, record in enumerate(made.records):
        if isinstance(record, records.Connected):
            echoed = {"agreed": agreed, "echoed": ("the subprotocol",)}
            made.records[place] = msgspec.structs.replace(record, **echoed)
    assert first_cause(failed(checks=(check,)), made) == cause


def test_nobody_can_sign_in() -> None:
    made = bare()
    made.signs_in(ALICE, ok=False)
    assert first_cause(failed(), made) == ("sign_in_failed", "")


@pytest.mark.parametrize(
    ("succeeding", "code"), [(0, "preparation_failed"), (3, "preparation_sometimes_failed")]
)
def test_calls_before_connecting_that_fail_in_several_scenarios_are_one_cause(
    succeeding: int, code: str
) -> None:
    made, call = Tape(), "POST /conversations"
    made.opened()
    others = []
    for number in range(3 + succeeding):
        made.scenario = f"s{number}"
        made.starts(f"Scenario {number}", scenario_id=made.scenario)
        ok = number >= 3
        made.add(records.PreludeCall, user=ALICE, when="before", call=call, ok=ok, detail="503")
        status = "passed" if ok else "failed"
        others.append(outcome(id=made.scenario, status=status, checks=(f"check {number}",)))
    given = outcomes()
    given.scenarios += others
    assert first_cause(given, made) == (code, call)
    assert len(verdict(given, made).causes[0].scenarios) == 3


def test_connections_that_are_never_greeted() -> None:
    made = bare()
    connection = made.tries(ALICE)
    made.add(records.Connected, connection=connection, user=ALICE, took_ms=1.0)
    assert first_cause(failed(), made) == ("never_ready", "")


def test_a_greeting_that_cannot_be_read_is_not_a_missing_one() -> None:
    made = bare()
    connection = made.tries(ALICE)
    made.add(records.Connected, connection=connection, user=ALICE, took_ms=1.0)
    made.hears(ALICE, facts.Unreadable(why="half a character"))
    assert first_cause(failed(), made) == ("greeting_malformed", "")


def test_a_greeting_with_a_limit_that_cannot_be_is_one_cause() -> None:
    made = bare()
    made.connects(ALICE, position=2**53)
    assert first_cause(failed(checks=("admitted",)), made) == ("limit_impossible", "position")


def test_what_an_intruder_receives_is_no_leak_of_its_own() -> None:
    made = tape()
    made.connects("s01/Visitor", expect="refused", means="an unsigned token")
    made.hears("s01/Visitor", facts.Ignored(), mentions=(f"canary:{ALICE}",))
    given = failed(category="security", checks=("handshake_refused",))
    assert first_cause(given, made) == ("attacker_admitted", "an unsigned token")
    found = verdict(given, made)
    assert len(found.causes) == 1
    assert found.criteria[0].state == "fail"  # it did reach somebody it does not belong to


@pytest.mark.parametrize(
    ("where", "expect", "granted", "code"),
    [
        ("an answer to a garbled refresh token", "refused", True, "tokens_denied"),
        ("an answer to a garbled refresh token", "granted", True, "data_leak"),
        ("an answer to a garbled refresh token", "refused", False, "data_leak"),
        ("the answer to their own sign-in", "refused", True, "data_leak"),
    ],
)
def test_whose_account_a_forged_token_opens_is_no_leak_of_its_own(
    where: str, expect: str, granted: bool, code: str
) -> None:
    made, mallory = tape(), "s01/Mallory"
    made.add(records.AnswerMentions, where=where, user=mallory, mentions=(f"email:{ALICE}",))
    made.add(
        records.AuthAnswer,
        user=mallory,
        call="refresh",
        status=200,
        expect=expect,
        means="a garbled refresh token",
        granted=granted,
        detail="HTTP 200",
    )
    found = verdict(failed(category="security", checks=("tokens_denied",)), made)
    assert found.causes[0].code == code
    assert found.criteria[0].state == "fail"
    assert code != "tokens_denied" or len(found.causes) == 1


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (facts.Ready(user_id="u"), "is accepted (what the client sends is answered with: …)"),
        (facts.Rejected(code="no"), "is not refused as documented (what the client sends is"),
        (facts.TurnedAway(), "is not refused (handshake, 101; nothing answers what"),
        (facts.Ignored(), "is not refused (handshake, 101; nothing answers what"),
        (None, "is not refused (handshake, 101; nothing answers what the client sends)"),
    ],
)
def test_who_signs_in_by_a_message_is_let_in_by_its_answer(
    answer: facts.Fact | None, told: str
) -> None:
    made = tape()
    visitor = "s01/Visitor"
    connection = made.tries(visitor, expect="refused", means="an unsigned token")
    made.add(records.Connected, connection=connection, user=visitor, took_ms=1.0)
    made.hears(visitor, facts.Challenge())
    made.hears(visitor, facts.Ignored(type="banner"))
    made.says(visitor)
    if answer is not None:
        made.hears(visitor, answer)
    found = verdict(failed(category="security", checks=("handshake_refused",)), made)
    assert found.causes[0].code == "attacker_admitted"
    assert f"An unsigned token {told}" in found.causes[0].text


@pytest.mark.parametrize(
    ("flaw", "code"), [("token", "attacker_admitted"), ("room", "connection_cap_enforced")]
)
def test_a_users_own_device_too_many_is_no_intruder(flaw: str, code: str) -> None:
    made = tape()
    connection = made.tries(ALICE, expect="refused", means="one more", flaw=flaw)
    made.add(records.Connected, connection=connection, user=ALICE, took_ms=1.0)
    given = failed(category="security", checks=("connection_cap_enforced",))
    assert first_cause(given, made)[0] == code


def test_a_leak_comes_before_everything_and_is_counted_in_messages() -> None:
    made = tape()
    for _ in range(3):
        made.hears(BOB, facts.Ignored(), mentions=(f"canary:{ALICE}", f"run:{ALICE}"))
    found = verdict(failed(), made)
    assert found.causes[0].code == "data_leak"
    assert "3 messages to 1 person" in found.reasons[0]
    assert found.causes[0].scenarios == ("here",)
    assert len(found.causes[0].records) == 3


def test_the_leak_that_is_told_is_the_one_that_is_shown() -> None:
    made = tape()
    made.hears(BOB, facts.Ignored(), mentions=("canary:s99/Zoe",))  # harder to picture
    other = second_scenario(made)
    made.comes("s02/Carol")
    made.hears("s02/Carol", facts.Ignored(), mentions=("canary:s02/Dan",))
    cause = verdict(failed(other), made).causes[0]
    assert cause.text.startswith("Data leak: Carol received the secret of Dan")
    assert (cause.scenario, cause.records[0]) == ("other", made.records[-1].seq)


def test_an_event_that_never_comes_explains_its_runs() -> None:
    made = thoughtless(bare())
    found = verdict(failed(), made)
    assert (found.causes[0].code, found.causes[0].subject) == ("event_missing", facts.THINKING)
    assert found.reasons[0].startswith("agent_thinking never arrives (0 of 4 runs)")
    assert len(found.causes) == 1


def test_a_message_that_cannot_be_read_is_no_missing_event() -> None:
    made = thoughtless(bare())
    for _ in range(4):
        made.hears(ALICE, facts.Unreadable(why="half a character"))
    found = verdict(failed(), made)
    assert [cause.code for cause in found.causes] == ["message_unreadable"]
    assert "half a character (4 of " in found.reasons[0]


def test_what_a_fault_has_truncated_is_not_the_services_unreadable_message() -> None:
    made = thoughtless(bare())
    made.add(records.Fault, name="truncate", connection=made.newest(ALICE), user=ALICE)
    made.hears(ALICE, facts.Unreadable(why="half a character"))
    assert first_cause(failed(), made) == ("event_missing", facts.THINKING)


def results_late(made: Tape, by_s: float, runs: int = 25) -> Tape:
    """The results of tools arrive late, and with them what follows; the last run is asked for."""
    made.comes(ALICE)
    made.ping(ALICE)
    for number in range(runs):
        made.asks(ALICE, f"q{number}", f"r-{number}")
        for event in whole_run(ALICE, f"r-{number}", at=made.at):
            made.at += by_s if event.type == facts.TOOL_COMPLETED else 0.0
            arrives(made, event)
    made.asks(ALICE, "last", "r-last")
    return made


@pytest.mark.parametrize(
    ("by_s", "expected"),
    [(1.2, ("events_late", facts.TOOL_COMPLETED)), (0.1, ("run_unfinished", ""))],
)
def test_a_run_whose_events_are_still_to_come_is_late_and_not_lost(
    by_s: float, expected: tuple[str, str]
) -> None:
    made = results_late(bare(), by_s)
    begun = whole_run(ALICE, "r-last", at=made.at)[0]
    made.at += by_s
    arrives(made, begun)
    assert first_cause(failed(checks=("every_question_answered",)), made) == expected


@pytest.mark.parametrize(
    ("by_s", "check", "expected"),
    [
        (1.2, "throughput_at_least", ("step_slow", facts.TOOL_COMPLETED)),
        (1.2, "every_type_within", ("step_slow", facts.TOOL_COMPLETED)),
        (0.1, "throughput_at_least", ("throughput_at_least", "")),
        (1.2, "memory_flat", ("memory_flat", "")),
    ],
)
def test_a_step_that_always_takes_long_is_why_runs_are_slow(
    by_s: float, check: str, expected: tuple[str, str]
) -> None:
    made = bare()
    made.comes(ALICE)
    for number in range(25):
        made.asks(ALICE, f"q{number}", f"r-{number}")
        for event in whole_run(ALICE, f"r-{number}"):
            made.at += by_s if event.type == facts.TOOL_COMPLETED else 0.0
            arrives(made, event)
    crowd = second_scenario(made, checks=(check,))
    given = failed(crowd, status="passed", checks=())
    assert first_cause(given, made) == expected


def test_of_two_slow_steps_the_slower_one_is_told() -> None:
    made = bare()
    made.comes(ALICE)
    slow = {facts.TOOL_EXECUTING: 1.2, facts.TOOL_COMPLETED: 2.5}
    for number in range(25):
        made.asks(ALICE, f"q{number}", f"r-{number}")
        for event in whole_run(ALICE, f"r-{number}"):
            made.at += slow.get(event.type, 0.0)
            arrives(made, event)
    crowd = second_scenario(made, checks=("throughput_at_least",))
    found = verdict(failed(crowd, status="passed", checks=()), made)
    assert (
        found.reasons[0] == f"{facts.TOOL_COMPLETED} usually takes 2.5 s (median over 1 scenario)."
    )


def test_a_slow_step_is_shown_by_the_events_that_were_waited_for_longest() -> None:
    made = bare()
    made.comes(ALICE)
    for number in range(25):
        made.asks(ALICE, f"q{number}", f"r-{number}")
        for event in whole_run(ALICE, f"r-{number}"):
            made.at += 1.2 if event.type == facts.TOOL_COMPLETED else 0.0
            arrives(made, event)
    crowd = second_scenario(made, checks=("throughput_at_least",))
    made.comes("s02/Carol")
    made.asks("s02/Carol", "c1", "c-1")
    for event in whole_run("s02/Carol", "c-1"):
        made.at += 1.4 if event.type == facts.TOOL_COMPLETED else 0.0
        made.event("s02/Carol", event)
        if event.type == facts.TOOL_COMPLETED:
            awaited = made.records[-1].seq
    cause = verdict(failed(crowd, status="passed", checks=()), made).causes[0]
    assert (cause.code, cause.records) == ("step_slow", (awaited,))


def test_a_step_that_takes_long_where_many_wait_is_no_cause() -> None:
    made = bare()
    made.comes(ALICE)
    for number in range(25):
        made.asks(ALICE, f"q{number}", f"r-{number}")
        made.at += 1.2
        for event in whole_run(ALICE, f"r-{number}"):
            arrives(made, event)
    crowd = second_scenario(made, status="passed")
    made.comes("s02/Carol")
    for number in range(25):
        made.asks("s02/Carol", f"c{number}", f"c-{number}")
        made.at += 1.2
        for event in whole_run("s02/Carol", f"c-{number}"):
            made.event("s02/Carol", msgspec.structs.replace(event, position=None))
    for user in ("s03/Dan", "s03/Eve", "s03/Fay"):
        made.scenario = f"s03{user}"
        made.starts(user, scenario_id=user)
        made.comes(user)
        made.run(user, f"q-{user}", f"r-{user}")
    given = failed(crowd, category="performance", checks=("throughput_at_least",))
    assert first_cause(given, made) == ("throughput_at_least", "")


def test_events_of_runs_that_nobody_asked_for_are_one_cause() -> None:
    made = bare()
    made.comes(ALICE)
    made.run(ALICE)
    arrives(made, whole_run(ALICE, "r-strange", at=made.at)[2])
    found = verdict(failed(checks=("complete_run",)), made)
    assert [cause.code for cause in found.causes] == ["run_unknown"]
    assert "tool_executing (1 of 6 events), in “Two users at work”" in found.reasons[0]


def test_the_events_of_a_run_of_another_user_are_no_unknown_run() -> None:
    made = bare()
    made.comes(ALICE)
    made.comes(BOB)
    made.run(ALICE)
    made.event(BOB, whole_run(ALICE)[2])
    assert first_cause(failed(checks=("acted_as_self_only",)), made)[0] == "data_leak"


def mixed_up() -> Tape:
    """Alice's first run lacks its start; thoughts of the others name its conversation."""
    made = bare()
    made.comes(ALICE)
    for number in range(4):
        made.says(ALICE, facts.Asked(request_id=f"q{number}"))
        run = facts.Accepted(request_id=f"q{number}", run_id=f"r-{number}", thread_id=f"t-{number}")
        made.hears(ALICE, run)
        for event in whole_run(ALICE, f"r-{number}", at=made.at)[number == 0 :]:
            thread = "t-0" if event.type == facts.THINKING else f"t-{number}"
            arrives(made, msgspec.structs.replace(event, thread_id=thread))
    return made


@pytest.mark.parametrize(
    ("absent", "cause"),
    [(1, ("event_misplaced", "tool_executing")), (9, ("event_missing", "tool_executing"))],
)
def test_an_event_that_often_comes_too_late_was_late_where_it_did_not_come_either(
    absent: int, cause: tuple[str, str]
) -> None:
    made = bare()
    made.comes(ALICE)
    for number in range(absent + 1):
        made.asks(ALICE, f"q{number}", f"r-{number}")
        run = whole_run(ALICE, f"r-{number}", at=made.at)
        executing = next(event for event in run if event.type == facts.TOOL_EXECUTING)
        rest = [event for event in run if event is not executing]
        place = 1 + [event.type for event in rest].index(facts.TOOL_COMPLETED)
        for event in rest if number else [*rest[:place], executing, *rest[place:]]:
            arrives(made, event)
    given = failed(checks=("complete_run",))
    assert first_cause(given, made) == cause
    assert ("in 1 of them not at all" in verdict(given, made).reasons[0]) is (absent == 1)


def test_what_is_missing_in_a_run_that_is_mixed_up_with_another_comes_of_that() -> None:
    found = verdict(failed(checks=("complete_run",)), mixed_up())
    assert [cause.code for cause in found.causes] == ["runs_mixed_up"]


def test_a_run_that_another_user_has_cancelled_does_not_come_of_a_mix_up() -> None:
    made = mixed_up()
    other = second_scenario(made, checks=("complete_run",))
    carol, dan = "s02/Carol", "s02/Dan"
    made.comes(carol)
    made.comes(dan)
    made.asks(carol, "q-c", "r-c")
    made.says(dan, facts.Cancelling(run_id="r-c"))
    made.event(carol, facts.Event(type=facts.STARTED, run_id="r-c"))
    end = {"status": "cancelled"}
    made.event(carol, facts.Event(type=facts.COMPLETED, run_id="r-c", data=end))
    found = verdict(failed(other, checks=("complete_run",)), made)
    codes = [cause.code for cause in found.causes]
    assert codes == ["run_cancelled_by_another", "runs_mixed_up"]


@pytest.mark.parametrize(("second", "code"), [("r-0", "run_id_reused"), ("r-1", "run_silent")])
def test_a_run_id_that_is_given_to_two_questions_is_why_their_runs_are_wrong(
    second: str, code: str
) -> None:
    made = bare()
    made.comes(ALICE)
    made.asks(ALICE, "q0", "r-0")
    made.asks(ALICE, "q1", second)
    for _ in range(2):
        for event in whole_run(ALICE, "r-0", at=made.at):
            arrives(made, event)
    assert first_cause(failed(checks=("complete_run",)), made)[0] == code


@pytest.mark.parametrize(
    ("checks", "category", "code"),
    [
        (("acted_as_self_only",), "security", "acted_as_self_only"),
        (("acted_as_self_only", "existence_not_revealed"), "security", "run_cancelled_by_another"),
        (("only_that_run_cancelled",), "functional", "run_cancelled_by_another"),
    ],
)
def test_a_run_that_was_cancelled_in_its_owners_name_alone_was_not_open_to_all(
    checks: tuple[str, ...], category: str, code: str
) -> None:
    made = Tape()
    made.opened()
    others = []
    for number, check in enumerate(checks):
        made.scenario = f"s{number}"
        made.starts(f"Scenario {number}", scenario_id=made.scenario)
        carol, dan = f"{made.scenario}/Carol", f"{made.scenario}/Dan"
        made.comes(carol)
        made.comes(dan)
        made.asks(carol, "q-c", "r-c")
        made.says(dan, facts.Cancelling(run_id="r-c"))
        made.event(carol, facts.Event(type=facts.STARTED, run_id="r-c"))
        end = {"status": "cancelled"}
        made.event(carol, facts.Event(type=facts.COMPLETED, run_id="r-c", data=end))
        others.append(outcome(category, id=made.scenario, status="failed", checks=(check,)))
    given = outcomes()
    given.scenarios += others
    assert first_cause(given, made)[0] == code


def test_a_cause_names_its_scenario_only_where_it_was_seen_in_no_other() -> None:
    made = bare()
    made.comes(ALICE)
    made.run(ALICE)
    arrives(made, whole_run(ALICE, at=made.at)[-1])
    other = second_scenario(made, status="passed")
    alone = verdict(failed(other, checks=("complete_run",)), made)
    assert alone.reasons[0].endswith("(1 of 1 run), in “Two users at work”.")
    made.comes("s02/Carol")
    made.run("s02/Carol", "q-c", "r-c")
    again = whole_run("s02/Carol", "r-c", at=made.at)[-1]
    made.event("s02/Carol", msgspec.structs.replace(again, position=made.stream["s02/Carol"] + 1))
    found = verdict(failed(other, checks=("complete_run",)), made)
    assert found.reasons[0].endswith("(2 of 2 runs).")


def test_of_some_runs_it_is_said_how_many() -> None:
    made = bare()
    made.comes(ALICE)
    for number in range(3):
        made.run(ALICE, f"q{number}", f"r-{number}")
    arrives(made, whole_run(ALICE, "r-2", at=made.at)[-1])
    found = verdict(failed(checks=("complete_run",)), made)
    assert (found.causes[0].code, found.causes[0].subject) == ("event_doubled", facts.COMPLETED)
    assert "(1 of 3 runs)" in found.reasons[0]


def test_a_resume_that_sends_less_than_promised_loses_events() -> None:
    made = bare()
    made.comes(ALICE)
    made.run(ALICE)
    made.cut(ALICE)
    made.connects(ALICE)
    made.resumes(ALICE, after=made.stream[ALICE] - 3)
    assert first_cause(failed(category="resilience"), made) == ("resume_loses", "")
    assert "3 missed events were promised, 0 came" in verdict(failed(), made).reasons[0]


def test_a_hole_in_a_replay_is_shown_by_the_events_around_it() -> None:
    made = bare()
    made.comes(ALICE)
    made.run(ALICE)
    made.cut(ALICE)
    made.connects(ALICE)
    made.resumes(ALICE, after=0)
    before = made.records[-1].seq
    for event in whole_run(ALICE)[:1] + whole_run(ALICE)[2:]:
        made.event(ALICE, event)
    (cause,) = verdict(failed(category="resilience", checks=("complete_run",)), made).causes
    assert (cause.code, cause.records) == ("resume_loses", (before, before + 1, before + 2))


def test_event_times_that_are_ahead_of_the_services_own_clock() -> None:
    made = bare()
    made.comes(ALICE)
    made.ping(ALICE)
    made.asks(ALICE, "q", "r")
    for event in whole_run(ALICE, "r", at=made.at + 90.0):
        made.event(ALICE, event)
    assert first_cause(failed(category="performance"), made) == ("event_times_off", "ahead")
    assert "90 s ahead of its own clock" in verdict(failed(), made).reasons[0]


def test_a_greeting_tells_another_time_than_the_pongs() -> None:
    made = bare()
    made.comes(ALICE, server_time=0.0)
    made.ping(ALICE)
    given = failed(category="security", checks=("closed_at_token_expiry",))
    assert first_cause(given, made) == ("greeting_time_off", "")
    assert "The greeting says that it is 0, and the pongs say" in verdict(given, made).reasons[0]


def test_a_failure_that_nothing_explains_speaks_for_itself() -> None:
    given = failed(checks=("same_conversation",), reason="Then …\nbut: another thread")
    assert first_cause(given, tape()) == ("same_conversation", "")
    assert verdict(given, tape()).causes[0].scenarios == ("here",)


def test_a_successful_attack_is_not_explained_by_what_is_lost() -> None:
    made = thoughtless(bare())
    given = failed(category="security", checks=("existence_not_revealed",))
    given.scenarios.append(outcome("integration", id="z", status="failed", checks=("other",)))
    assert first_cause(given, made) == ("existence_not_revealed", "")


@pytest.mark.parametrize(
    ("check", "codes"),
    [("every_type_within", ["every_type_within"]), ("steady", ["steady", "event_latency"])],
)
def test_late_events_are_one_reason_whether_a_scenario_or_a_criterion_saw_them(
    check: str, codes: list[str]
) -> None:
    made = tape()
    for _ in range(30):
        event = whole_run(ALICE, "r-0", at=made.at - 3.0)[1]
        made.hears(ALICE, msgspec.structs.replace(event, position=None), connection=f"{ALICE}#1")
    policy = Policy(leave_out=("recovery",), least_assessed=SMALL.least_assessed)
    found = verdict(failed(category="performance", checks=(check,)), made, policy)
    assert {"average_latency": "fail"}.items() <= {c.name: c.state for c in found.criteria}.items()
    assert [cause.code for cause in found.causes] == codes


@pytest.mark.parametrize("check", ["latency_within", "any_check"])
def test_the_slowest_events_show_that_events_are_late(check: str) -> None:
    made = bare()
    made.comes(ALICE)
    made.ping(ALICE)
    late = {}
    for number in range(30):
        made.asks(ALICE, f"q{number}", f"r-{number}")
        for event in whole_run(ALICE, f"r-{number}", at=made.at):
            made.at += number / 10 if event.type == facts.STARTED else 0.0
            arrives(made, event)
            late[made.records[-1].seq] = WALL + made.at - (event.timestamp or 0.0)
    given = failed(category="performance", checks=("latency_within",))
    if check == "any_check":  # then the criterion over all events says it
        given.scenarios[0] = msgspec.structs.replace(given.scenarios[0], status="passed", checks=())
    cause = verdict(given, made, Policy(least_assessed=SMALL.least_assessed)).causes[0]
    assert cause.scenario == "here"
    assert sorted(cause.records) == sorted(sorted(late, key=lambda number: late[number])[-3:])


def test_old_journals_without_ids_are_matched_by_name() -> None:
    made = bare()
    made.records[1] = msgspec.structs.replace(made.records[1], scenario_id="")
    made.signs_in(ALICE)
    made.refused(ALICE)
    found = verdict(failed(), made)
    assert found.causes[0].scenarios == ("here",)


def second_scenario(made: Tape, status: str = "failed", **what: Any) -> Any:
    """A scenario more, in the journal and among the outcomes."""
    made.scenario = "s02"
    made.starts("Another", scenario_id="other")
    return outcome("security", id="other", name="Another", status=status, **what)


def test_a_connection_that_ends_at_a_restart_of_ours_is_not_dropped() -> None:
    made = bare()
    made.comes(ALICE)
    made.add(records.Control, action="stop")
    made.ends(ALICE, by="network", code=None)
    given = failed(checks=("restart_announced",))
    assert first_cause(given, made) == ("restart_announced", "")


def test_a_close_that_is_never_answered_is_not_told_as_a_dropped_connection() -> None:
    made = bare()
    made.comes(ALICE)
    made.ends(ALICE, by="user", code=None, reason="the deployment never answered the close")
    given = failed(invariants=("unstable connection",), checks=("connections_stable",))
    assert first_cause(given, made)[0] == "close_unanswered"


def test_what_shows_in_the_failures_of_one_check_alone_does_not_speak_for_it() -> None:
    made = bare()
    made.comes(ALICE)
    made.ends(ALICE, by="network", code=None)
    alone = failed(checks=("rejected_as_documented",))
    assert first_cause(alone, made) == ("rejected_as_documented", "")
    other = second_scenario(made, checks=("oversize_refused",))
    made.comes(BOB)
    made.ends(BOB, by="network", code=None)
    both = failed(other, checks=("rejected_as_documented",))
    assert first_cause(both, made) == ("connections_dropped", "")


def test_a_check_that_could_only_not_say_comes_last() -> None:
    made = bare()
    unsure = second_scenario(made, checks=("handshake_refused",), unknown=True)
    given = failed(unsure, category="performance", checks=("latency_within",))
    assert first_cause(given, made) == ("latency_within", "")
    sure = msgspec.structs.replace(unsure, unknown=False)
    given = failed(sure, category="performance", checks=("latency_within",))
    assert first_cause(given, made) == ("handshake_refused", "")


def test_a_scenario_that_an_error_ended_comes_last() -> None:
    made = bare()
    broken = second_scenario(made, status="broken", reason="StepTimeout")
    given = failed(broken, category="performance", checks=("latency_within",))
    assert first_cause(given, made) == ("latency_within", "")


def test_a_gap_in_the_stream_is_the_cause_of_a_run_that_never_ends() -> None:
    made = bare()
    made.comes(ALICE)
    made.run(ALICE, "q0", "r-0")
    made.asks(ALICE, "q1", "r-1")
    for event in whole_run(ALICE, "r-1", first=made.stream[ALICE] + 1, at=made.at)[:-1]:
        made.event(ALICE, event)
    gap = msgspec.structs.replace(
        whole_run(ALICE, "r-2", at=made.at)[0], position=made.stream[ALICE] + 2
    )
    made.asks(ALICE, "q2", "r-2")
    made.event(ALICE, gap)
    assert first_cause(failed(checks=("complete_run",)), made)[0] == "events_lost"


def test_events_that_are_lost_where_users_return_say_so() -> None:
    made = bare()
    made.connects(ALICE, follows="resumed")
    made.run(ALICE, "q0", "r-0")
    made.cut(ALICE)
    made.connects(ALICE, follows="resumed")
    missed = made.stream[ALICE] + 2
    late = whole_run(ALICE, "r-0", at=made.at)[1]
    made.event(ALICE, msgspec.structs.replace(late, position=missed))
    given = failed(checks=("complete_run",))
    assert first_cause(given, made)[0] == "events_lost"
    assert "always right after a reconnect" in verdict(given, made).reasons[0]


def test_events_that_come_later_than_the_next_are_not_lost() -> None:
    made = bare()
    made.comes(ALICE)
    made.asks(ALICE, "q1", "r-1")
    events = whole_run(ALICE, "r-1", at=made.at)
    for position in (1, 3, 2, *range(4, len(events) + 1)):
        made.event(ALICE, msgspec.structs.replace(events[position - 1], position=position))
    assert first_cause(failed(checks=("complete_run",)), made)[0] == "events_disordered"


def test_runs_that_go_wrong_only_after_a_dropped_connection_say_so() -> None:
    made = bare()
    made.comes(ALICE)
    made.asks(ALICE, "q1", "r-1")
    events = whole_run(ALICE, "r-1", at=made.at)
    made.cut(ALICE)
    made.connects(ALICE)
    made.resumes(ALICE, after=0)
    for event in events[1:]:
        arrives(made, msgspec.structs.replace(event, position=None))
    assert first_cause(failed(checks=("complete_run",)), made)[0] == "event_missing"
    text = verdict(failed(checks=("complete_run",)), made).reasons[0]
    assert "always after a dropped connection" in text


def test_a_replay_in_the_wrong_order_is_not_told_as_a_loss() -> None:
    made = bare()
    made.comes(ALICE)
    events = whole_run(ALICE, "r-1", at=made.at)
    made.asks(ALICE, "q1", "r-1")
    made.event(ALICE, msgspec.structs.replace(events[0], position=1))
    made.cut(ALICE)
    made.connects(ALICE)
    rest = [msgspec.structs.replace(e, position=n) for n, e in enumerate(events[1:], start=2)]
    made.stream[ALICE] = len(events)
    made.resumes(ALICE, after=1)
    for event in reversed(rest):
        made.event(ALICE, event)
    assert first_cause(failed(checks=("complete_run",)), made)[0] == "resume_disorders"


@pytest.mark.parametrize(("late", "expected"), [(1, "resume_disorders"), (0, "resume_loses")])
def test_missed_events_that_come_too_late_elsewhere_are_not_told_as_a_loss(
    late: int, expected: str
) -> None:
    made = bare()
    made.comes(ALICE)
    made.run(ALICE, "q1", "r-1")
    made.cut(ALICE)
    events = whole_run(ALICE, "r-2", at=made.at)
    for number in range(late + 1):
        made.connects(ALICE)
        made.resumes(ALICE, after=made.stream[ALICE] - 1)
        live = msgspec.structs.replace(events[number], position=made.stream[ALICE] + 1)
        missed = msgspec.structs.replace(live, position=made.stream[ALICE])
        made.event(ALICE, live)
        if number:
            made.event(ALICE, missed)
        made.stream[ALICE] = live.position or 0
        made.ends(ALICE, by="user")
    assert first_cause(failed(checks=("complete_run",)), made)[0] == expected


def test_a_subprotocol_that_was_not_offered_is_one_cause() -> None:
    made = bare()
    made.comes(ALICE)
    other = second_scenario(made, checks=("established_within",))
    made.comes(BOB)
    for place, record in enumerate(made.records):
        if isinstance(record, records.Connected):
            made.records[place] = msgspec.structs.replace(record, agreed=False)
    given = failed(other, checks=("admitted",))
    assert first_cause(given, made) == ("subprotocol_not_agreed", "")


def test_every_detector_may_break_without_breaking_the_verdict(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_: object) -> NoReturn:
        raise RuntimeError("no such thing")

    monkeypatch.setattr("support.approval.causes.ranking.DETECTORS", [broken])
    assert first_cause(failed(), tape()) == ("any_check", "")
    found = verdict(failed(), tape())
    [remark] = found.remarks
    assert "broken (RuntimeError: no such thing)" in remark
    view = view_of(found)
    for shown in (decision_html(view), decision_markdown(view), step_summary(view)):
        assert "no such thing" in shown
    assert remark in terminal_text(view, None)


def test_detectors_that_work_leave_no_remark() -> None:
    assert verdict(failed(), tape()).remarks == ()


def returns(made: Tape, replay_s: float, *, whole: bool = True) -> None:
    """Alice loses her connection, misses a run, and is back; her missed events come so late."""
    after = made.stream[ALICE]
    made.cut(ALICE)
    made.stream[ALICE] += 5
    made.connects(ALICE)
    made.resumes(ALICE, after)
    made.at += replay_s
    run = f"r-{made.devices[ALICE]}"
    for event in whole_run(ALICE, run, first=after + 1, at=made.at) if whole else ():
        made.event(ALICE, event)
    made.ends(ALICE)


@pytest.mark.parametrize(
    ("usual_s", "stayed_s", "expected"),
    [
        (7.0, 5.0, "resume_slow"),
        (7.0, 9.0, "resume_loses"),  # longer than a replay usually takes
        (0.1, 0.05, "resume_loses"),  # it takes no time to speak of
    ],
)
def test_missed_events_that_are_still_to_come_are_late_and_not_lost(
    usual_s: float, stayed_s: float, expected: str
) -> None:
    made = bare()
    made.comes(ALICE)
    for _ in range(6):
        returns(made, usual_s)
    second = second_scenario(made, checks=("resumed_where_left",))
    made.comes(ALICE)
    returns(made, stayed_s, whole=False)
    found = verdict(failed(second, status="passed", checks=()), made)
    assert found.causes[0].code == expected, found.causes
    if expected == "resume_slow":
        assert "usually come after 7.0 s (7 of 7 resumes)" in found.reasons[0]
        assert len(found.causes) == 1


@pytest.mark.parametrize(("to_tablet", "expected"), [(0, "device_silent"), (1, "devices_agree")])
def test_a_device_that_receives_nothing_of_what_another_does_is_one_cause(
    to_tablet: int, expected: str
) -> None:
    made = bare()
    phone = made.comes(ALICE)
    made.connects(ALICE)
    made.subscribes(ALICE)
    made.asks(ALICE)
    events = whole_run(ALICE, at=made.at)
    for event in events:
        made.event(ALICE, event, connection=phone)
    for event in events[:to_tablet]:
        made.event(ALICE, event)
    made.fence(ALICE)
    crowd = second_scenario(made, status="passed")
    found = verdict(failed(crowd, checks=("devices_agree",)), made)
    assert found.causes[0].code == expected, found.causes


def test_a_device_without_a_round_trip_has_not_been_shown_to_be_silent() -> None:
    made = bare()
    phone = made.comes(ALICE)
    made.connects(ALICE)
    made.subscribes(ALICE)
    for event in whole_run(ALICE, at=made.at):
        made.event(ALICE, event, connection=phone)
    found = verdict(failed(checks=("devices_agree",)), made)
    assert found.causes[0].code == "devices_agree", found.causes


@pytest.mark.parametrize(("takes_s", "expected"), [(3.0, "connect_slow"), (0.1, "admitted")])
def test_a_token_that_expires_while_a_slow_connection_is_made_is_no_further_cause(
    takes_s: float, expected: str
) -> None:
    made = bare()
    for number in range(20):
        slow_connection(made, f"s01/Person{number}", takes_s)
    second = second_scenario(made, checks=("admitted",))
    connection = made.tries("s02/Alice", expect="admitted")
    made.at += takes_s
    made.add(records.Refused, connection=connection, user="s02/Alice", how="close", status=4401)
    found = verdict(failed(second, status="passed", checks=()), made)
    assert [cause.code for cause in found.causes] == [expected], found.causes


def slow_connection(made: Tape, user: str, takes_s: float) -> None:
    """A handshake, and the greeting after that time."""
    made.connects(user)
    made.records[-3] = msgspec.structs.replace(made.records[-3], t=made.at - takes_s)
