"""How late do events come? Known delays give known figures; what cannot be said is not said."""

from __future__ import annotations

import statistics

import hypothesis.strategies as st
import msgspec
import pytest
from histories import ALICE, BOB, EPOCH, WALL, Tape
from hypothesis import given, settings

from support.checks.latency import latency_within
from support.journal import History, facts, records
from support.measures.clock import clock_of
from support.measures.distribution import Figure
from support.measures.latency import latencies_of
from support.measures.scope import normal_service

FIGURES: tuple[Figure, ...] = ("average", "p95", "p99")


class Chat(Tape):
    """A conversation with a deployment whose clock is `offset_s` ahead of ours."""

    def __init__(self, offset_s: float = 0.0) -> None:
        super().__init__()
        self.offset_s = offset_s
        self.opened()
        self.starts()
        self.comes(ALICE)
        self.ping(ALICE, offset_s=offset_s)

    def late(self, *delays_ms: float, user: str = ALICE, **changed: object) -> None:
        """Live events that happened that long before they arrive."""
        for delay_ms in delays_ms:
            self.stream[user] += 1
            happened = WALL + self.at + 0.001 - delay_ms / 1000 + self.offset_s
            told = {
                "type": facts.THINKING,
                "position": self.stream[user],
                "epoch": EPOCH,
                "timestamp": happened,
            }
            self.hears(user, facts.Event(**{**told, **changed}))

    def figure(self, name: Figure) -> float:
        clock = clock_of(self.history, WALL)
        assert clock is not None
        return latencies_of(normal_service(self.history), clock, WALL).figure(name)

    def within(self, limit_ms: float, figure: Figure = "average") -> tuple[str, str]:
        finding = latency_within(WALL, figure, limit_ms)(self.history)
        return finding.state, finding.summary


def spread(count: int) -> list[float]:
    """Delays from 1 to 100 ms, as many of each, in no order."""
    return [float(1 + (number * 37) % 100) for number in range(count)]


def test_known_delays_give_the_known_average() -> None:
    chat = Chat()
    chat.late(*spread(1000))
    assert chat.figure("average") == pytest.approx(50.5, rel=0.01)


@pytest.mark.parametrize(("figure", "known"), [("p95", 95.0), ("p99", 99.0)])
def test_known_delays_give_the_known_percentiles(figure: Figure, known: float) -> None:
    chat = Chat()
    chat.late(*spread(1000))
    assert chat.figure(figure) == pytest.approx(known, rel=0.01)


@settings(max_examples=25)
@given(st.lists(st.floats(0.1, 5000), min_size=20, max_size=60), st.floats(-600, 600))
def test_the_average_is_true_whatever_the_clocks_say(delays: list[float], offset_s: float) -> None:
    chat = Chat(offset_s)
    chat.late(*delays)
    assert chat.figure("average") == pytest.approx(statistics.fmean(delays), rel=0.01, abs=0.01)


@pytest.mark.parametrize("offset_s", [-300.0, -1.0, 1.0, 300.0])
def test_a_clock_that_is_minutes_off_changes_nothing(offset_s: float) -> None:
    chat = Chat(offset_s)
    chat.late(*spread(200))
    assert chat.figure("p95") == pytest.approx(95.0, rel=0.01)
    assert chat.within(100, "p95")[0] == "passed"


def test_the_quickest_ping_sets_the_clock() -> None:
    chat = Chat()
    chat.ping(ALICE, round_trip_s=0.5, offset_s=9.0)
    chat.ping(ALICE, round_trip_s=0.4, offset_s=-9.0)
    clock = clock_of(chat.history, WALL)
    assert clock is not None
    assert clock.offset_s == pytest.approx(0.0, abs=1e-6)
    assert clock.uncertainty_s == pytest.approx(0.001, abs=1e-6)


def test_without_any_ping_the_clocks_cannot_be_compared() -> None:
    tape = Tape()
    tape.comes(ALICE)
    assert clock_of(tape.history, WALL) is None
    assert latency_within(WALL, "average", 100)(tape.history).state == "unknown"


