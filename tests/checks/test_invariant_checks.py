"""What must hold in every scenario, asked of it when it ends."""

from __future__ import annotations

import msgspec
import pytest
from histories import ALICE, BOB, EPOCH, Tape, id_of, whole_run

from support.checks.invariants import (
    connections_stable,
    invariant_failures,
    runs_whole,
    streams_whole,
    well_formed,
)
from support.checks.runs import complete_run
from support.journal import History, facts, records

replace = msgspec.structs.replace


def good() -> Tape:
    """Alice and Bob come, ask, are answered, and leave."""
    tape = Tape()
    for user, run in ((ALICE, "r-alice"), (BOB, "r-bob")):
        tape.comes(user)
        tape.run(user, run=run)
    for user in (ALICE, BOB):
        tape.fence(user)
        tape.ends(user)
    return tape


def test_a_scenario_in_good_order_fails_none() -> None:
    assert invariant_failures(good().history) == {}


def test_an_empty_history_fails_none() -> None:
    assert invariant_failures(History([])) == {}


def test_a_leak_is_an_isolation_violation() -> None:
    tape = good()
    tape.comes(BOB)
    tape.hears(BOB, facts.Ignored(), mentions=(f"canary:{ALICE}",))
    assert set(invariant_failures(tape.history)) == {"isolation violation"}


def test_a_lost_event_shows_in_stream_and_run() -> None:
    tape = good()
    tape.records = [r for r in tape.records if not _is(r, facts.TOOL_COMPLETED)]
    assert set(invariant_failures(tape.history)) == {"missing or doubled events", "broken run"}


def _is(record: records.Record, kind: str) -> bool:
    return isinstance(record, records.Frame) and getattr(record.facts[0], "type", "") == kind


# --- runs


def asked_and_gone(*, events: int, **how: object) -> Tape:
    """Alice asks, sees the first events of the run, and the connection ends that way."""
    tape = Tape()
    tape.comes(ALICE)
    tape.asks(ALICE)
    for event in whole_run()[:events]:
        tape.event(ALICE, event)
    tape.ends(ALICE, **how)
    return tape


def test_a_run_that_stops_in_the_middle_is_broken() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.asks(ALICE)
    for event in whole_run()[:3]:
        tape.event(ALICE, event)
    assert runs_whole()(tape.history).summary == "a run of Alice: the run never ended"


def test_a_run_without_any_event_is_broken() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.asks(ALICE)
    assert runs_whole()(tape.history).state == "failed"


def test_a_run_cut_short_by_the_target_is_broken() -> None:
    tape = asked_and_gone(events=3, by="target", code=1011)
    assert runs_whole()(tape.history).state == "failed"


@pytest.mark.parametrize("by", ["fault", "user"])
def test_a_run_that_its_user_left_behind_may_be_unfinished(by: str) -> None:
    tape = asked_and_gone(events=3, by=by, code=None)
    assert runs_whole()(tape.history).state == "unknown"


def test_a_run_unfinished_when_everybody_says_farewell_is_broken() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.asks(ALICE)
    tape.fence(ALICE)
    tape.ends(ALICE)
    assert runs_whole()(tape.history).state == "failed"


def test_somebody_elses_round_trip_is_no_farewell() -> None:
    tape = Tape()
    tape.comes(BOB)
    tape.comes(ALICE)
    tape.asks(ALICE)
    tape.fence(BOB)
    tape.ends(ALICE)
    assert runs_whole()(tape.history).state == "unknown"


def test_events_that_come_before_their_run_was_accepted_are_found() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.says(ALICE, facts.Asked(request_id="q1"))
    for event in whole_run():
        tape.event(ALICE, event)
    tape.hears(ALICE, facts.Accepted(request_id="q1", run_id="r-1", thread_id=f"t-{ALICE}"))
    assert "before it was accepted" in runs_whole()(tape.history).summary


def test_another_device_may_see_events_before_the_acceptance_comes() -> None:
    tape = Tape()
    first, second = tape.comes(ALICE), tape.comes(ALICE)
    run = whole_run()
    tape.says(ALICE, facts.Asked(request_id="q1"), connection=first)
    tape.event(ALICE, run[0], connection=second)
    tape.hears(ALICE, facts.Accepted(request_id="q1", run_id="r-1"), connection=first)
    for event in run:
        tape.event(ALICE, event, connection=first)
    for event in run[1:]:
        tape.event(ALICE, event, connection=second)
    assert runs_whole()(tape.history).ok


def test_a_run_seen_over_two_connections_is_whole() -> None:
    run = whole_run()
    tape = asked_and_gone(events=3, by="fault", code=None)
    tape.stream[ALICE] = len(run)
    tape.connects(ALICE)
    tape.resumes(ALICE, after=3)
    for event in run[3:]:
        tape.event(ALICE, event)
    assert runs_whole()(tape.history).ok


def test_two_devices_see_one_run_each_for_itself() -> None:
    tape = Tape()
    first, second = tape.comes(ALICE), tape.comes(ALICE)
    tape.asks(ALICE)
    for event in whole_run():
        tape.event(ALICE, event, connection=first)
        tape.event(ALICE, event, connection=second)
    assert invariant_failures(tape.history) == {}


