"""Tools, failures, devices, restarts, requests of every kind, and how soon an answer begins."""

from __future__ import annotations

import msgspec
import pytest
from histories import ALICE, BOB, Tape, whole_run

from support.checks.connections import connections_freed, unaffected
from support.checks.devices import (
    announcement_received_by_all,
    devices_agree,
    only_user_answered,
)
from support.checks.finding import Check
from support.checks.latency import first_sign_within
from support.checks.requests import (
    outbox_delivered,
    overflow_reported,
    oversize_refused,
    ran_once,
    rejected_as_documented,
)
from support.checks.runs import answer_right
from support.checks.shutdown import restart_announced, runs_survived_restart
from support.checks.tools import failed_without_internals, only_that_run_cancelled, results_belong
from support.journal import facts, records

replace = msgspec.structs.replace


def state(check: Check, tape: Tape) -> str:
    return check(tape.history).state


def chatting(*people: str) -> Tape:
    tape = Tape()
    for person in people or (ALICE,):
        tape.comes(person)
    return tape


def receives(tape: Tape, run: list[facts.Event], request: str = "q1", **asked: object) -> Tape:
    """Alice asks, and gets this run."""
    tape.says(ALICE, facts.Asked(request_id=request, **asked))
    tape.hears(ALICE, facts.Accepted(request_id=request, run_id=run[0].run_id))
    for event in run:
        tape.event(ALICE, event)
    return tape


# --- the first sign of an answer


def questions(*waits_s: float | None) -> Tape:
    """A question each, and its first event after so many seconds (None: never)."""
    tape = chatting()
    for number, wait_s in enumerate(waits_s):
        tape.asks(ALICE, f"q{number}", f"r-{number}")
        if wait_s is not None:
            tape.at += wait_s
            tape.event(ALICE, whole_run(run=f"r-{number}", first=tape.stream[ALICE] + 1)[0])
    return tape


def test_a_first_sign_in_time_passes() -> None:
    assert state(first_sign_within(1.0), questions(*[0.9] * 99, 1.5)) == "passed"


@pytest.mark.parametrize("late", [1.5, None])
def test_more_than_one_in_a_hundred_late_or_missing_fails(late: float | None) -> None:
    assert state(first_sign_within(1.0), questions(*[0.1] * 98, late, late)) == "failed"


@pytest.mark.parametrize(("lag_ms", "state_then"), [(600.0, "unknown"), (400.0, "failed")])
def test_a_late_sign_that_our_own_machine_explains_is_unknown(
    lag_ms: float, state_then: str
) -> None:
    tape = questions(*[0.1] * 98, 1.5, 1.5)
    for second in range(16):
        tape.add(records.Sample, name="loop_lag_ms", value=lag_ms, t=float(second))
    assert state(first_sign_within(1.0), tape) == state_then


def test_too_few_questions_tell_nothing_of_first_signs() -> None:
    assert state(first_sign_within(1.0), questions(*[0.1] * 99)) == "unknown"


# --- answers and tools


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"answer": ("84",)}, "passed"),
        ({"answer": ("84", "42")}, "failed"),
        ({"answer": ()}, "unknown"),
        ({"answer": ("84",), "ends": "failed"}, "failed"),
    ],
    ids=str,
)
def test_an_answer_is_right_when_it_has_all_the_words(
    asked: dict[str, object], expected: str
) -> None:
    assert state(answer_right(ALICE, "q1"), receives(chatting(), whole_run(), **asked)) == expected


def test_without_known_words_no_answer_is_known_to_be_right() -> None:
    tape = receives(chatting(), whole_run(), answer=())
    found = answer_right(ALICE, "q1")(tape.history)
    assert (found.state, found.cause) == ("unknown", "environment")


def test_a_run_without_its_end_has_no_right_answer() -> None:
    tape = receives(chatting(), whole_run()[:-1], answer=("84",))
    assert state(answer_right(ALICE, "q1"), tape) == "failed"


