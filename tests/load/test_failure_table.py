"""What a load run that cannot be approved is: real workers and deployments, each wrong in one way.

Lost workers, dying deployments and a generator that is too slow are in `test_load_engine`.
"""

from __future__ import annotations

import asyncio
import os
import signal

import pytest
from load_bench import PATIENT, Bench
from msgspec.structs import replace
from test_load_engine import LONG, PLAN, started_with

from support.checks.load import load_held
from support.deployment import Deployment
from support.journal.load_plan import LoadPlan
from support.journal.records.load import BROKEN_RUN
from support.load import crowd as crowd_module
from support.load.cluster import LocalWorkers
from support.load.crowd import Crowd


def test_a_violation_stands_when_a_worker_dies_later(bench: Bench) -> None:
    async def kill_after_a_violation(crowd: Crowd, _: Deployment) -> None:
        async with asyncio.timeout(30):
            while not sum(pulse.violations for pulse in crowd._pulses.values()):
                await asyncio.sleep(0.02)
        os.kill(crowd.workers[1].pid, signal.SIGKILL)

    # Seldom enough that no worker stops by itself, by the number of its violations.
    plan = replace(LONG, think_s=2.0)
    ran = bench.run(plan, during=kill_after_a_violation, defect="events-to-everyone")
    assert ran.figures.ended is not None
    assert "1" in ran.figures.ended.lost
    finding = load_held()(ran.history)
    assert (finding.state, finding.cause) == ("failed", "product")
    assert "isolation violation" in finding.summary


def test_too_few_right_answers_are_rejected(bench: Bench) -> None:
    plan = LoadPlan(users=4, duration_s=2, think_s=0.1, limits=PATIENT)
    ran = bench.run(plan, **{"reference.settings": "chat.messages_per_s=2"})
    finding = load_held()(ran.history)
    assert (finding.state, finding.cause) == ("failed", "product"), finding
    assert "questions were not answered as they should be" in finding.summary


@pytest.mark.parametrize(
    ("defect", "said"),
    [
        ("runs-sometimes-unfinished", "no event of the run arrived"),
        ("tool-completed-never-sent", " never completed"),
    ],
    ids=["one in twenty never ends", "a phase is missing"],
)
def test_an_incomplete_run_is_rejected_whatever_share_was_answered(
    bench: Bench, defect: str, said: str
) -> None:
    plan = replace(PLAN, duration_s=2.0, think_s=0.1, limits=replace(PATIENT, success=0.01))
    ran = bench.run(plan, defect=defect, **{"patience.answer_s": "1"})
    finding = load_held()(ran.history)
    assert (finding.state, finding.cause) == ("failed", "product"), finding
    assert set(ran.figures.patterns) == {BROKEN_RUN}
    assert said in finding.summary, finding.summary


def test_a_rate_that_the_deployment_cannot_take_is_its_own_limit(bench: Bench) -> None:
    plan = LoadPlan(users=6, duration_s=3, rate_per_s=40, limits=PATIENT)
    finding = load_held()(bench.run(plan, defect="one-run-at-a-time").history)
    assert (finding.state, finding.cause) == ("failed", "product"), finding
    assert "the load generator was idle: the deployment was the limit" in finding.summary


def test_what_was_never_seen_is_not_proven(bench: Bench) -> None:
    finding = load_held()(bench.run(replace(PLAN, kind="failing")).history)
    assert (finding.state, finding.cause) == ("unknown", "too_few_samples"), finding
    assert finding.summary.startswith("no tool_executing, tool_completed")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (
            "import support.load.worker as w; real = w._standard_output;"
            " w._standard_output = lambda m: (real(m), type(m) is w.Begun and real(m))",
            "was begun twice",
        ),
        (
            "import msgspec, support.load.shard as s; real = s.ShardRun.report;"
            " s.ShardRun.report = lambda run: s.Done(msgspec.structs.replace("
            "real(run).report, users=run.plan.users - 1))",
            "6 of 8 users were reported",
        ),
    ],
    ids=["begun twice", "users missing"],
)
def test_workers_whose_reports_do_not_add_up_prove_nothing(
    bench: Bench, code: str, said: str
) -> None:
    finding = load_held()(bench.run(PLAN, workers=LocalWorkers([started_with(code)])).history)
    assert (finding.state, finding.cause) == ("unknown", "harness"), finding
    assert said in finding.summary


def test_a_worker_that_does_not_come_to_an_end_is_lost(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd_module, "SLACK_S", 0.0)
    monkeypatch.setattr(Crowd, "_run_budget_s", 1.0)
    endless = started_with(
        "import asyncio, support.load.shard as s;"
        " s.ShardRun._drain = lambda run, **k: asyncio.sleep(60)"
    )
    finding = load_held()(bench.run(PLAN, workers=LocalWorkers([endless])).history)
    assert (finding.state, finding.cause) == ("unknown", "harness"), finding
    assert "its time was up" in finding.summary
