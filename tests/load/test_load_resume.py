"""What is kept of a load that did not come to its end, and how another run goes on with it."""

from __future__ import annotations

from typing import Any

import pytest
from histories import Tape
from hypothesis import given
from hypothesis import strategies as st

from support.checks.load import load_held
from support.journal import records
from support.journal.load_plan import LoadPlan
from support.journal.shard_report import ShardReport, merge_all
from support.load.cluster import LoadRefused
from support.load.pace import arrivals
from support.load.resume import unfinished
from support.load.versions import versions
from support.measures.load import PARTS, loads
from support.report.load import summary_lines

PLAN = LoadPlan(users=4, duration_s=100.0, workers=2)
TEN = ShardReport(users=2, connected=2, asked=10, answered=10, right=10, response_us={20_000: 10})
MORE = ShardReport(asked=10, answered=8, right=8, pending=2, events={"agent_started": 9})


def cut(*, plan: LoadPlan = PLAN, build: str = "7", **began: Any) -> Tape:
    """A run whose process died after two intervals of each of two shards."""
    tape = Tape()
    tape.opened()
    tape.add(records.DeploymentBuild, version=build)
    given = {"plan": plan, "shards": 2, "versions": versions(), **began}
    tape.add(records.LoadBegan, **given)
    for shard in (0, 1):
        tape.add(records.LoadInterval, shard=shard, worked_s=10.0, report=TEN)
        tape.add(records.LoadInterval, shard=shard, worked_s=20.0 + shard, report=MORE)
    return tape


def test_the_figures_of_a_run_that_died_are_those_of_its_intervals() -> None:
    (load,) = loads(cut().history)
    assert (load.worked_s, load.total.asked, load.total.answered) == (20.0, 40, 36)
    assert load_held()(cut().history).state == "unknown"


def test_a_lost_shard_counts_up_to_its_last_interval_and_a_reported_one_once() -> None:
    tape = cut()
    whole = merge_all((TEN, MORE))
    tape.add(records.LoadShard, shard=0, worker="worker 1", attempt=1, report=whole)
    tape.add(records.LoadEnded, begun={"0": 1, "1": 1}, lost={"1": "its process ended"})
    (load,) = loads(tape.history)
    assert load.total.asked == 40
    assert load_held()(tape.history).state == "unknown"


def test_what_goes_on_has_all_that_was_seen_but_what_was_under_way() -> None:
    before = unfinished("run-1", cut().history)
    assert (before.rest.done_s, before.rest.left_s) == (20.0, 80.0)
    seen = before.seen
    assert len(seen) == PARTS
    assert merge_all(part.report for part in seen) == before.load.total
    tape = Tape()
    tape.add(records.LoadBegan, plan=before.rest, shards=2)
    for part in seen:
        tape.add(records.LoadEarlier, run=part.run, worked_s=part.worked_s, report=part.report)
    (load,) = loads(tape.history)
    assert (load.total.asked, load.total.answered) == (36, 36)
    assert (load.total.users, load.total.connected) == (0, 0)
    assert load.worked_s == 20.0


def test_a_deployment_that_left_questions_unanswered_before_is_not_held() -> None:
    wrong = ShardReport(asked=50, answered=50, right=10)
    plan = LoadPlan(users=4, duration_s=100.0, workers=2, done_s=20.0)
    tape = Tape()
    tape.add(records.LoadBegan, plan=plan, shards=2)
    tape.add(records.LoadEarlier, run="run-1", worked_s=20.0, report=wrong)
    for shard in (0, 1):
        report = ShardReport(users=2, connected=2, fenced=2, asked=50, answered=50, right=50)
        tape.add(records.LoadShard, shard=shard, worker="worker", attempt=1, report=report)
    tape.add(records.LoadEnded, begun={"0": 1, "1": 1})
    finding = load_held()(tape.history)
    assert finding.state == "failed"
    assert "40 of 150 questions were not answered" in finding.summary


def test_the_summary_shows_how_the_response_time_changed_in_quarters_of_the_time() -> None:
    tape = Tape()
    tape.add(records.LoadBegan, plan=PLAN, shards=1)
    for number in range(1, 9):
        seen = ShardReport(response_us={number * 1000: 100})
        tape.add(records.LoadInterval, shard=0, worked_s=number * 12.5, report=seen)
    (load,) = loads(tape.history)
    assert "quarters    p95 2.0 → 4.0 → 6.0 → 8.0 ms" in summary_lines(load)
    (short,) = loads(cut().history)
    assert not any(line.startswith("quarters") for line in summary_lines(short))


def violated() -> Tape:
    tape = cut()
    tape.add(
        records.LoadViolation, shard=0, user="load/User1", pattern="broken run", text="it is so"
    )
    return tape


@pytest.mark.parametrize(
    ("tape", "said"),
    [
        (Tape(), "no run of greenlight load"),
        (cut(plan=LoadPlan(users=4, by_steps=True)), "no run of greenlight load"),
        (violated(), "rejected already, with 1 violations"),
        (cut(shards=3), "before every worker had reported"),
        (cut(plan=LoadPlan(users=4, duration_s=20.0)), "all of its time is over"),
        (cut(plan=LoadPlan(users=5, duration_s=100.0)), "only 4 of 5 users were connected"),
        (cut(versions={"picows": "0.1"}), "other versions of the packages"),
    ],
)
def test_what_cannot_be_continued_is_refused_with_the_reason(tape: Tape, said: str) -> None:
    with pytest.raises(LoadRefused, match=said):
        unfinished("run-1", tape.history)


def test_another_build_is_another_load() -> None:
    before = unfinished("run-1", cut().history)
    before.ensure_same(cut().history)
    with pytest.raises(LoadRefused, match="another deployment or build"):
        before.ensure_same(cut(build="8").history)


@given(rate=st.floats(1, 200), steps=st.integers(1, 5), done_s=st.floats(0, 4))
def test_what_was_due_before_is_left_out_and_all_else_is_due_as_planned(
    rate: float, steps: int, done_s: float
) -> None:
    plan = LoadPlan(users=1, duration_s=4, rate_per_s=rate, steps=steps)
    rest = LoadPlan(users=1, duration_s=4, rate_per_s=rate, steps=steps, done_s=done_s)
    assert list(arrivals(rest)) == [at for at in arrivals(plan) if at >= done_s]
