"""Coming back where it is hard, as checks see it: odd places, twice, after a crash, an outage."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from histories import ALICE, BOB, EPOCH, Tape, whole_run

from support.checks.event_content import SAME, content
from support.checks.outage import (
    answered_in_outage,
    let_in_meanwhile,
    outage_reported,
    recovered_from_outage,
    sign_in_recovers,
)
from support.checks.recovery import (
    accepted_runs_ended,
    resume_refused,
    same_replay,
    was_disconnected,
)
from support.checks.shutdown import runs_survived_restart
from support.checks.stream import missed_events_replayed
from support.dialects.canonical import EVENT_DATA
from support.journal import facts, records
from support.measures.scope import under_fault

EXPIRED = ("expired",)


def left_in_mid_run(by: str = "fault") -> Tape:
    """Alice has asked, seen two of five events, and lost the connection."""
    tape = Tape()
    tape.comes(ALICE)
    tape.asks(ALICE)
    for event in whole_run(ALICE)[:2]:
        tape.event(ALICE, event)
    tape.add(records.Fault, name="cut", connection=tape.newest(ALICE), user=ALICE)
    tape.ends(ALICE, by=by, code=None)
    return tape


def comes_back(tape: Tape, *, to: int = 2, shown: int = 5, **answer: Any) -> None:
    """Alice resumes after position `to` and is shown the run up to event `shown`."""
    tape.stream[ALICE] = 5
    tape.connects(ALICE)
    tape.resumes(ALICE, to, **answer)
    for event in whole_run(ALICE)[to:shown]:
        tape.event(ALICE, event)


@pytest.mark.parametrize(
    ("event", "where", "state"),
    [
        ("agent_thinking", "right after", "passed"),
        ("agent_started", "right after", "unknown"),
        ("tool_executing", "right after", "unknown"),
        ("tool_executing", "in", "passed"),
        ("agent_thinking", "in", "unknown"),
    ],
)
def test_a_cut_counts_where_it_was_meant_to_be(event: str, where: Any, state: str) -> None:
    history = left_in_mid_run("network" if where == "in" else "fault").history
    assert was_disconnected(ALICE, event, where)(history).state == state


@pytest.mark.parametrize(("came", "state"), [(3, "passed"), (4, "unknown"), (2, "unknown")])
def test_a_cut_counts_where_missed_events_come_before_the_greeting(came: int, state: str) -> None:
    tape = left_in_mid_run()
    connection = tape.tries(ALICE)
    tape.add(records.Connected, connection=connection, user=ALICE, took_ms=1.0)
    for event in whole_run(ALICE)[2:came]:
        tape.event(ALICE, event)
    tape.ends(ALICE, by="network", code=None)
    assert was_disconnected(ALICE, "tool_completed", "in")(tape.history).state == state


def test_a_cut_counts_once_something_had_been_asked() -> None:
    quiet = Tape()
    quiet.comes(ALICE)
    quiet.cut(ALICE)
    assert was_disconnected(ALICE, "agent_started", "in")(quiet.history).state == "unknown"


@pytest.mark.parametrize(("shown", "state"), [(3, "passed"), (4, "unknown"), (5, "unknown")])
def test_a_cut_after_a_resume_counts_while_missed_events_are_coming(shown: int, state: str) -> None:
    tape = left_in_mid_run()
    comes_back(tape, shown=shown)
    tape.ends(ALICE, by="network", code=None)
    assert was_disconnected(ALICE, "tool_completed", "in")(tape.history).state == state


@pytest.mark.parametrize(("meanwhile", "state"), [(True, "passed"), (False, "unknown")])
def test_being_let_in_meanwhile_is_being_let_in_during_the_outage(
    meanwhile: bool, state: str
) -> None:
    tape = Tape()
    tape.add(records.Control, action="stop", part="auth", done=True)
    if meanwhile:
        tape.connects(ALICE)
    gives_back(tape, "auth")
    tape.connects(ALICE)
    assert let_in_meanwhile(ALICE, "auth")(tape.history).state == state


def test_being_refused_meanwhile_fails() -> None:
    tape = Tape()
    tape.add(records.Control, action="stop", part="auth", done=True)
    tape.refused(ALICE)
    gives_back(tape, "auth")
    assert let_in_meanwhile(ALICE, "auth")(tape.history).state == "failed"


def test_a_connection_that_broke_by_itself_is_no_cut_of_ours() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.asks(ALICE)
    tape.ends(ALICE, by="network", code=None)
    assert was_disconnected(ALICE, "agent_started", "in")(tape.history).state == "failed"


# --- places that cannot be had


def claims(after: int, *, live: bool = True, **answer: Any) -> Tape:
    """Alice has seen a run, comes back to a place after `after`, and sees another run."""
    tape = Tape()
    tape.comes(ALICE)
    tape.run(ALICE)
    tape.cut(ALICE)
    tape.connects(ALICE)
    tape.says(ALICE, facts.Subscribing(epoch=EPOCH, after=after))
    told = {"recovered": False, "reason": "expired"}
    tape.hears(ALICE, facts.Subscribed(**{**told, **answer}))
    if live:
        tape.run(ALICE, "q2", "r-2")
    return tape


def test_a_stated_reason_and_live_events_from_then_on_are_right() -> None:
    assert resume_refused(ALICE, EXPIRED)(claims(0).history).state == "passed"


@pytest.mark.parametrize(("epoch", "expected"), [(EPOCH, "unknown"), ("another", "failed")])
@pytest.mark.parametrize("answer", [{"recovered": True, "count": 0}, {"reason": "gap"}])
def test_a_future_position_that_was_reached_meanwhile_proves_nothing(
    answer: dict[str, Any], epoch: str, expected: str
) -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.run(ALICE)
    tape.cut(ALICE)
    tape.connects(ALICE, position=tape.stream[ALICE] + 1)
    tape.says(ALICE, facts.Subscribing(epoch=epoch, after=tape.stream[ALICE] + 1))
    tape.hears(ALICE, facts.Subscribed(**{"recovered": False, "reason": "expired", **answer}))
    tape.run(ALICE, "q2", "r-2")
    assert resume_refused(ALICE, EXPIRED)(tape.history).state == expected


def test_a_future_position_is_refused_while_nothing_has_happened() -> None:
    assert resume_refused(ALICE, EXPIRED)(claims(8).history).state == "passed"
    refusal = claims(8, recovered=True, count=0)
    assert resume_refused(ALICE, EXPIRED)(refusal.history).state == "failed"


def test_a_claim_to_have_recovered_is_not() -> None:
    finding = resume_refused(ALICE, EXPIRED)(claims(0, recovered=True, count=0).history)
    assert "claims to have recovered everything" in finding.summary


@pytest.mark.parametrize(
    ("came", "epoch", "expected"),
    [(5, EPOCH, "unknown"), (4, EPOCH, "failed"), (5, "e-other", "failed")],
)
def test_who_keeps_more_than_announced_has_lost_nothing(
    came: int, epoch: str, expected: str
) -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.run(ALICE)
    tape.cut(ALICE)
    tape.connects(ALICE)
    tape.says(ALICE, facts.Subscribing(epoch=epoch, after=0))
    tape.hears(ALICE, facts.Subscribed(recovered=True, first=1, last=5, count=5))
    for event in whole_run(ALICE)[-came:]:
        tape.event(ALICE, event)
    tape.run(ALICE, "q2", "r-2")
    assert resume_refused(ALICE, EXPIRED)(tape.history).state == expected


@pytest.mark.parametrize("reason", [None, "unknown_epoch"])
def test_another_reason_or_none_is_not_right_either(reason: str | None) -> None:
    finding = resume_refused(ALICE, EXPIRED)(claims(0, reason=reason).history)
    assert finding.state == "failed"


def test_old_events_must_not_come_in_spite_of_it() -> None:
    tape = claims(0, live=False)
    tape.event(ALICE, whole_run(ALICE)[4])
    finding = resume_refused(ALICE, EXPIRED)(tape.history)
    assert "1 earlier event came although the resume was refused" in finding.summary


def test_without_anything_live_afterwards_silence_proves_nothing() -> None:
    assert resume_refused(ALICE, EXPIRED)(claims(0, live=False).history).state == "unknown"


def test_a_claim_that_is_never_answered_fails() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.connects(ALICE)
    tape.says(ALICE, facts.Subscribing(epoch=EPOCH, after=7))
    assert resume_refused(ALICE, EXPIRED)(tape.history).state == "failed"


# --- twice


def test_two_returns_to_one_place_show_the_same() -> None:
    tape = left_in_mid_run()
    comes_back(tape)
    comes_back(tape)
    assert same_replay(ALICE)(tape.history).state == "passed"


def test_a_second_return_that_shows_less_is_found() -> None:
    tape = left_in_mid_run()
    comes_back(tape)
    comes_back(tape, shown=4, last=4, count=2)
    assert same_replay(ALICE)(tape.history).state == "failed"


def changed(event: facts.Event) -> facts.Event:
    return msgspec.structs.replace(event, data={**event.data, "text": "", "tool": ""})


def test_a_second_return_that_shows_something_else_is_found() -> None:
    tape = left_in_mid_run()
    comes_back(tape)
    comes_back(tape, shown=2)
    for event in whole_run(ALICE)[2:]:
        tape.event(ALICE, changed(event))
    finding = same_replay(ALICE)(tape.history)
    said = "it differs: event 3 (tool_executing) says something else on return 2"
    assert (finding.state, finding.summary) == ("failed", said)


@pytest.mark.parametrize(
    ("first", "again", "same"),
    [
        (0.1 + 0.2, 0.3, True),
        ({"rows": [{"sum": 0.1 + 0.2}]}, {"rows": [{"sum": 0.3}]}, True),
        ({"sum": 1.0}, {"sum": 1}, True),
        ({"sum": 0.3}, {"sum": 0.4}, False),
        ([1], [2], False),
        ([1], [1, 1], False),
        ({"a": 1}, {"b": 1}, False),
        (10**400, 0.5, False),
        ("0.30000000000000004", "0.3", False),
        ({"a": []}, {"a": {}}, False),
    ],
)
def test_numbers_may_be_rounded_at_any_depth(first: object, again: object, same: bool) -> None:
    event, other = (
        facts.Event(type=facts.TOOL_COMPLETED, run_id="r-1", position=1, data={"result": result})
        for result in (first, again)
    )
    assert (content(event) == content(other)) is same
    assert (content(event) != content(other)) is not same


def test_a_result_may_be_nested_deeply() -> None:
    deep: object = 1
    for _ in range(5000):
        deep = [deep]
    event = facts.Event(type=facts.TOOL_COMPLETED, run_id="r-1", position=1, data={"result": deep})
    assert content(event) == content(event)


@pytest.mark.parametrize(("as_before", "state"), [(True, "passed"), (False, "failed")])
def test_a_replay_shows_what_was_shown_before(as_before: bool, state: str) -> None:
    tape = left_in_mid_run()
    comes_back(tape, to=0, shown=0)
    for event in whole_run(ALICE):
        tape.event(ALICE, event if as_before else changed(event))
    assert missed_events_replayed(ALICE)(tape.history).state == state


DELIVERY = {"replayed": True, "delivered_at": "2026-11-22T15:18:26Z", "sent_to": {"device": 2}}


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("more", [{"duration_ms": 0.25}, {"step": 1.0}, DELIVERY])
def test_a_replay_may_round_numbers_and_say_more_about_the_delivery(
    number: int, more: dict[str, Any]
) -> None:
    tape = left_in_mid_run()
    comes_back(tape, to=0, shown=0)
    for at, event in enumerate(whole_run(ALICE)):
        data = {**event.data, **more} if at == number else event.data
        replayed = msgspec.structs.replace(event, data=data, thread_id=None, timestamp=1.0)
        tape.event(ALICE, replayed)
    assert missed_events_replayed(ALICE)(tape.history).state == "passed"


def test_what_must_be_the_same_is_of_the_data_that_events_have() -> None:
    assert SAME.keys() == EVENT_DATA.keys()
    for kind, names in SAME.items():
        assert set(names) <= EVENT_DATA[kind].keys()


def test_one_return_alone_says_nothing() -> None:
    tape = left_in_mid_run()
    comes_back(tape)
    assert same_replay(ALICE)(tape.history).state == "unknown"


# --- crashes


def crashed(end: str = facts.COMPLETED, code: str = "", *, events: int = 5) -> Tape:
    """The service is killed in the middle of Alice's run, and started again."""
    tape = left_in_mid_run()
    for action in ("kill", "start"):
        tape.add(records.Control, action=action)
        tape.add(records.Control, action=action, done=True)
    run = whole_run(ALICE, end=end)
    if code:
        run[-1].data["code"] = code
    tape.stream[ALICE] = 5
    tape.connects(ALICE)
    tape.resumes(ALICE, 2)
    for event in run[2:events]:
        tape.event(ALICE, event)
    return tape


