"""Runs that the service starts by itself, as the checks see them that ask for one run alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from histories import ALICE, BOB, Tape, numbered, whole_run

from support.checks.authorization import acted_as_self_only
from support.checks.devices import devices_agree, only_user_answered
from support.checks.finding import Check
from support.checks.requests import ran_once
from support.journal import facts

RIGHT = "It is 84."


def greets(tape: Tape, user: str, words: str = "Good morning!", run: str = "r-0") -> None:
    """The service tells `user` something that nobody has asked for."""
    tape.hears(user, facts.Turn(run_id=run))
    said = [
        (facts.STARTED, {"agent": "helper", "request": ""}),
        (facts.COMPLETED, {"response": words, "status": "succeeded"}),
    ]
    for event in numbered(said, user, run, first=tape.stream[user] + 1):
        tape.event(user, event)


def asked_once(words: str) -> Tape:
    """Bob is told `words`, and Alice alone asks."""
    tape = Tape()
    tape.comes(ALICE)
    tape.comes(BOB)
    greets(tape, BOB, words)
    tape.run(ALICE)
    tape.fence(BOB)
    return tape


def asked_twice(words: str) -> Tape:
    """Alice repeats a request, and is told `words`."""
    tape = Tape()
    tape.comes(ALICE)
    tape.run(ALICE)
    tape.asks(ALICE, duplicate=True)
    greets(tape, ALICE, words)
    return tape


def claimed(words: str) -> Tape:
    """Bob claims to be Alice, who is told `words`."""
    tape = Tape()
    tape.comes(ALICE)
    tape.comes(BOB)
    greets(tape, ALICE, words)
    tape.says(BOB, facts.Asked(request_id="q1"), facts.IdentityClaimed(where="user_id"))
    tape.hears(BOB, facts.Accepted(request_id="q1", run_id="r-1"))
    for event in whole_run(BOB):
        tape.event(BOB, event)
    return tape


@pytest.mark.parametrize(
    ("words", "state"), [("Good morning!", "passed"), (RIGHT, "failed")], ids=["turn", "answer"]
)
@pytest.mark.parametrize(
    ("played", "asks"),
    [
        (asked_once, only_user_answered(ALICE, [BOB])),
        (asked_twice, ran_once(ALICE)),
        (claimed, acted_as_self_only(BOB, ALICE)),
    ],
    ids=["answered alone", "ran once", "acted as self"],
)
def test_an_opening_line_is_no_answer_and_an_answer_no_opening_line(
    played: Callable[[str], Tape], asks: Check, words: str, state: str
) -> None:
    finding = asks(played(words).history)
    assert finding.state == state, finding.summary


def test_a_second_run_that_fails_is_no_opening_line() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.run(ALICE)
    tape.asks(ALICE, duplicate=True)
    tape.hears(ALICE, facts.Turn(run_id="r-0"))
    said = [(facts.STARTED, {"agent": "helper", "request": ""}), (facts.FAILED, {"code": "E_X"})]
    for event in numbered(said, ALICE, "r-0", first=tape.stream[ALICE] + 1):
        tape.event(ALICE, event)
    assert ran_once(ALICE)(tape.history).state == "failed"


def test_an_opening_line_that_is_interrupted_is_one_all_the_same() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.run(ALICE)
    tape.asks(ALICE, duplicate=True)
    greets(tape, ALICE, "")
    assert ran_once(ALICE)(tape.history).state == "passed"


@pytest.mark.parametrize("asked", [True, False], ids=["known", "unknown"])
def test_an_answer_in_other_words_is_known_by_what_is_in_it(asked: bool) -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.says(ALICE, facts.Asked(request_id="q1", answer=("84",) if asked else ()))
    tape.hears(ALICE, facts.Accepted(request_id="q1", run_id="r-1"))
    for event in whole_run():
        tape.event(ALICE, event)
    tape.asks(ALICE, duplicate=True)
    greets(tape, ALICE, "Once more: 84")
    assert ran_once(ALICE)(tape.history).state == ("failed" if asked else "passed")


def test_what_the_service_said_before_a_device_came_need_not_be_on_it() -> None:
    tape = Tape()
    first = tape.comes(ALICE)
    greets(tape, ALICE)
    tape.comes(ALICE)
    tape.asks(ALICE)
    for event in whole_run(first=tape.stream[ALICE] + 1):
        for connection in (first, tape.newest(ALICE)):
            tape.event(ALICE, event, connection=connection)
    finding = devices_agree(ALICE)(tape.history)
    assert finding.ok, finding.summary


def test_what_the_service_says_to_another_user_is_not_for_this_one() -> None:
    tape = asked_once("Good morning!")
    tape.event(BOB, numbered([(facts.STARTED, {})], BOB, "r-2", first=9)[0])
    tape.hears(ALICE, facts.Turn(run_id="r-2"))
    tape.fence(BOB)
    assert only_user_answered(ALICE, [BOB])(tape.history).state == "failed"
