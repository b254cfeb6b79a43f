"""What is still seen of a stream whose events cannot be counted: doubles by their own ids."""

from __future__ import annotations

import msgspec
import pytest
from histories import ALICE, Tape, whole_run

from support.checks import (
    events_shown_once,
    recovered_within,
    stream_complete,
    was_disconnected,
)
from support.checks.invariants import connections_stable, runs_whole, streams_whole
from support.journal import facts, records

replace = msgspec.structs.replace


def uncounted(*, once: bool = True) -> list[facts.Event]:
    """A whole run without positions, each event with an id."""
    return [
        replace(event, position=None, epoch=None, id=f"e-{number}", once=once)
        for number, event in enumerate(whole_run())
    ]


def talking() -> Tape:
    tape = Tape()
    tape.connects(ALICE)
    tape.asks(ALICE)
    return tape


def test_an_event_that_comes_again_under_its_id_is_doubled() -> None:
    tape, run = talking(), uncounted()
    for event in (*run[:2], run[1], *run[2:]):  # the thought, which breaks no rule of a run
        tape.hears(ALICE, event)
    finding = streams_whole()(tape.history)
    assert (finding.state, "came twice" in finding.summary) == ("failed", True)
    assert stream_complete(ALICE)(tape.history).state == "failed"


def test_a_double_is_seen_across_a_reconnect_and_within_a_message() -> None:
    for together in (True, False):
        tape, run = talking(), uncounted()
        if together:
            tape.hears(ALICE, run[0], run[1], run[1])
        else:
            tape.hears(ALICE, *run[:2])
            tape.cut(ALICE)
            tape.connects(ALICE)
            tape.hears(ALICE, run[1])
        assert streams_whole()(tape.history).state == "failed"


def test_two_facts_of_one_message_may_share_its_id() -> None:
    tape, run = talking(), uncounted()
    calls = [replace(run[2], id="m", data={**run[2].data, "call_id": call}) for call in "ab"]
    tape.hears(ALICE, *run[:2], *calls)
    assert streams_whole()(tape.history).state == "passed"


def test_a_backend_that_replays_may_send_an_event_again() -> None:
    tape, run = talking(), uncounted(once=False)
    tape.hears(ALICE, *run[:2])
    tape.cut(ALICE)
    tape.connects(ALICE)
    tape.hears(ALICE, *run)
    assert streams_whole()(tape.history).state == "passed"
    assert runs_whole()(tape.history).state == "passed"


def test_each_device_has_its_own_events() -> None:
    tape, run = talking(), uncounted()
    tape.hears(ALICE, *run, connection=tape.newest(ALICE))
    tape.connects(ALICE)
    tape.hears(ALICE, *run, connection=tape.newest(ALICE))
    assert streams_whole()(tape.history).state == "passed"


@pytest.mark.parametrize(("http", "state"), [(True, "passed"), (False, "failed")])
def test_events_may_overtake_an_acceptance_by_http_alone(http: bool, state: str) -> None:
    tape, run = Tape(), uncounted()
    tape.connects(ALICE)
    tape.says(ALICE, facts.Asked(request_id="q1"))
    tape.hears(ALICE, run[0])
    accepted = facts.Accepted(request_id="q1", run_id="r-1", thread_id=f"t-{ALICE}")
    tape.hears(ALICE, accepted, http=http)
    tape.hears(ALICE, *run[1:])
    assert runs_whole()(tape.history).state == state


def test_a_cut_after_a_message_with_more_events_is_not_offered() -> None:
    tape, run = talking(), uncounted()
    tape.hears(ALICE, *run[:2])
    tape.cut(ALICE)
    finding = was_disconnected(ALICE, facts.STARTED, "right after")(tape.history)
    assert (finding.state, finding.cause) == ("unknown", "not_offered")


@pytest.mark.parametrize(("follows", "state"), [("live", "passed"), ("", "unknown")])
def test_what_is_told_again_may_come_with_the_greeting(follows: str, state: str) -> None:
    tape = Tape()
    tape.connects(ALICE, follows=follows)
    tape.says(ALICE, facts.Asked(request_id="q-1"))
    tape.hears(ALICE, *whole_run(ALICE, "r-1"))
    tape.cut(ALICE)
    tape.tries(ALICE)
    tape.add(records.Fault, name="reset", connection="", user="")
    tape.ends(ALICE, by="network", code=None)
    assert was_disconnected(ALICE, facts.TOOL_COMPLETED, "in")(tape.history).state == state


def test_a_cut_after_other_events_proves_nothing() -> None:
    tape, run = talking(), uncounted()
    for event in run[:2]:
        tape.hears(ALICE, event)
    tape.cut(ALICE)
    finding = was_disconnected(ALICE, facts.STARTED, "right after")(tape.history)
    assert (finding.state, finding.cause) == ("unknown", "too_few_samples")


def test_how_long_missed_events_take_is_not_offered_without_positions() -> None:
    tape = talking()
    tape.hears(ALICE, *uncounted()[:2])
    tape.cut(ALICE)
    finding = recovered_within([ALICE], 5.0)(tape.history)
    assert (finding.state, finding.cause) == ("unknown", "not_offered")


def test_how_long_missed_events_take_is_not_offered_where_nobody_subscribes() -> None:
    tape = Tape()
    tape.connects(ALICE, follows="live")
    tape.hears(ALICE, *whole_run(ALICE, "r-1"))
    tape.cut(ALICE)
    finding = recovered_within([ALICE], 5.0)(tape.history)
    assert (finding.state, finding.cause) == ("unknown", "not_offered")


def test_a_subscription_that_is_never_answered_is_no_recovery() -> None:
    tape = Tape()
    tape.connects(ALICE)
    tape.says(ALICE, facts.Subscribing())
    tape.hears(ALICE, *whole_run(ALICE, "r-1"))
    tape.cut(ALICE)
    finding = recovered_within([ALICE], 5.0)(tape.history)
    assert finding.state == "failed"


def test_no_event_at_all_is_no_recovery() -> None:
    tape = talking()
    tape.cut(ALICE)
    assert recovered_within([ALICE], 5.0)(tape.history).state == "failed"


@pytest.mark.parametrize(("unannounced", "state"), [(True, "passed"), (False, "failed")])
def test_a_stop_that_nobody_announces_may_close_connections(unannounced: bool, state: str) -> None:
    tape = talking()
    tape.add(records.Control, action="stop", unannounced=unannounced)
    tape.ends(ALICE, by="target", code=1012)
    assert connections_stable()(tape.history).state == state


def test_a_close_before_a_stop_that_nobody_announces_is_unstable() -> None:
    tape = talking()
    tape.ends(ALICE, by="target", code=1012)
    tape.add(records.Control, action="stop", unannounced=True)
    assert connections_stable()(tape.history).state == "failed"


def test_an_app_that_cannot_count_events_is_not_asked_which_were_doubled() -> None:
    tape = talking()
    for event in uncounted():
        for _ in range(2):
            tape.add(records.Fault, name="double", connection="", user="")
            tape.hears(ALICE, event)
    asked = events_shown_once(ALICE)
    assert (asked.needs, asked(tape.history).state) == ("positions", "unknown")
