"""The client's counters: exact, per user, bounded, cheap, and readable by others."""

from __future__ import annotations

import json
import time
import tracemalloc

import pytest
from histories import ALICE, BOB, WALL, Tape
from prometheus_client.parser import text_string_to_metric_families

from support.journal import facts, records
from support.measures.figures import figures
from support.metrics.client_metrics import MOST_USERS, ClientMetrics
from support.metrics.export import metrics_of
from support.metrics.snapshot import Snapshot
from support.metrics.tally import Counts, Gauges

GATE_RECORDS_PER_S = 1000  # more than the gate leaves on a quiet machine


def fed(tape: Tape, **options: float) -> ClientMetrics:
    found = ClientMetrics(WALL, **options)  # type: ignore[arg-type]
    for record in tape.records:
        found.observe(record)
    return found


def snapshot_of(tape: Tape) -> Snapshot:
    return fed(tape).snapshot()


def chat(runs: int = 3, user: str = ALICE) -> Tape:
    tape = Tape()
    tape.comes(user)
    tape.ping(user)
    for number in range(runs):
        tape.run(user, f"q{number}", f"r-{number}")
        tape.heartbeat(user, "application")
    return tape


def test_connections_are_counted_by_how_they_went() -> None:
    tape = chat()
    tape.refused("s01/Mallory", expect="refused")
    tape.refused(BOB)
    tape.cut(ALICE)
    tape.connects(ALICE)
    found = snapshot_of(tape).all
    assert (found.counts.connections, found.counts.connections_made) == (4, 2)
    assert (found.counts.connections_failed, found.counts.connections_kept_out) == (1, 1)
    assert (found.counts.connections_lost, found.counts.reconnects) == (1, 1)
    assert found.gauges.connections_open == 1


def test_a_handshake_without_an_answer_is_a_time_out() -> None:
    tape = Tape()
    connection = tape.tries(ALICE)
    tape.add(records.Refused, connection=connection, user=ALICE, how="timeout")
    assert snapshot_of(tape).all.counts.timeouts == 1


def test_sign_ins_are_counted() -> None:
    tape = Tape()
    tape.signs_in(ALICE)
    tape.signs_in(BOB, ok=False)
    counts = snapshot_of(tape).all.counts
    assert (counts.sign_ins_accepted, counts.sign_ins_refused) == (1, 1)


def test_messages_are_counted_by_what_became_of_them() -> None:
    tape = chat(runs=1)
    tape.hears(ALICE, facts.Accepted(request_id="q0", run_id="r-0", duplicate=True))
    tape.hears(ALICE, facts.Rejected(code="overloaded", request_id="q9"))
    tape.add(records.WaitTimedOut, user=ALICE, waited_for="the end of a run", limit_s=1.0)
    counts = snapshot_of(tape).all.counts
    assert (counts.messages_sent, counts.messages_doubled) == (1, 1)
    assert (counts.messages_failed, counts.messages_expired) == (1, 1)


def test_the_queue_has_a_size_a_peak_and_overflows() -> None:
    tape = Tape()
    for number, refused in ((1, 0), (2, 0), (2, 1)):
        request = f"q{number}{refused}"
        tape.add(records.Queued, user=ALICE, request_id=request, size=number, refused=refused)
    tape.says(ALICE, facts.Asked(request_id="q10"))
    found = snapshot_of(tape).all
    assert (found.counts.messages_queued, found.counts.queue_overflows) == (2, 1)
    assert (found.gauges.queue_size, found.gauges.queue_peak) == (1, 2)


def test_latency_is_corrected_by_the_clock_and_never_negative() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.ping(ALICE, offset_s=300.0)
    for late_s in (0.1, -60.0):
        at = WALL + tape.at + 0.001 + 300.0 - late_s
        tape.event(ALICE, facts.Event(type=facts.THINKING, timestamp=at))
    found = snapshot_of(tape)
    latency = found.durations["all"]["event_latency"]
    assert (latency.count, latency.total_ms) == (2, pytest.approx(100, rel=0.02))
    assert found.all.counts.events_early == 1


def test_every_user_has_figures_of_their_own_and_all_have_the_sum() -> None:
    tape = chat(2)
    tape.comes(BOB)
    tape.run(BOB, "b", "r-b")
    found = snapshot_of(tape)
    assert found.users[ALICE].counts.messages_sent == 2
    assert found.users[BOB].counts.messages_sent == 1
    assert found.all.counts.messages_sent == 3


def test_the_difference_of_two_snapshots_is_exact() -> None:
    tape = chat(2)
    metrics = fed(tape)
    before, seen = metrics.snapshot(), len(tape.records)
    tape.run(ALICE, "q8", "r-8")
    tape.comes(BOB)
    for record in tape.records[seen:]:
        metrics.observe(record)
    added = metrics.snapshot().since(before)
    assert added.all.counts.messages_sent == 1
    assert added.all.counts.events == 5
    assert added.users[BOB].counts.connections == 1
    assert added.durations["all"]["first_event"].count == 1
    assert added.t == pytest.approx(tape.at - before.t)
    assert before.all.counts.messages_sent == 2


def test_users_who_are_idle_are_dropped_and_stay_in_the_totals() -> None:
    tape = chat(2)
    tape.at += 301
    tape.comes(BOB)
    found = snapshot_of(tape)
    assert set(found.users) == {BOB}
    assert found.all.counts.messages_sent == 2


def test_no_more_than_so_many_users_are_kept() -> None:
    tape = Tape()
    for number in range(MOST_USERS + 20):
        tape.signs_in(f"s01/Person{number}")
    found = snapshot_of(tape)
    assert len(found.users) == MOST_USERS
    assert found.all.counts.sign_ins_accepted == MOST_USERS + 20