def with_results(first: object, second: object, response: str = "84 and Rome") -> Tape:
    run = []
    for event in whole_run(tools=2):
        if event.type == facts.TOOL_COMPLETED:
            result = first if event.data["tool"] == "tool1" else second
            event = replace(event, data={**event.data, "result": result})
        elif event.type == facts.COMPLETED:
            event = replace(event, data={**event.data, "response": response})
        run.append(event)
    return receives(chatting(), run)


@pytest.mark.parametrize(
    ("tape", "expected"),
    [
        (with_results("84", "Rome"), "passed"),
        (with_results("84.0", {"found": ["Rome"]}), "passed"),
        (with_results({"value": 84}, "Rome"), "passed"),
        (with_results(84.0, "Rome"), "passed"),
        (with_results("Rome", "84"), "failed"),
        (with_results("84 Rome", "84 Rome"), "failed"),
        (with_results("84", "Rome", response="84"), "failed"),
        (receives(chatting(), whole_run(tools=1)), "failed"),
        (chatting(), "unknown"),
    ],
    ids=[
        "own",
        "as decimals",
        "in an object",
        "a number",
        "exchanged",
        "the same",
        "unused",
        "one tool",
        "no run",
    ],
)
def test_results_belong_to_their_calls(tape: Tape, expected: str) -> None:
    check = results_belong(ALICE, "q1", {"tool1": "84", "tool2": "Rome"})
    assert state(check, tape) == expected


def test_a_tool_that_does_not_say_how_it_went_went_well() -> None:
    run = with_results("84", "Rome").history.facts(facts.Event, user=ALICE)
    silent = [
        replace(s.fact, data={key: value for key, value in s.fact.data.items() if key != "ok"})
        for s in run
    ]
    check = results_belong(ALICE, "q1", {"tool1": "84", "tool2": "Rome"})
    assert state(check, receives(chatting(), silent)) == "passed"


def thoughtless(run: list[facts.Event]) -> list[facts.Event]:
    return [event for event in run if event.type != facts.THINKING]


def test_events_that_the_dialect_lacks_are_not_missing_from_failed_and_cancelled_runs() -> None:
    lacks = (facts.THINKING,)
    tape = chatting()
    tape.asks(ALICE, run=None)
    tape.hears(ALICE, facts.Accepted(request_id="q1", run_id="r-1", lacks=lacks))
    for event in thoughtless(whole_run(end=facts.FAILED)):
        tape.event(ALICE, event)
    assert state(failed_without_internals(ALICE, "q1", "E_X"), tape) == "passed"
    tape = chatting()
    for request, run, status in (("q1", "r-1", "cancelled"), ("q2", "r-2", "succeeded")):
        tape.says(ALICE, facts.Asked(request_id=request))
        tape.hears(ALICE, facts.Accepted(request_id=request, run_id=run, lacks=lacks))
        tape.says(ALICE, facts.Cancelling(run_id="r-1"))
        for event in thoughtless(whole_run(run=run, first=tape.stream[ALICE] + 1, status=status)):
            tape.event(ALICE, event)
    assert state(only_that_run_cancelled(ALICE, "q1", ["q2"], 10), tape) == "passed"


def failing(text: str = "…", kind: str = facts.FAILED) -> Tape:
    tape = chatting()
    tape.asks(ALICE)
    *run, end = whole_run(end=kind)
    for event in run:
        tape.event(ALICE, event)
    tape.event(ALICE, end, text=text)
    return tape


@pytest.mark.parametrize(
    "internal",
    [
        "Traceback (most recent call last)",
        "in /home/agent/tool",
        "postgres://bob:hunter2@db",
        "password=hunter2",
        r"   at App.Chat.Run(String s) in C:\\src\\Chat.cs:line 42",
        r"#0 \/var\/www\/html\/index.php(12): run()",
        r"failed\n/srv/agent/tool",
        "app/models/chat.rb:12:in `run'",
        "thread 'main' panicked at src/main.rs:10:5",
        "main.go:12 +0x1d",
        "at async ChatGateway.ask (src/chat/chat.gateway.ts:45:12)",
        "Startup.Auth.cs:line 12",
        "could not reach ...postgres://chat:hunter2@db:5432/chat",
        "connect ECONNREFUSED 10.0.3.7:5432",
        "https://docs.example.com/help and /usr/lib/agent",
    ],
)
def test_a_failure_that_shows_something_internal_is_not_safe(internal: str) -> None:
    assert state(failed_without_internals(ALICE, "q1", "E_X"), failing(internal)) == "failed"