def test_a_run_that_goes_on_after_the_crash_is_kept() -> None:
    assert accepted_runs_ended([ALICE])(crashed().history).state == "passed"


def test_a_run_that_ends_as_interrupted_is_kept_as_well() -> None:
    assert (
        accepted_runs_ended([ALICE])(crashed(facts.FAILED, "interrupted").history).state == "passed"
    )


def test_a_run_that_fails_for_another_reason_is_not() -> None:
    finding = accepted_runs_ended([ALICE])(crashed(facts.FAILED, "E_OTHER").history)
    assert "ended in failure E_OTHER" in finding.summary


def test_a_run_that_stays_open_is_lost() -> None:
    finding = accepted_runs_ended([ALICE])(crashed(events=4).history)
    assert "question 1 of Alice: the run never ended" in finding.summary


def test_a_crash_when_nobody_was_at_work_proves_nothing() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.run(ALICE)
    tape.add(records.Control, action="kill")
    assert accepted_runs_ended([ALICE])(tape.history).state == "unknown"


# --- outages


def outage(
    *,
    http: int | None = 503,
    answer: facts.Fact | None = None,
    after_s: float = 0.1,
) -> Tape:
    """The store is away; health is asked, and Bob asks a question that gets `answer`."""
    tape = Tape()
    tape.starts()
    tape.comes(BOB)
    tape.add(records.Control, action="stop", part="store", done=True)
    tape.add(records.Health, http=http, healthy=http == 200, status="…")
    tape.says(BOB, facts.Asked(request_id="q1"))
    tape.at += after_s
    if answer is not None:
        tape.hears(BOB, answer)
    gives_back(tape)
    return tape