def test_memory_stays_bounded_over_ten_thousand_records() -> None:
    tape = chat(1300)
    assert len(tape.records) > 10_000
    tracemalloc.start()
    try:
        metrics = fed(tape)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert metrics.snapshot().all.counts.messages_sent == 1300
    assert taken <= 100_000


def test_it_costs_less_than_one_per_cent_of_a_core() -> None:
    tape = chat(1300)
    costs = []
    for _ in range(3):
        began = time.thread_time()
        fed(tape)
        costs.append((time.thread_time() - began) / len(tape.records))
    assert min(costs) * GATE_RECORDS_PER_S < 0.01


def test_they_leave_as_a_dictionary_and_as_json() -> None:
    found = snapshot_of(chat(2))
    assert found.as_dict()["all"]["counts"]["messages_sent"] == 2
    assert json.loads(found.as_json()) == found.as_dict()


def test_they_leave_as_prometheus_text() -> None:
    tape = chat(2)
    tape.comes('s01/"Bob\\')
    text = snapshot_of(tape).as_prometheus().decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    sent = {s.labels["user"]: s.value for s in families["greenlight_client_messages_sent"].samples}
    assert sent == {"others": 0.0, ALICE: 2.0}, "zeros of a user are left out"
    made = families["greenlight_client_connections"].samples
    assert {s.labels["user"] for s in made} == {"others", ALICE, 's01/"Bob\\'}
    buckets = families["greenlight_client_first_event_seconds"].samples
    assert {s.labels["le"] for s in buckets if "le" in s.labels} >= {"0.1", "+Inf"}
    assert next(s.value for s in buckets if s.name.endswith("_count")) == 2.0


def test_attempts_to_come_back_and_the_breaker_are_counted() -> None:
    tape = Tape()
    tape.refused(ALICE, expect="hoped")
    tape.connects(ALICE, expect="hoped")
    for before, after in (("closed", "open"), ("open", "half-open"), ("half-open", "closed")):
        tape.add(records.BreakerTransition, user=ALICE, before=before, after=after, reason="…")
    tape.add(records.BreakerTransition, user=BOB, before="closed", after="open", reason="…")
    tape.add(records.FailedFast, user=BOB, again_in_s=1.0)
    tape.add(records.Reconnected, user=ALICE, attempts=2, took_s=0.3)
    tape.add(records.ReconnectGaveUp, user=BOB, attempts=5, reason="…")
    tape.add(records.DuplicateDropped, user=ALICE, connection="s01/Alice#1", position=3)
    tape.add(records.AuthAnswer, user=ALICE, call="refresh", status=200, granted=True)
    found = snapshot_of(tape).all
    counts = found.counts
    assert (counts.retries, counts.retries_succeeded, counts.retries_spared) == (2, 1, 1)
    assert (counts.rounds_succeeded, counts.rounds_given_up) == (1, 1)
    moves = (counts.breaker_opens, counts.breaker_half_opens, counts.breaker_closes)
    assert moves == (2, 1, 1)
    assert found.gauges.breakers_open == 1
    assert (counts.events_repeated, counts.tokens_refreshed) == (1, 1)


def test_pings_and_fences_are_counted_apart() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.heartbeat(ALICE, "protocol")
    tape.fence(ALICE)
    tape.fence(ALICE, held=False)
    counts = snapshot_of(tape).all.counts
    assert (counts.pings_answered, counts.pings_unanswered) == (1, 0)
    assert (counts.fences_held, counts.fences_broken) == (1, 1)


def test_connect_time_ends_with_the_greeting_and_is_of_those_who_should_be_let_in() -> None:
    tape = Tape()
    tape.connects(ALICE)
    tape.connects(BOB, expect="either")
    found = snapshot_of(tape)
    counts, connect = found.all.counts, found.durations["all"]["connect"]
    assert (counts.connections_greeted, connect.count) == (1, 1)
    assert counts.connect_ms == connect.total_ms == pytest.approx(2.0)


def test_the_longest_queue_is_that_of_one_user() -> None:
    tape = Tape()
    for user in (ALICE, BOB):
        tape.add(records.Queued, user=user, request_id="q", size=3, refused=0)
    assert snapshot_of(tape).all.gauges.queue_peak == 3


def test_users_and_others_together_are_all_also_in_prometheus() -> None:
    tape = chat(2)
    tape.at += 301
    tape.comes(BOB)
    tape.run(BOB, "b", "r-b")
    tape.signs_in("", ok=False)
    found = snapshot_of(tape)
    assert set(found.users) == {BOB}
    text = found.as_prometheus().decode()
    for family in text_string_to_metric_families(text):
        name = family.name.removeprefix("greenlight_client_")
        if name in Counts.__struct_fields__:
            added = sum(s.value for s in family.samples if s.name.endswith("_total"))
            assert added == pytest.approx(getattr(found.all.counts, name)), name
        elif name in Gauges.__struct_fields__ and name != "queue_peak":
            added = sum(s.value for s in family.samples)
            assert added == getattr(found.all.gauges, name), name
    assert found.all.counts.messages_sent == 3


def test_exported_distributions_are_the_figures_of_the_run() -> None:
    tape = chat(30)
    measured = figures(tape.history, WALL)
    found = metrics_of(tape.history, measured, WALL).durations
    assert found["normal"]["event_latency"].p50 == measured.normal.latency.p50
    assert found["normal"]["ping"].count == measured.normal.ping.count == 30
    assert found["under_fault"]["connect"].count == 0