def test_what_is_cut_from_the_frame_of_a_failure_is_searched_too() -> None:
    tape = chatting()
    tape.asks(ALICE)
    *run, end = whole_run(end=facts.FAILED)
    for event in run:
        tape.event(ALICE, event)
    trace = "sorry " * 1_000 + "main.go:12 +0x1d"
    tape.event(ALICE, replace(end, data={**end.data, "message": trace}))
    assert state(failed_without_internals(ALICE, "q1", "E_X"), tape) == "failed"


@pytest.mark.timeout(10)
@pytest.mark.parametrize("endless", ["a", "at x (", "x/", "://:", "a.b-"])
def test_a_message_of_a_million_characters_is_searched_at_once(endless: str) -> None:
    tape = chatting()
    tape.asks(ALICE)
    *run, end = whole_run(end=facts.FAILED)
    for event in run:
        tape.event(ALICE, event)
    text = endless * (1_000_000 // len(endless))
    tape.event(ALICE, replace(end, data={**end.data, "message": text}))
    assert state(failed_without_internals(ALICE, "q1", "E_X"), tape) == "passed"


@pytest.mark.parametrize(
    "harmless",
    [
        '"help":"https://docs.example.com/usr/errors"',
        '"schema":"https://example.com:8443/app/v1/failed.json","by":"it@example.com"',
        '"help":"https://docs.example.com","contact":"mail:help@example.com"',
        "mail.example.rs:443 is busy",
    ],
)
def test_addresses_of_the_web_in_a_failure_are_no_internals(harmless: str) -> None:
    assert state(failed_without_internals(ALICE, "q1", "E_X"), failing(harmless)) == "passed"


def test_what_a_tool_gives_is_no_internal_of_the_failure() -> None:
    tape = chatting()
    tape.asks(ALICE)
    for event in whole_run(end=facts.FAILED):
        shown = "To reset your password: open /app/settings"
        tape.event(ALICE, event, text=shown if event.type == facts.TOOL_COMPLETED else "…")
    assert state(failed_without_internals(ALICE, "q1", "E_X"), tape) == "passed"


def test_a_failure_that_is_reported_and_nothing_more_is_safe() -> None:
    assert state(failed_without_internals(ALICE, "q1", "E_X"), failing()) == "passed"
    assert state(failed_without_internals(ALICE, "q1", "E_Y"), failing()) == "failed"
    assert (
        state(failed_without_internals(ALICE, "q1", "E_X"), failing(kind=facts.COMPLETED))
        == "failed"
    )


@pytest.mark.parametrize(
    ("one", "other", "took_s", "expected"),
    [
        ("cancelled", "succeeded", 9.9, "passed"),
        ("cancelled", "succeeded", 10.1, "failed"),
        ("succeeded", "succeeded", 0, "failed"),
        ("cancelled", "cancelled", 0, "failed"),
    ],
)
def test_cancelling_one_run_leaves_the_other(
    one: str, other: str, took_s: float, expected: str
) -> None:
    tape = chatting()
    tape.says(ALICE, facts.Cancelling(run_id="r-1"))
    tape.at += took_s
    receives(tape, whole_run(status=one))
    receives(tape, whole_run(run="r-2", first=6, status=other), "q2")
    assert state(only_that_run_cancelled(ALICE, "q1", ["q2"], 10), tape) == expected


@pytest.mark.parametrize(
    ("code", "expected"), [("not_found", "passed"), ("forbidden", "failed"), (None, "failed")]
)
def test_the_cancellation_of_a_run_that_has_ended_is_rejected(
    code: str | None, expected: str
) -> None:
    tape = chatting()
    tape.says(ALICE, facts.Cancelling(run_id="r-1"))
    receives(tape, whole_run(status="cancelled"))
    tape.says(ALICE, facts.Cancelling(run_id="r-1"))
    if code is not None:
        tape.hears(ALICE, facts.Rejected(code=code))
    receives(tape, whole_run(run="r-2", first=6), "q2")
    asked = only_that_run_cancelled(ALICE, "q1", ["q2"], 10, ["not_found"])
    assert state(asked, tape) == expected
    unstated = only_that_run_cancelled(ALICE, "q1", ["q2"], 10)
    assert state(unstated, tape) == "passed"


def test_a_run_has_ended_once_one_device_knows() -> None:
    tape = chatting()
    phone, tablet = tape.newest(ALICE), tape.comes(ALICE)
    *begun, end = whole_run(status="cancelled")
    tape.says(ALICE, facts.Cancelling(run_id="r-1"))
    tape.asks(ALICE)
    for device, events in ((phone, begun), (tablet, [*begun, end])):
        for event in events:
            tape.event(ALICE, event, connection=device)
    tape.says(ALICE, facts.Cancelling(run_id="r-1"))
    tape.event(ALICE, end, connection=phone)
    tape.hears(ALICE, facts.Rejected(code="not_found"))
    receives(tape, whole_run(run="r-2", first=6), "q2")
    asked = only_that_run_cancelled(ALICE, "q1", ["q2"], 10, ["not_found"])
    assert state(asked, tape) == "passed"


def test_each_late_cancellation_is_rejected_by_an_answer_of_its_own() -> None:
    tape = chatting()
    tape.says(ALICE, facts.Cancelling(run_id="r-1"))
    receives(tape, whole_run(status="cancelled"))
    for _ in range(2):
        tape.says(ALICE, facts.Cancelling(run_id="r-1"))
    tape.hears(ALICE, facts.Rejected(code="not_found"))
    receives(tape, whole_run(run="r-2", first=6), "q2")
    asked = only_that_run_cancelled(ALICE, "q1", ["q2"], 10, ["not_found"])
    assert state(asked, tape) == "failed"
    tape.hears(ALICE, facts.Rejected(code="not_found"))
    assert state(asked, tape) == "passed"


def test_a_run_that_was_not_cancelled_again_shows_nothing_of_late_cancellations() -> None:
    tape = chatting()
    tape.says(ALICE, facts.Cancelling(run_id="r-1"))
    receives(tape, whole_run(status="cancelled"))
    receives(tape, whole_run(run="r-2", first=6), "q2")
    asked = only_that_run_cancelled(ALICE, "q1", ["q2"], 10, ["not_found"])
    assert state(asked, tape) == "unknown"


def test_a_run_that_nobody_cancelled_shows_nothing_about_cancelling() -> None:
    tape = receives(chatting(), whole_run(status="cancelled"))
    receives(tape, whole_run(run="r-2", first=6), "q2")
    assert state(only_that_run_cancelled(ALICE, "q1", ["q2"], 10), tape) == "unknown"


# --- several devices, announcements


def test_devices_that_see_the_same_agree() -> None:
    tape = chatting(ALICE, ALICE)
    devices = [c.id for c in tape.history.connections_of(ALICE)]
    for event in whole_run():
        for device in devices:
            tape.event(ALICE, event, connection=device)
    assert state(devices_agree(ALICE), tape) == "passed"
    tape.event(ALICE, whole_run(first=6)[0], connection=devices[0])
    assert state(devices_agree(ALICE), tape) == "failed"


def test_the_first_event_that_is_not_the_same_on_a_second_device_is_named() -> None:
    tape = chatting(ALICE, ALICE)
    first, second = (c.id for c in tape.history.connections_of(ALICE))
    for event in whole_run():
        tape.event(ALICE, event, connection=first)
        other = msgspec.structs.replace(event, data={**event.data, "text": "?", "tool": "?"})
        tape.event(ALICE, other, connection=second)
    finding = devices_agree(ALICE)(tape.history)
    said = "agent_thinking (event 2) is not the same on device 2"
    assert (finding.state, finding.summary) == ("failed", said)


@pytest.mark.parametrize(("apart_s", "expected"), [(0.0004, "passed"), (0.05, "failed")])
def test_the_time_of_an_event_may_be_rounded_on_one_device(apart_s: float, expected: str) -> None:
    """As where one device is told at once, and the other out of a store."""
    tape = chatting(ALICE, ALICE)
    first, second = (c.id for c in tape.history.connections_of(ALICE))
    for event in whole_run():
        tape.event(ALICE, event, connection=first)
        rounded = msgspec.structs.replace(event, timestamp=(event.timestamp or 0) + apart_s)
        tape.event(ALICE, rounded, connection=second)
    assert state(devices_agree(ALICE), tape) == expected


def test_runs_from_before_a_device_came_need_not_be_on_it() -> None:
    tape = receives(chatting(ALICE), whole_run())
    first = tape.history.connections_of(ALICE)[0].id
    tape.comes(ALICE)
    receives(tape, whole_run(run="r-2", first=6), "q2")
    assert state(devices_agree(ALICE), tape) == "failed"
    for event in whole_run(run="r-2", first=6):
        tape.event(ALICE, event, connection=first)
    assert state(devices_agree(ALICE), tape) == "passed"


def announced(*, times: int = 1, owned: bool = False, fence: bool = True) -> Tape:
    tape = chatting(ALICE, BOB)
    for person, often in ((ALICE, 1), (BOB, times)):
        for _ in range(often):
            tape.hears(person, facts.Announcement(message="Tea at five", owned=owned))
        if fence:
            tape.fence(person)
    return tape


@pytest.mark.parametrize(
    ("tape", "expected"),
    [
        (announced(), "passed"),
        (announced(times=0), "failed"),
        (announced(times=2), "failed"),
        (announced(owned=True), "failed"),
        (announced(fence=False), "unknown"),
    ],
    ids=["once", "never", "twice", "owned", "no fence"],
)
def test_an_announcement_reaches_everybody_once(tape: Tape, expected: str) -> None:
    assert state(announcement_received_by_all([ALICE, BOB], "Tea"), tape) == expected


@pytest.mark.parametrize(("heard", "expected"), [(2, "passed"), (1, "failed")])
def test_an_announcement_reaches_every_device(heard: int, expected: str) -> None:
    tape = chatting(ALICE, ALICE)
    devices = [c.id for c in tape.history.connections_of(ALICE)]
    for device in devices[:heard]:
        tape.hears(ALICE, facts.Announcement(message="Tea at five"), connection=device)
    for device in devices:
        tape.fence(ALICE, connection=device)
    assert state(announcement_received_by_all([ALICE], "Tea"), tape) == expected


@pytest.mark.parametrize(("told", "expected"), [(False, "passed"), (True, "failed")])
def test_an_announcement_reaches_no_device_that_has_not_subscribed(
    told: bool, expected: str
) -> None:
    tape = Tape()
    for subscribes in (True, False):
        tape.connects(ALICE)
        tape.hears(ALICE, facts.Ready(position=0))
        if subscribes:
            tape.subscribes(ALICE)
    devices = [c.id for c in tape.history.connections_of(ALICE)]
    for device in devices if told else devices[:1]:
        tape.hears(ALICE, facts.Announcement(message="Tea at five"), connection=device)
    tape.fence(ALICE, connection=devices[0])
    assert told or state(announcement_received_by_all([ALICE], "Tea"), tape) == "unknown"
    tape.fence(ALICE, connection=devices[1])
    assert state(announcement_received_by_all([ALICE], "Tea"), tape) == expected


def test_an_answer_goes_to_who_asked_alone() -> None:
    tape = receives(chatting(ALICE, BOB), whole_run())
    assert (
        state(only_user_answered(ALICE, [BOB]), tape) == "unknown"
    )  # no fence: silence is no proof
    tape.fence(BOB)
    assert state(only_user_answered(ALICE, [BOB]), tape) == "passed"
    tape.event(BOB, whole_run()[0])
    assert state(only_user_answered(ALICE, [BOB]), tape) == "failed"


# --- restarts


def restarted(*, warned: bool = True, code: int = 1012) -> Tape:
    """Alice's run is under way when the service is stopped; she comes back to its end."""
    tape = chatting()
    tape.asks(ALICE)
    run = whole_run()
    for event in run[:2]:
        tape.event(ALICE, event)
    tape.add(records.Control, action="stop")
    if warned:
        tape.hears(ALICE, facts.Closing(reason="restart", retry_after_s=1.0))
    tape.ends(ALICE, by="target", code=code)
    tape.add(records.Control, action="stop", done=True, took_ms=100.0)
    tape.stream[ALICE] = len(run)
    tape.connects(ALICE)
    tape.resumes(ALICE, after=2)
    for event in run[2:]:
        tape.event(ALICE, event)
    return tape


@pytest.mark.parametrize(
    ("tape", "expected"),
    [
        (restarted(), "passed"),
        (restarted(warned=False), "failed"),
        (restarted(code=1011), "failed"),
        (chatting(), "unknown"),
    ],
    ids=["told", "not told", "another code", "no restart"],
)
def test_a_restart_is_announced_and_agreed(tape: Tape, expected: str) -> None:
    assert state(restart_announced([ALICE]), tape) == expected


def test_a_run_that_goes_on_after_the_restart_was_not_lost() -> None:
    tape = restarted()
    assert state(runs_survived_restart([ALICE]), tape) == "passed"
    del tape.records[-1]
    assert state(runs_survived_restart([ALICE]), tape) == "failed"
    without_restart = receives(chatting(), whole_run())
    assert state(runs_survived_restart([ALICE]), without_restart) == "unknown"


# --- repeated, broken and large requests, and those that wait


@pytest.mark.parametrize(
    ("run_id", "duplicate", "expected"),
    [("r-1", True, "passed"), ("r-1", False, "failed"), ("r-2", True, "failed")],
)
def test_a_repeated_request_runs_once(run_id: str, duplicate: bool, expected: str) -> None:
    tape = receives(chatting(), whole_run())
    assert state(ran_once(ALICE), tape) == "unknown"
    tape.asks(ALICE, "q1", run_id, duplicate=duplicate)
    assert state(ran_once(ALICE), tape) == expected


@pytest.mark.parametrize("named", ["q1", None])
@pytest.mark.parametrize(("reworded", "expected"), [(["q1"], "passed"), ([], "failed")])
def test_only_a_reworded_request_may_be_refused(
    reworded: list[str], expected: str, named: str | None
) -> None:
    tape = receives(chatting(), whole_run())
    tape.asks(ALICE, "q1", run=None)
    tape.hears(ALICE, facts.Rejected(code="conflict", request_id=named))
    assert state(ran_once(ALICE, reworded=reworded), tape) == expected


@pytest.mark.parametrize(("other", "expected"), [("q2", "failed"), ("q1", "passed")])
def test_an_error_about_another_request_refuses_no_reworded_one(other: str, expected: str) -> None:
    tape = receives(chatting(), whole_run())
    tape.asks(ALICE, "q1", run=None)
    tape.hears(ALICE, facts.Rejected(code="conflict", request_id=other))
    assert state(ran_once(ALICE, reworded=["q1"]), tape) == expected


def test_a_reworded_request_may_be_accepted_with_an_error_beside() -> None:
    """As where a call is answered with 409 and the run that there is."""
    tape = receives(chatting(), whole_run())
    tape.asks(ALICE, "q1", "r-1", duplicate=True)
    tape.hears(ALICE, facts.Rejected(code="http 409", request_id="q1"))
    assert state(ran_once(ALICE, reworded=["q1"]), tape) == "passed"


@pytest.mark.parametrize(("another", "expected"), [("", "passed"), ("-2", "failed")])
def test_a_repeated_request_stays_in_its_conversation(another: str, expected: str) -> None:
    tape, run = chatting(), whole_run()
    thread = run[0].thread_id
    tape.asks(ALICE, "q1", run[0].run_id, thread_id=thread)
    for event in run:
        tape.event(ALICE, event)
    tape.asks(ALICE, "q1", run[0].run_id, thread_id=f"{thread}{another}", duplicate=True)
    assert state(ran_once(ALICE), tape) == expected


@pytest.mark.parametrize(
    ("marks", "expected"),
    [((False, True), "passed"), ((True, False), "passed"), ((False, False), "failed")],
)
def test_what_is_sent_twice_at_once_may_be_accepted_in_any_order(
    marks: tuple[bool, bool], expected: str
) -> None:
    tape, run = chatting(), whole_run()
    for _ in marks:
        tape.asks(ALICE, "q1", run=None)
    for mark in marks:
        accepted = facts.Accepted(request_id="q1", run_id=run[0].run_id, duplicate=mark)
        tape.hears(ALICE, accepted)
    for event in run:
        tape.event(ALICE, event)
    assert state(ran_once(ALICE), tape) == expected


@pytest.mark.parametrize(("waits", "expected"), [(False, "passed"), (True, "unknown")])
def test_what_was_accepted_before_it_could_be_sent_again_is_not_assessed(
    waits: bool, expected: str
) -> None:
    tape, run = chatting(), whole_run()
    tape.asks(ALICE, "q1", run=run[0].run_id if waits else None)
    tape.asks(ALICE, "q1", run=run[0].run_id, duplicate=waits)
    if not waits:
        tape.hears(ALICE, facts.Accepted(request_id="q1", run_id=run[0].run_id, duplicate=True))
    for event in run:
        tape.event(ALICE, event)
    assert state(ran_once(ALICE), tape) == "passed"
    finding = ran_once(ALICE, ["q1"])(tape.history)
    assert (finding.state, finding.cause == "not_offered") == (expected, waits)


def unconfirmed(*, broken: bool = True) -> Tape:
    """Alice has asked, and has lost the connection before the answer, unless it is not `broken`."""
    tape = Tape()
    tape.comes(ALICE)
    tape.asks(ALICE, "q1", run=None)
    if broken:
        tape.cut(ALICE)
    tape.connects(ALICE)
    return tape


@pytest.mark.parametrize(
    ("run_id", "duplicate", "expected"),
    [("r-1", True, "passed"), (None, True, "failed"), ("r-1", False, "unknown")],
    ids=["taken before", "never accepted", "never arrived before"],
)
def test_a_request_whose_acceptance_was_lost_runs_once(
    run_id: str | None, duplicate: bool, expected: str
) -> None:
    tape = unconfirmed()
    tape.asks(ALICE, "q1", run=run_id, duplicate=duplicate)
    for event in whole_run() if run_id else []:
        tape.event(ALICE, event)
    assert state(ran_once(ALICE), tape) == expected


def test_an_acceptance_that_nothing_has_lost_must_be_there() -> None:
    tape = unconfirmed(broken=False)
    tape.asks(ALICE, "q1", duplicate=True)
    for event in whole_run():
        tape.event(ALICE, event)
    assert state(ran_once(ALICE), tape) == "failed"


def broken(*, code: str = "", close: int | None = None) -> Tape:
    tape = chatting()
    tape.says(ALICE, facts.MalformedSent(what="half a message", rejected=("bad",), close=(1003,)))
    if code:
        tape.hears(ALICE, facts.Rejected(code=code, message="no"))
    if close is not None:
        tape.ends(ALICE, by="target", code=close)
    return tape


@pytest.mark.parametrize(
    ("tape", "expected"),
    [
        (broken(code="bad"), "passed"),
        (broken(close=1003), "passed"),
        (broken(code="other"), "failed"),
        (broken(close=1011), "failed"),
        (broken(), "failed"),
    ],
    ids=["error", "close", "another error", "another close", "silence"],
)
def test_broken_input_is_rejected_as_documented(tape: Tape, expected: str) -> None:
    assert state(rejected_as_documented(ALICE), tape) == expected


@pytest.mark.parametrize(
    ("size", "close", "expected"),
    [(101, 1009, "passed"), (101, 1011, "failed"), (101, None, "failed"), (100, 1009, "unknown")],
)
def test_a_message_over_the_limit_ends_the_connection(
    size: int, close: int | None, expected: str
) -> None:
    tape = chatting()
    tape.says(ALICE, facts.Asked(request_id="q1"), size=size)
    if close is not None:
        tape.ends(ALICE, by="target", code=close)
    assert state(oversize_refused(ALICE, 100), tape) == expected


def waited(*sent: str, refused: int = 0) -> Tape:
    """Alice writes q1 and q2, and what there is no room for, offline; then `sent` goes out."""
    tape = chatting()
    for request in ("q1", "q2"):
        tape.add(records.Queued, user=ALICE, request_id=request, size=1)
    for number in range(1, refused + 1):
        tape.add(records.Queued, user=ALICE, request_id=f"x{number}", size=1, refused=number)
    for request in sent:
        tape.asks(ALICE, request, f"r-{request}")
    return tape


@pytest.mark.parametrize(
    ("sent", "expected"),
    [(("q1", "q2"), "passed"), (("q2", "q1"), "failed"), (("q1",), "failed"), ((), "failed")],
    ids=str,
)
def test_what_waited_goes_out_in_order(sent: tuple[str, ...], expected: str) -> None:
    assert state(outbox_delivered(ALICE, 2), waited(*sent)) == expected


def test_what_there_was_no_room_for_is_reported_and_not_sent() -> None:
    assert state(overflow_reported(ALICE, 2), waited("q1", "q2", refused=2)) == "passed"
    assert state(overflow_reported(ALICE, 3), waited("q1", "q2", refused=2)) == "failed"
    assert state(overflow_reported(ALICE, 2), waited("q1", "x2", refused=2)) == "failed"


# --- who notices nothing, and what is freed


def test_who_has_one_line_without_errors_noticed_nothing() -> None:
    tape = chatting(ALICE, BOB)
    tape.says(ALICE, facts.MalformedSent(what="half a message"))
    assert state(unaffected(BOB), tape) == "unknown"
    tape.fence(BOB)
    assert state(unaffected(BOB), tape) == "passed"
    tape.hears(BOB, facts.Rejected(code="overloaded"))
    assert state(unaffected(BOB), tape) == "failed"


def test_a_round_trip_before_anything_happened_shows_nothing() -> None:
    tape = chatting(ALICE, BOB)
    tape.fence(BOB)
    tape.says(ALICE, facts.MalformedSent(what="half a message"))
    assert state(unaffected(BOB), tape) == "unknown"


@pytest.mark.parametrize(("after", "expected"), [(3.0, "passed"), (4.0, "failed")])
def test_closed_connections_are_released(after: float, expected: str) -> None:
    tape = Tape()
    tape.add(records.Sample, name="target_connections", value=3.0)
    tape.comes(ALICE)
    tape.cut(ALICE)
    tape.comes(ALICE)
    tape.ends(ALICE)
    assert state(connections_freed(2), tape) == "unknown"
    tape.add(records.Sample, name="target_connections", value=5.0)
    tape.add(records.Sample, name="target_connections", value=after)
    assert state(connections_freed(2), tape) == expected


@pytest.mark.parametrize(("others", "expected"), [(0, "unknown"), (1, "passed")])
def test_a_count_that_open_connections_do_not_raise_shows_nothing(
    others: int, expected: str
) -> None:
    tape = Tape()
    for _ in range(3):
        tape.add(records.Sample, name="target_connections", value=0.0)
    tape.comes(ALICE)
    tape.cut(ALICE)
    assert state(connections_freed(1, others), tape) == expected


def test_fewer_than_no_open_connections_cannot_be() -> None:
    tape = Tape()
    for value in (0.0, -1.0, -2.0):
        tape.add(records.Sample, name="target_connections", value=value)
    tape.comes(ALICE)
    tape.cut(ALICE)
    assert state(connections_freed(1, strangers=5), tape) == "failed"
