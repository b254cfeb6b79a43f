"""What the network did is not blamed on the service, and excuses nothing else."""

from __future__ import annotations

import pytest
from histories import ALICE, BOB, Tape, whole_run

from support.checks.invariants import invariant_failures
from support.checks.network_conditions import (
    complete_in_the_end,
    network_faults_fired,
    stalled_handshake_over,
)
from support.journal import records
from support.journal.facts import Unreadable


def damaged(fault: str, direction: str = "to_user", *, recovered: bool = True) -> Tape:
    """A run whose first event a fault has damaged; the rest arrives, then the user reconnects."""
    tape = Tape()
    tape.comes(ALICE)
    tape.asks(ALICE)
    first, second, *others = whole_run()
    tape.add(records.Fault, name=fault, direction=direction, connection="", user="")
    if fault == "truncate":
        tape.hears(ALICE, Unreadable(why="not JSON"))
    tape.event(ALICE, second)
    if fault == "swap":
        tape.event(ALICE, first)
    tape.cut(ALICE)
    tape.connects(ALICE)
    tape.resumes(ALICE, after=0)
    for event in (first, second, *others) if recovered else (second, *others):
        tape.event(ALICE, event)
    tape.fence(ALICE)
    return tape


@pytest.mark.parametrize("fault", ["drop", "swap", "truncate"])
def test_a_damaged_event_that_was_recovered_is_well(fault: str) -> None:
    tape = damaged(fault)
    assert complete_in_the_end(ALICE, 1)(tape.history).state == "passed"
    assert invariant_failures(tape.history) == {}


@pytest.mark.parametrize("fault", ["drop", "truncate"])
def test_a_damaged_event_that_never_came_again_is_found(fault: str) -> None:
    tape = damaged(fault, recovered=False)
    finding = complete_in_the_end(ALICE, 1)(tape.history)
    assert (finding.state, finding.summary) == ("failed", "event 1 never came")
    assert "missing or doubled events" in invariant_failures(tape.history)


def test_damage_on_the_way_to_the_service_excuses_nothing_that_reaches_the_user() -> None:
    assert "missing or doubled events" in invariant_failures(damaged("drop", "to_service").history)
    assert "malformed message" in invariant_failures(damaged("truncate", "to_service").history)
    tape = Tape()
    tape.comes(ALICE)
    tape.asks(ALICE)
    tape.add(records.Fault, name="double", direction="to_service", connection="", user="")
    for event in (whole_run()[0], *whole_run()):
        tape.event(ALICE, event)
    assert "missing or doubled events" in invariant_failures(tape.history)


def test_a_second_garbled_message_is_the_services_own() -> None:
    tape = damaged("truncate")
    tape.hears(ALICE, Unreadable(why="not JSON"))
    assert "malformed message" in invariant_failures(tape.history)


def test_a_question_that_ran_twice_is_found() -> None:
    tape = damaged("drop")
    tape.asks(ALICE, run="r-2")
    assert complete_in_the_end(ALICE, 1)(tape.history).summary == "question 1 ran 2 times"


@pytest.mark.parametrize(("waited_s", "state"), [(4.0, "passed"), (6.0, "failed")])
def test_a_stalled_handshake_is_over_in_time_or_not(waited_s: float, state: str) -> None:
    tape = Tape()
    connection = tape.tries(ALICE)
    tape.add(records.Fault, name="stalled_handshake", connection="", user="")
    assert stalled_handshake_over(ALICE, 5.0)(tape.history).state == "failed", "still waiting"
    tape.comes(BOB)
    tape.at += waited_s
    tape.add(records.Refused, connection=connection, user=ALICE, how="timeout", status=None)
    assert stalled_handshake_over(ALICE, 5.0)(tape.history).state == state
    assert stalled_handshake_over(BOB, 5.0)(tape.history).state == "unknown"


@pytest.mark.parametrize(
    ("happened", "times", "state"),
    [
        (("delay", "delay"), None, "passed"),
        (("reset",), None, "unknown"),
        (("delay",), 1, "passed"),
        (("delay", "delay"), 1, "unknown"),
        ((), None, "unknown"),
    ],
)
def test_a_fault_has_fired_when_that_very_fault_happened_as_often_as_it_should(
    happened: tuple[str, ...], times: int | None, state: str
) -> None:
    tape = Tape()
    for name in happened:
        tape.add(records.Fault, name=name, connection="", user="")
    assert network_faults_fired({"delay": times}, 7)(tape.history).state == state


def test_every_fault_of_a_network_must_have_fired_and_there_must_be_one() -> None:
    tape = Tape()
    tape.add(records.Fault, name="delay", connection="", user="")
    assert network_faults_fired({"delay": None, "drop": None}, 7)(tape.history).state == "unknown"
    assert network_faults_fired({}, 7)(tape.history).state == "unknown"


def test_fewer_questions_than_were_asked_is_found() -> None:
    finding = complete_in_the_end(ALICE, 2)(damaged("drop").history)
    assert finding.summary == "only 1 of 2 questions were asked"