def gives_back(tape: Tape, part: str = "store") -> None:
    tape.add(records.Control, action="start", part=part)
    tape.add(records.Control, action="start", part=part, done=True)


TOLD = facts.Rejected(code="overloaded", message="Try again.", request_id="q1")


def test_an_outage_that_is_admitted_and_reported_in_time_is_right() -> None:
    history = outage(answer=TOLD).history
    assert outage_reported("store", 5)(history).state == "passed"
    assert answered_in_outage(BOB, "store", 5)(history).state == "passed"


@pytest.mark.parametrize(
    ("http", "said"), [(200, "went on saying that all is well"), (None, "health gave no answer")]
)
def test_an_outage_that_health_does_not_admit_fails(http: int | None, said: str) -> None:
    finding = outage_reported("store", 5)(outage(http=http).history)
    assert (finding.state, said in finding.summary) == ("failed", True)


def test_an_outage_that_is_admitted_late_fails() -> None:
    tape = Tape()
    tape.add(records.Control, action="stop", part="store", done=True)
    tape.at += 6
    tape.add(records.Health, http=503)
    assert "only after 6" in outage_reported("store", 5)(tape.history).summary


def test_what_health_says_after_the_outage_admits_nothing() -> None:
    tape = Tape()
    tape.add(records.Control, action="stop", part="store", done=True)
    gives_back(tape)
    tape.add(records.Health, http=503)
    assert outage_reported("store", 5)(tape.history).state == "unknown"


