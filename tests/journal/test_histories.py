"""A journal as checks read it: connections, runs and people put together from records."""

from __future__ import annotations

from histories import ALICE, BOB, Tape, id_of, whole_run

from support.journal import facts, records


def test_a_connection_is_told_from_its_first_try_to_its_end() -> None:
    tape = Tape()
    connection = tape.comes(ALICE)
    tape.run(ALICE)
    tape.ends(ALICE)
    story = tape.history.connections[connection]
    assert story.user == ALICE
    assert story.connected is not None
    assert story.ready is not None
    assert story.subscribed is not None
    assert story.refused is None
    assert story.closed is not None
    assert [s.fact.type for s in story.events] == [e.type for e in whole_run()]


def test_what_never_happened_is_none() -> None:
    tape = Tape()
    story = tape.history.connections.get(tape.tries(ALICE))
    assert story is None
    story = tape.history.connections[tape.newest(ALICE)]
    assert (story.connected, story.ready, story.closed, story.subscribed) == (None,) * 4


def test_records_of_an_unknown_connection_are_left_aside() -> None:
    tape = Tape()
    tape.hears(ALICE, facts.Ready(), connection="never tried")
    assert tape.history.connections == {}


def test_connections_are_in_the_order_in_which_they_were_tried() -> None:
    tape = Tape()
    names = [tape.comes(ALICE), tape.comes(BOB), tape.comes(ALICE)]
    assert list(tape.history.connections) == names
    assert [c.id for c in tape.history.connections_of(ALICE)] == [names[0], names[2]]


def test_a_connection_after_anothers_end_is_the_same_device() -> None:
    tape = Tape()
    first = tape.comes(ALICE)
    tape.cut(ALICE)
    second = tape.comes(ALICE)
    third = tape.comes(ALICE)
    devices = tape.history.devices_of(ALICE)
    assert [[c.id for c in device] for device in devices] == [[first, second], [third]]


def test_a_connection_that_was_never_greeted_is_no_device() -> None:
    tape = Tape()
    tape.refused(ALICE)
    assert tape.history.devices_of(ALICE) == []


def test_people_are_known_by_the_id_they_signed_in_with() -> None:
    tape = Tape()
    tape.signs_in(ALICE)
    tape.signs_in(BOB, ok=False)
    tape.add(records.SignedIn, user="s01/Carol", ok=False, way="service", user_id="refused")
    tape.add(records.SignedIn, user="s01/Dave", ok=True, way="static", user_id=None)
    assert tape.history.identities == {ALICE: id_of(ALICE)}


def test_a_run_belongs_to_whose_own_question_it_was_given_to() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.comes(BOB)
    tape.asks(ALICE, "q1", "r-1")
    tape.hears(BOB, facts.Accepted(request_id="q1", run_id="r-1", thread_id="t-x"))
    assert tape.history.runs == {"r-1": {ALICE}}
    assert tape.history.threads == {f"t-{ALICE}": {ALICE}}


def test_the_first_acceptance_of_a_question_counts() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.asks(ALICE, "q1", "r-1")
    tape.asks(ALICE, "q1", "r-2", duplicate=True)
    accepted = tape.history.accepted(ALICE, "q1")
    assert accepted is not None
    assert accepted.run_id == "r-1"
    assert tape.history.accepted(BOB, "q1") is None


def test_sent_and_received_are_told_apart() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.says(ALICE, facts.Pong(nonce="sent"))
    tape.hears(ALICE, facts.Pong(nonce="received"))
    assert [s.fact.nonce for s in tape.history.facts(facts.Pong)] == ["received"]
    sent = tape.history.facts(facts.Pong, direction="sent")
    assert [s.fact.nonce for s in sent] == ["sent"]


def test_a_run_is_taken_from_the_device_that_saw_most_of_it() -> None:
    tape = Tape()
    first, second = tape.comes(ALICE), tape.comes(ALICE)
    run = whole_run()
    tape.event(ALICE, run[0], connection=first)
    for event in run:
        tape.event(ALICE, event, connection=second)
    assert [s.fact for s in tape.history.events_of_run(ALICE, "r-1")] == run


def test_each_scenario_has_its_own_records_and_what_is_outside_is_left_out() -> None:
    tape = Tape(scenario="")
    tape.opened()
    for scenario in ("s01", "s02", "s01"):
        tape.scenario = scenario
        tape.add(records.Sample, name="x", value=1.0)
    parts = tape.history.scenarios()
    assert {name: len(part) for name, part in parts.items()} == {"s01": 2, "s02": 1}
