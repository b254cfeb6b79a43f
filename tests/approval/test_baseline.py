"""Is it as good as it was? Worse is worse both ways; without a baseline nothing is passed."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from evidence import criterion, outcomes, verdict
from histories import ALICE, WALL, Tape

from support.approval import ApprovedRun, earlier_runs, key_figures, remember
from support.approval.baseline import RUNS_COMPARED, compare
from support.journal import facts, records
from support.measures import figures


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
        "there is no approved run of this target to compare with yet",
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
    assert told == "average event latency: 80.0 ms, usually 10.0"


def test_what_our_own_lateness_may_have_caused_is_unknown() -> None:
    state, told = compared(chat(80, lag_ms=75), approved())
    assert state == "unknown"
    assert "our own machine was up to 75 ms late" in told


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
    ("latency_ms", "lag_ms", "state"), [(10, 0, "pass"), (80, 0, "fail"), (80, 75, "invalid")]
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
    found = earlier_runs(path, good.target, good.environment)
    assert [run.build for run in found] == ["2", "3", "4", "5", "6"]
    assert earlier_runs(path, "another target", good.environment) == []


def test_a_damaged_line_is_no_run_and_no_file_is_no_baseline(tmp_path: Path) -> None:
    path, good = tmp_path / "baseline.jsonl", verdict()
    assert earlier_runs(path, good.target, good.environment) == []
    path.write_bytes(b'{"target": \xff}\nnonsense\n')
    remember(path, good)
    assert len(earlier_runs(path, good.target, good.environment)) == 1


def test_only_what_is_covered_is_kept() -> None:
    found = key_figures(figures(chat().history, WALL))
    assert set(found) == {
        "latency_average_ms",
        "latency_p95_ms",
        "first_event_p95_ms",
        "answers_per_s",
    }