def test_silence_in_an_outage_fails() -> None:
    finding = answered_in_outage(BOB, "store", 5)(outage().history)
    assert "neither rejected nor accepted" in finding.summary


def test_an_error_that_comes_late_fails() -> None:
    finding = answered_in_outage(BOB, "store", 5)(outage(answer=TOLD, after_s=6).history)
    assert (finding.state, "only after 6" in finding.summary) == ("failed", True)


def test_silence_until_the_store_is_back_fails_however_soon_that_is() -> None:
    tape = outage()
    tape.hears(BOB, TOLD)
    finding = answered_in_outage(BOB, "store", 5)(tape.history)
    assert (finding.state, "once the store was back" in finding.summary) == ("failed", True)


def test_a_request_that_is_accepted_must_be_answered() -> None:
    taken = facts.Accepted(request_id="q1", run_id="r-1", thread_id="t-1")
    finding = answered_in_outage(BOB, "store", 5)(outage(answer=taken).history)
    assert "a request was accepted, and then no event of the run arrived" in finding.summary


def test_a_whole_run_in_the_outage_is_an_answer() -> None:
    tape = Tape()
    tape.comes(BOB)
    tape.add(records.Control, action="stop", part="store", done=True)
    tape.run(BOB)
    assert answered_in_outage(BOB, "store", 5)(tape.history).state == "passed"


