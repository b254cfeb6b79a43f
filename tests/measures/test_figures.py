"""All figures of a run: normal service apart from faults, what is not covered is not claimed."""

from __future__ import annotations

import pytest
from histories import ALICE, BOB, WALL, Tape

from support.journal import History, facts, records
from support.measures.figures import Figures, figures


def chat(runs: int = 30) -> Tape:
    tape = Tape()
    tape.opened()
    tape.starts()
    tape.add(records.Sample, name="target_memory_bytes", value=50e6)
    tape.comes(ALICE)
    tape.ping(ALICE)
    for number in range(runs):
        tape.asks(ALICE, f"q{number}", f"r-{number}")
        tape.at += 0.1
        told = WALL + tape.at + 0.001 - 0.04
        for kind in (facts.STARTED, facts.COMPLETED):
            event = facts.Event(type=kind, run_id=f"r-{number}", timestamp=told)
            tape.event(ALICE, event)
    tape.fence(ALICE, took_ms=3.0)
    tape.heartbeat(ALICE, "protocol", took_ms=1.0)
    tape.add(records.Sample, name="target_memory_bytes", value=60e6)
    return tape


def of(tape: Tape) -> Figures:
    return figures(tape.history, WALL)


def test_what_was_measured_in_normal_service() -> None:
    found = of(chat())
    calm = found.normal
    assert calm.latency.p50 == pytest.approx(40, rel=0.05)
    assert calm.latency.average == pytest.approx(40.5, rel=0.001)
    assert calm.first_event.average == pytest.approx(102, rel=0.01)
    assert (calm.connect.count, calm.sign_in.count) == (1, 1)
    assert calm.ping.samples == (1.0,)
    assert found.traffic.fences_held == 1
    assert (calm.whole_answer.count, calm.answers_per_minute) == (30, 30)
    assert calm.answers_per_s in (9, 10)
    assert (found.memory.first_mb, found.memory.highest_mb) == (50, 60)
    assert found.clock is not None
    assert found.clock.offset_s == pytest.approx(0, abs=0.001)


@pytest.mark.parametrize(("limit", "asked"), [(4096, 1), (-5, 2)], ids=["possible", "impossible"])
def test_a_question_that_must_be_refused_as_too_long_is_missing_no_answer(
    limit: int, asked: int
) -> None:
    tape = Tape()
    tape.opened()
    tape.starts()
    tape.comes(ALICE, message_bytes=limit)
    for size in (4096, 4097):
        tape.says(ALICE, facts.Asked(request_id=f"q{size}"), size=size)
    assert of(tape).normal.questions_asked == asked


def test_the_data_of_the_whole_run_is_counted_each_way() -> None:
    tape = Tape()
    tape.opened()
    for scenario in ("s01", "s02"):
        tape.scenario = scenario
        tape.starts()
        tape.connects(ALICE)
        tape.says(ALICE, facts.Asked(request_id="q1"), size=100)
        tape.hears(ALICE, facts.Ignored(), size=40)
    found = of(tape).traffic
    greetings = 2  # of one byte each
    assert (found.sent, found.sent_bytes) == (2, 200)
    assert (found.received, found.received_bytes) == (2 + greetings, 80 + greetings)


def test_connections_count_as_open_at_once_within_one_scenario() -> None:
    tape = Tape()
    tape.opened()
    for scenario, together in (("s01", 2), ("s02", 3)):
        tape.scenario = scenario
        tape.starts()
        for _ in range(4 - together):
            tape.connects(f"{scenario}/Alice")
            tape.ends(f"{scenario}/Alice")
        for _ in range(together):
            tape.connects(f"{scenario}/Alice")
    assert of(tape).traffic.at_once == 3


def test_a_percentile_that_is_not_covered_is_not_claimed() -> None:
    latency = of(chat()).normal.latency
    assert latency.p50 is not None
    assert (latency.p95, latency.p99) == (None, None)


def test_what_was_measured_under_a_fault_is_kept_apart() -> None:
    tape = chat()
    tape.scenario = "s02"
    tape.starts()
    tape.comes(BOB)
    tape.event(BOB, facts.Event(type=facts.STARTED, timestamp=WALL + tape.at - 5))
    tape.cut(BOB)
    found = of(tape)
    assert found.normal.latency.count == 60
    assert found.under_fault.latency.count == 1
    assert found.under_fault.latency.longest == pytest.approx(5000, rel=0.01)


def test_recovery_is_timed_from_the_loss_to_the_first_and_the_last_of_what_was_missed() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.cut(ALICE)
    lost = tape.at
    tape.stream[ALICE] = 2
    tape.at += 1
    tape.connects(ALICE)
    tape.resumes(ALICE, after=0)
    for position in (1, 2):
        tape.at += 0.5
        tape.event(ALICE, facts.Event(type=facts.THINKING, position=position))
    found = of(tape)
    assert found.recovery_whole.longest == pytest.approx((tape.at - lost) * 1000, rel=0.001)
    assert found.recovery_first.longest == pytest.approx((tape.at - lost) * 1000 - 501, rel=0.01)


def test_a_recovery_that_never_came_to_its_end_has_no_time() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.cut(ALICE)
    tape.stream[ALICE] = 2
    tape.connects(ALICE)
    tape.resumes(ALICE, after=0)
    tape.event(ALICE, facts.Event(type=facts.THINKING, position=1))
    found = of(tape)
    assert (len(found.drops), found.recovery_whole.count) == (1, 0)


def test_events_from_the_future_are_counted_and_never_negative() -> None:
    tape = chat(0)
    tape.event(ALICE, facts.Event(type=facts.THINKING, timestamp=WALL + tape.at + 60))
    found = of(tape).normal
    assert found.timed is not None
    assert (found.timed.early, found.latency.longest) == (1, 0.0)


def test_an_empty_journal_has_empty_figures() -> None:
    found = figures(History([]), WALL)
    assert found.clock is None
    assert found.normal.latency.average is None