def test_a_pong_to_nobodys_ping_sets_no_clock() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.hears(ALICE, facts.Pong(nonce="never sent", server_time=WALL))
    tape.ping(ALICE, server_time=None)
    assert clock_of(tape.history, WALL) is None


def test_within_the_limit_passes() -> None:
    chat = Chat()
    chat.late(*[40.0] * 20)
    state, told = chat.within(100)
    assert state == "passed"
    assert told == "40.0 ms over 20 events (clocks ± 1.0 ms)"


def test_over_the_limit_fails() -> None:
    chat = Chat()
    chat.late(*[140.0] * 20)
    assert chat.within(100)[0] == "failed"


def test_a_few_very_late_ones_fail_the_percentile() -> None:
    chat = Chat()
    chat.late(*[10.0] * 188, *[900.0] * 12)
    assert chat.within(500, "p95")[0] == "failed"
    assert chat.within(100, "average")[0] == "passed"


@pytest.mark.parametrize("figure", FIGURES)
def test_events_that_are_hours_late_are_not_overlooked(figure: Figure) -> None:
    chat = Chat()
    chat.late(*[40.0] * 900, *[1000.0 * 3600 * 24] * 100)
    assert chat.within(1000, figure)[0] == "failed"


@pytest.mark.parametrize("timestamp", [0.0, WALL / 1000, 1e300, -1e300])
@pytest.mark.parametrize("figure", FIGURES)
def test_times_that_make_no_sense_never_pass(figure: Figure, timestamp: float) -> None:
    chat = Chat()
    chat.late(*[40.0] * 1000, timestamp=timestamp)
    assert chat.within(1000, figure)[0] == "failed"


@pytest.mark.parametrize(("figure", "least"), [("average", 20), ("p95", 200), ("p99", 1000)])
def test_too_few_events_make_no_figure(figure: Figure, least: int) -> None:
    chat = Chat()
    chat.late(*[1.0] * (least - 1))
    assert chat.within(100, figure)[0] == "unknown"
    chat.late(1.0)
    assert chat.within(100, figure)[0] == "passed"


def test_events_from_the_future_fail() -> None:
    chat = Chat()
    chat.late(*[10.0] * 30, -200.0)
    state, told = chat.within(100)
    assert state == "failed"
    assert told.startswith("1 of 31 events bear times ahead of their own arrival")


def test_events_a_trifle_early_are_rounding() -> None:
    chat = Chat()
    chat.late(*[-15.0] * 30)
    assert chat.within(100)[0] == "passed"


def test_a_clock_that_tells_whole_seconds_cannot_measure_milliseconds() -> None:
    chat = Chat()
    chat.records = [r for r in chat.records if not isinstance(r, records.Frame)]
    for _ in range(3):
        chat.ping(ALICE, server_time=float(int(WALL + chat.at)))
    chat.late(*[10.0] * 30)
    clock = clock_of(chat.history, WALL)
    assert clock is not None
    assert clock.uncertainty_s > 1.0
    assert chat.within(100)[0] == "unknown"


def test_a_slow_line_cannot_measure_below_its_own_uncertainty() -> None:
    tape = Chat()
    tape.records = [r for r in tape.records if not isinstance(r, records.Frame)]
    tape.ping(ALICE, round_trip_s=0.5)
    tape.late(*[10.0] * 30)
    assert tape.within(100) == ("unknown", "the clocks can be compared to ± 250 ms only")


def test_what_our_own_machine_may_have_caused_is_unknown() -> None:
    chat = Chat()
    chat.late(*[140.0] * 20)
    chat.add(records.Sample, name="loop_lag_ms", value=60.0)
    state, told = chat.within(100)
    assert state == "unknown"
    assert "the test machine was up to 60 ms late" in told


def test_what_our_own_machine_cannot_have_caused_fails() -> None:
    chat = Chat()
    chat.late(*[140.0] * 20)
    chat.add(records.Sample, name="loop_lag_ms", value=30.0)
    assert chat.within(100)[0] == "failed"