def test_an_error_without_words_is_no_answer() -> None:
    bare = facts.Rejected(request_id="q1", problems=("message is missing",))
    finding = answered_in_outage(BOB, "store", 5)(outage(answer=bare).history)
    assert "the error is wrong: message is missing" in finding.summary


@pytest.mark.parametrize(("http", "state"), [(200, "passed"), (503, "failed"), (None, "failed")])
def test_the_last_word_of_health_decides_whether_it_is_over(http: int | None, state: str) -> None:
    tape = outage()
    tape.add(records.Health, http=http, healthy=http == 200)
    assert recovered_from_outage("store", 10)(tape.history).state == state


def test_an_outage_that_is_over_late_fails() -> None:
    tape = outage()
    tape.at += 11
    tape.add(records.Health, http=200, healthy=True)
    assert "only well 11" in recovered_from_outage("store", 10)(tape.history).summary


def test_runs_that_had_ended_before_an_outage_prove_nothing() -> None:
    tape = Tape()
    tape.starts()
    tape.comes(BOB)
    tape.run(BOB)
    tape.add(records.Control, action="stop", part="store")
    assert runs_survived_restart([BOB], "store")(tape.history).state == "unknown"


def auth_outage(*, status: int | None = None, took_ms: float = 3.0, after: bool = True) -> Tape:
    """Bob tries to sign in while nobody can, and once more when it is over."""
    tape = Tape()
    tape.add(records.Control, action="stop", part="auth", done=True)
    tape.add(
        records.SignedIn,
        user=BOB,
        ok=False,
        way="service",
        status=status,
        took_ms=took_ms,
        detail="no",
    )
    gives_back(tape, "auth")
    tape.add(records.SignedIn, user=BOB, ok=after, way="service", user_id="u-bob")
    return tape


@pytest.mark.parametrize(
    ("told", "state", "summary"),
    [
        ({}, "passed", "signed in afterwards"),
        ({"status": 503}, "passed", "signed in afterwards"),
        ({"status": 401}, "failed", "blamed the user"),
        ({"took_ms": 6000.0}, "failed", "left waiting for 6.0 s"),
        ({"after": False}, "failed", "still not possible"),
    ],
)
def test_an_outage_of_sign_in_is_reported_in_time_and_blames_nobody(
    told: dict[str, Any], state: str, summary: str
) -> None:
    finding = sign_in_recovers(BOB, 5)(auth_outage(**told).history)
    assert (finding.state, summary in finding.summary) == (state, True)


def test_scenarios_with_an_outage_or_a_fault_do_not_show_normal_service() -> None:
    tape = outage()
    assert under_fault(tape.history) == {"s01"}
    assert under_fault(left_in_mid_run().history) == {"s01"}
    calm = Tape()
    calm.comes(ALICE)
    assert under_fault(calm.history) == set()
