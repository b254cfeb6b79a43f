"""Is it as good as it was? Worse is worse both ways; without a baseline nothing is passed."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest
from evidence import criterion, outcomes, verdict
from histories import ALICE, WALL, Tape

from support.approval import ApprovedRun, earlier_runs, key_figures, remember
from support.approval.baseline import RUNS_COMPARED, Compared, allowed_ms, compare
from support.approval.baseline import compared as figures_compared
from support.journal import facts, records
from support.measures.figures import figures


def chat(latency_ms: float = 10.0, lag_ms: float = 0.0) -> Tape:
    tape = Tape()
    tape.scenario = ""
    tape.opened()
    tape.scenario = "s01"
    tape.starts()
    tape.comes(ALICE)
    tape.ping(ALICE)
    for number in range(200):
        tape.asks(ALICE, f"q{number}", f"r-{number}")
        tape.at += latency_ms / 1000
        told = WALL + tape.at + 0.001 - latency_ms / 1000
        tape.event(ALICE, facts.Event(type=facts.STARTED, run_id=f"r-{number}", timestamp=told))
    tape.add(records.Sample, name="loop_lag_ms", value=lag_ms)
    return tape


def approved(**changed: float) -> ApprovedRun:
    usual = {"latency_average_ms": 10.0, "latency_p95_ms": 12.0, "first_event_p95_ms": 14.0}
    return ApprovedRun(
        target="t", environment="e", build="1", finished=WALL, figures={**usual, **changed}
    )


def compared(tape: Tape, *runs: ApprovedRun) -> tuple[str, str]:
    finding = compare(figures(tape.history, WALL), runs)
    return finding.state, finding.summary


def test_without_a_baseline_nothing_is_passed() -> None:
    state, told = compared(chat())
    assert (state, told) == (
        "unknown",
        "there is no approved run of this deployment to compare with yet",
    )


def test_as_good_as_before_passes() -> None:
    assert compared(chat(12), approved(), approved())[0] == "passed"


def test_twice_as_slow_by_a_few_milliseconds_is_nobodys_concern() -> None:
    assert compared(chat(25), approved())[0] == "passed"


def test_slower_by_a_lot_that_is_little_of_what_it_was_passes() -> None:
    before = approved(latency_average_ms=400, latency_p95_ms=400, first_event_p95_ms=400)
    assert compared(chat(480), before)[0] == "passed"


def test_worse_both_ways_fails_and_says_how() -> None:
    state, told = compared(chat(80), approved())
    assert state == "failed"
    assert told == "average event latency 80.0 ms, was 10.0, allowed 40.0"


def test_what_our_own_lateness_may_have_caused_is_allowed_and_shown() -> None:
    state, told = compared(chat(80, lag_ms=75), approved())
    assert state == "passed"
    assert "was 10.0, allowed 115.0 (75.0 of it for the delay of the test machine)" in told
    assert compared(chat(80, lag_ms=75), approved(machine_lag_ms=70))[0] == "failed"


def test_what_is_shown_is_what_is_applied() -> None:
    one = Compared("p95", 69.9, 19.2, allowed_ms([19.2]))
    assert (one.worse, one.text()) == (True, "p95 69.9 ms, was 19.2, allowed 49.2")
    assert allowed_ms([100.0]) == 150.0
    assert allowed_ms([80, 100, 100, 140, 200]) == pytest.approx(188.956)
    assert allowed_ms([60, 80, 100, 160, 200]) == pytest.approx(100 + 3 * 1.4826 * 40)


@pytest.mark.parametrize("usual", [20.0, 60.0, 250.0])
def test_three_times_the_latency_is_caught(usual: float) -> None:
    jitter = [0.9, 1.0, 1.1, 0.95, 1.05]
    assert 3 * usual > allowed_ms([usual * j for j in jitter])


#: Recorded by whole gates of the healthy reference on two cores, others at work beside them or not.
RECORDED = [
    {"latency_average_ms": 2.58, "latency_p95_ms": 5.771, "first_event_p95_ms": 7.095,
     "connect_p95_ms": 3.661, "machine_lag_ms": 6.1},
    {"latency_average_ms": 22.326, "latency_p95_ms": 68.671, "first_event_p95_ms": 77.759,
     "connect_p95_ms": 47.487, "machine_lag_ms": 70.0},
    {"latency_average_ms": 13.652, "latency_p95_ms": 39.103, "first_event_p95_ms": 44.863,
     "connect_p95_ms": 19.199, "machine_lag_ms": 45.405},
]  # fmt: skip


def test_healthy_gates_beside_busy_cores_raise_no_alarm() -> None:
    """Ten gates in a row on a machine that is quiet or busy, each approved one in the baseline."""
    for seed in range(50):
        chance = random.Random(seed)
        baseline = [approved(**RECORDED[0])]
        for _ in range(10):
            busy, other = chance.random(), chance.choice(RECORDED[1:])
            mine = {
                name: quiet + busy * (other[name] - quiet) for name, quiet in RECORDED[0].items()
            }
            found = figures_compared(mine, baseline[-RUNS_COMPARED:])
            assert not [one.text() for one in found if one.worse]
            baseline.append(approved(**mine))


def test_one_odd_run_does_not_move_the_baseline() -> None:
    odd = approved(latency_average_ms=1.0, latency_p95_ms=1.0, first_event_p95_ms=1.0)
    usual = [approved(latency_average_ms=70, latency_p95_ms=70, first_event_p95_ms=70)] * 2
    assert compared(chat(80), odd, *usual)[0] == "passed"


def test_a_figure_that_is_missing_now_is_not_passed_over() -> None:
    state, told = compared(chat(), approved(connect_p95_ms=20))
    assert (state, told) == (
        "unknown",
        "too little was measured this time: connecting, 95th percentile",
    )


@pytest.mark.parametrize(
    ("latency_ms", "lag_ms", "state"), [(10, 0, "pass"), (80, 0, "fail"), (80, 75, "pass")]
)
def test_the_criterion_follows_the_comparison(latency_ms: float, lag_ms: float, state: str) -> None:
    given = outcomes(baseline=[approved()])
    assert criterion("degradation", given, chat(latency_ms, lag_ms)).state == state


def test_the_criterion_says_that_there_is_no_baseline_and_does_not_count() -> None:
    found = criterion("degradation", tape=chat())
    assert (found.state, found.required, found.measured) == ("waived", False, "no baseline")
    assert "no approved run" in found.reason


def test_approved_runs_are_found_again_by_target_and_environment(tmp_path: Path) -> None:
    path, good = tmp_path / "baseline.jsonl", verdict()
    assert good.approved
    for number in range(RUNS_COMPARED + 2):
        remember(path, msgspec.structs.replace(good, build=str(number)))
    remember(path, msgspec.structs.replace(good, environment="elsewhere"))
    remember(path, msgspec.structs.replace(good, decision="REJECTED", build="bad"))
    found = earlier_runs(path, good.target, good.environment, good.machine)
    assert [run.build for run in found] == ["2", "3", "4", "5", "6"]
    assert earlier_runs(path, "another deployment", good.environment, good.machine) == []


def test_a_damaged_line_is_no_run_and_no_file_is_no_baseline(tmp_path: Path) -> None:
    path, good = tmp_path / "baseline.jsonl", verdict()
    assert earlier_runs(path, good.target, good.environment, good.machine) == []
    path.write_bytes(b'{"target": \xff}\nnonsense\n')
    remember(path, good)
    assert len(earlier_runs(path, good.target, good.environment, good.machine)) == 1


def test_only_what_is_covered_is_kept() -> None:
    found = key_figures(figures(chat().history, WALL))
    assert set(found) == {
        "latency_average_ms",
        "latency_p95_ms",
        "first_event_p95_ms",
        "answers_per_s",
        "machine_lag_ms",
    }