def test_other_samples_are_no_lag() -> None:
    chat = Chat()
    chat.late(*[140.0] * 20)
    chat.add(records.Sample, name="target_memory_bytes", value=1e9)
    assert chat.within(100)[0] == "failed"


# --- what does not count


def test_a_scenario_with_an_injected_fault_is_left_out() -> None:
    chat = Chat()
    chat.late(*[10.0] * 20)
    chat.scenario = "s02"
    chat.comes(BOB)
    chat.late(*[5000.0] * 20, user=BOB)
    chat.add(records.Sample, name="loop_lag_ms", value=4000.0)
    chat.cut(BOB)
    assert chat.within(100) == ("passed", "10.0 ms over 20 events (clocks ± 1.0 ms)")


def test_a_scenario_under_load_is_left_out() -> None:
    chat = Chat()
    chat.late(*[10.0] * 20)
    chat.scenario = "s02"
    chat.starts(under_load=True)
    chat.comes(BOB)
    chat.late(*[5000.0] * 20, user=BOB)
    assert chat.within(100)[0] == "passed"


def test_a_scenario_in_good_order_counts() -> None:
    chat = Chat()
    chat.late(*[10.0] * 20)
    chat.scenario = "s02"
    chat.starts()
    chat.comes(BOB)
    chat.late(*[5000.0] * 20, user=BOB)
    assert chat.within(100)[0] == "failed"


def test_replayed_events_do_not_count_and_the_live_ones_after_them_do() -> None:
    chat = Chat()
    chat.ends(ALICE)
    chat.stream[ALICE] = 3
    chat.connects(ALICE)
    chat.resumes(ALICE, after=0)
    chat.stream[ALICE] = 0
    chat.late(*[60_000.0] * 3)
    chat.late(*[10.0] * 20)
    assert chat.within(100) == ("passed", "10.0 ms over 20 events (clocks ± 1.0 ms)")


def test_a_target_cannot_hide_live_events_behind_a_resume_it_rejected() -> None:
    chat = Chat()
    chat.ends(ALICE)
    chat.connects(ALICE)
    chat.resumes(ALICE, after=0, recovered=False, last=10**9)
    chat.late(*[5000.0] * 20)
    assert chat.within(100)[0] == "failed"


def test_an_event_without_a_time_is_no_sample() -> None:
    chat = Chat()
    chat.late(*[10.0] * 20, timestamp=None)
    assert chat.within(100) == ("unknown", "0 events are too few (20 needed)")


def test_an_empty_history_has_no_clock() -> None:
    assert clock_of(History([]), WALL) is None


def test_a_percentile_is_of_the_events_whose_arrival_is_known() -> None:
    """The last of what was read together is; what came before it may have been read late."""
    chat = Chat()
    chat.late(*[10.0] * 30, *[900.0] * 5)
    chat.records = [
        msgspec.structs.replace(r, unsure_ms=800.0 if r.seq > chat.records[-6].seq else 0.0)
        if isinstance(r, records.Frame)
        else r
        for r in chat.records
    ]
    state, told = chat.within(100)
    assert state == "passed"
    assert "over 30 events" in told
    assert "not counting 5 that this machine may have read late" in told


def test_too_few_arrivals_that_are_known_give_an_upper_bound() -> None:
    chat = Chat()
    chat.late(*[10.0] * 30)
    chat.records = [
        msgspec.structs.replace(r, unsure_ms=5.0) if isinstance(r, records.Frame) else r
        for r in chat.records
    ]
    state, told = chat.within(100)
    assert (state, "30 of which this machine" in told) == ("passed", True)
    assert chat.within(9)[0] == "unknown"
    assert chat.within(4)[0] == "failed"


def test_a_known_arrival_over_the_limit_fails_however_late_this_machine_was_elsewhere() -> None:
    chat = Chat()
    chat.add(records.Sample, name="loop_lag_ms", value=500.0)
    chat.at += 60
    chat.late(*[140.0] * 30)
    chat.records = [
        msgspec.structs.replace(r, unsure_ms=0.0) if isinstance(r, records.Frame) else r
        for r in chat.records
    ]
    assert chat.within(100)[0] == "failed"