def test_a_device_that_comes_in_the_middle_of_a_run_breaks_nothing() -> None:
    run = whole_run()
    tape = Tape()
    first = tape.comes(ALICE)
    tape.asks(ALICE)
    for event in run[:3]:
        tape.event(ALICE, event)
    second = tape.comes(ALICE)
    for event in run[3:]:
        tape.event(ALICE, event, connection=first)
        tape.event(ALICE, event, connection=second)
    assert invariant_failures(tape.history) == {}


def test_a_repeated_request_needs_no_second_run() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.run(ALICE)
    tape.asks(ALICE, duplicate=True)
    assert runs_whole()(tape.history).ok


def test_events_of_a_run_nobody_asked_for_are_found() -> None:
    tape = good()
    for event in whole_run(ALICE, "r-nobodys", first=tape.stream[ALICE] + 1):
        tape.event(ALICE, event)
    assert "a run nobody asked for" in runs_whole()(tape.history).summary


def test_a_message_of_no_interest_may_take_its_place_in_the_stream() -> None:
    tape = good()
    place = tape.stream[ALICE] + 1
    tape.hears(ALICE, facts.Ignored(type="presence", position=place, epoch=EPOCH))
    assert streams_whole()(tape.history).ok
    for event in whole_run(ALICE, "r-next", first=place + 2):
        tape.event(ALICE, event)
    assert f"{place + 1} is missing" in streams_whole()(tape.history).summary


@pytest.mark.parametrize(("follows", "found"), [("live", "unknown"), ("", "failed")])
def test_an_acceptance_that_a_fault_has_cut_off_is_not_owed_where_events_follow_unasked(
    follows: str, found: str
) -> None:
    tape = Tape()
    tape.connects(ALICE, follows=follows)
    tape.says(ALICE, facts.Asked(request_id="q-1"))
    tape.add(records.Fault, name="reset", connection="", user="")
    tape.ends(ALICE, by="network", code=None)
    tape.connects(ALICE, follows=follows and "resumed")
    for event in whole_run(ALICE, "r-1"):
        tape.event(ALICE, event)
    assert complete_run(ALICE, "q-1")(tape.history).state == found
    assert (runs_whole()(tape.history).state == "failed") == (found == "failed")


def test_events_of_a_run_from_before_may_come_to_who_was_here_before() -> None:
    tape = Tape()
    tape.stream[ALICE] = 7
    tape.comes(ALICE)
    tape.event(ALICE, whole_run(first=8)[0])
    assert runs_whole()(tape.history).state != "failed"


# --- messages


def test_a_frame_that_is_garbage_is_malformed() -> None:
    tape = good()
    tape.hears(ALICE, facts.Unreadable(why="not JSON: …"))
    assert well_formed()(tape.history).summary == "the deployment sent not JSON: …"


def test_a_message_that_lacks_a_field_is_malformed() -> None:
    tape = good()
    tape.hears(ALICE, facts.Pong(nonce="n", problems=("server_time is missing",)))
    finding = well_formed()(tape.history)
    assert finding.summary == "pong: server_time is missing"
    assert finding.records == (tape.records[-1].seq,)


def test_what_users_send_is_not_the_targets_doing() -> None:
    tape = good()
    tape.says(ALICE, facts.Unreadable(why="broken on purpose"))
    assert well_formed()(tape.history).ok


# --- connections


def ended(**how: object) -> str:
    tape = Tape()
    tape.comes(ALICE)
    tape.ends(ALICE, **how)
    return connections_stable()(tape.history).state


@pytest.mark.parametrize(
    "how",
    [
        {"by": "target", "code": 1011},
        {"by": "target", "code": 1000},
        {"by": "network", "code": None},
        {"by": "user", "code": None, "reason": "the deployment never answered the close"},
    ],
    ids=str,
)
def test_an_end_by_the_target_itself_is_unstable(how: dict[str, object]) -> None:
    assert ended(**how) == "failed"


@pytest.mark.parametrize("how", [{"by": "user"}, {"by": "fault", "code": None}], ids=str)
def test_an_end_that_is_ours_is_not(how: dict[str, object]) -> None:
    assert ended(**how) == "passed"


@pytest.mark.parametrize(
    ("late_ms", "heartbeat_s", "state"),
    [(400.0, 0.7, "unknown"), (300.0, 0.7, "failed"), (400.0, 20.0, "failed")],
)
def test_an_end_may_be_ours_when_the_machine_was_late_with_its_heartbeats(
    late_ms: float, heartbeat_s: float, state: str
) -> None:
    tape = Tape()
    tape.connects(ALICE, heartbeat_s=heartbeat_s)
    tape.ends(ALICE, by="target", code=4408)
    tape.add(records.Sample, name="loop_lag_ms", value=late_ms)
    assert connections_stable()(tape.history).state == state


def test_an_end_that_was_announced_is_not() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.hears(ALICE, facts.Closing(reason="restart", retry_after_s=1.0))
    tape.ends(ALICE, by="target", code=1012)
    assert connections_stable()(tape.history).ok


def test_a_connection_that_was_to_be_refused_may_be_ended() -> None:
    tape = good()
    tape.connects("s01/Visitor", expect="refused", means="no token", user_id=id_of(ALICE))
    tape.ends("s01/Visitor", by="target", code=4401)
    assert connections_stable()(tape.history).ok


def test_a_stream_is_judged_for_everybody() -> None:
    tape = good()
    tape.event(BOB, replace(whole_run(BOB)[0], position=99))
    finding = streams_whole()(tape.history)
    assert finding.summary == "Bob: event 6 is missing (5 was followed by 99)"
