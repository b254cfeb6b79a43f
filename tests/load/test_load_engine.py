"""The load engine against the bundled reference: real workers, real sockets, real tokens."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest
from load_bench import PATIENT, Bench

from support.checks.load import load_held
from support.deployment import Deployment
from support.dialects import load_dialect
from support.journal.facts import REQUIRED_EVENTS
from support.journal.load_plan import LoadPlan
from support.load.cluster import WORKER, LoadRefused, LocalWorkers
from support.load.crowd import Crowd
from support.load.needs import remarks
from support.measures.load import claimed_ms

PLAN = LoadPlan(users=8, duration_s=1.0, think_s=0.2, workers=2, limits=PATIENT)
LONG = LoadPlan(users=8, duration_s=30.0, think_s=0.2, workers=2, limits=PATIENT)


async def under_way(crowd: Crowd, answered: int = 5) -> None:
    """Wait until so many questions have been answered."""
    async with asyncio.timeout(30):
        while sum(p.answered for p in crowd._pulses.values()) < answered:
            await asyncio.sleep(0.02)


def test_a_healthy_deployment_holds_the_load_of_two_workers(bench: Bench) -> None:
    ran = bench.run(PLAN)
    finding = load_held()(ran.history)
    assert finding.ok, finding
    total = ran.figures.total
    assert (total.users, total.connected, total.fenced) == (8, 8, 8)
    assert total.asked == total.answered == total.right > 8
    assert {kind: total.events[kind] for kind in REQUIRED_EVENTS} == dict.fromkeys(
        REQUIRED_EVENTS, total.asked
    )
    assert total.examined == total.frames
    assert sum(total.response_us.values()) == total.answered
    assert sum(total.event_us.values()) == sum(total.events.values())
    assert ran.figures.progress[-1].p95_ms is not None  # though no answer has just come


def test_users_of_a_load_speak_with_the_variables_of_the_environment_and_their_own_id(
    bench: Bench, tmp_path: Path
) -> None:
    text = Path("support/dialects/agent-chat-v1.toml").read_text()
    asks = '[send.ask]\nmessage = { type = "user_message", request_id = "{request_id}"'
    for told, instead in (
        ('path = "/ws"', 'path = "/{place}"'),
        (asks, asks.replace("{request_id}", "{user_id}/{request_id}")),
        ('get.request_id = "request_id"', "get.request_id = \"find('[^/]*$', request_id)\""),
    ):
        assert told in text
        text = text.replace(told, instead)
    dialect = tmp_path / "placed.toml"
    dialect.write_text(f'{text}\n[variables]\nplace = "another-service"\n')
    ran = bench.run(PLAN, dialect=str(dialect), **{"variables.place": "ws"})
    finding = load_held()(ran.history)
    assert finding.ok, finding
    assert ran.figures.total.connected == 8


def test_in_the_open_model_questions_are_due_by_the_clock(bench: Bench) -> None:
    plan = LoadPlan(users=10, duration_s=1.5, rate_per_s=40, limits=PATIENT)
    total = bench.run(plan).figures.total
    assert total.due == pytest.approx(60, abs=25)
    assert sum(total.late_us.values()) <= total.due


def test_those_who_are_cut_off_resume_and_have_missed_nothing(bench: Bench) -> None:
    plan = LoadPlan(users=10, duration_s=1.5, think_s=0.1, drops=1.0, storm=True, limits=PATIENT)
    ran = bench.run(plan)
    assert load_held()(ran.history).ok, load_held()(ran.history)
    total = ran.figures.total
    assert (total.dropped, total.recovered) == (10, 10)
    assert sum(total.recovery_us.values()) == 10


@pytest.mark.parametrize(
    ("defect", "pattern"),
    [
        ("events-to-everyone", "isolation violation"),
        ("every-tenth-event-doubled", "missing or doubled events"),
    ],
)
def test_a_defect_is_found_under_load(bench: Bench, defect: str, pattern: str) -> None:
    plan = LoadPlan(users=6, duration_s=1.5, think_s=0.1, limits=PATIENT)
    ran = bench.run(plan, defect=defect)
    finding = load_held()(ran.history)
    assert (finding.state, finding.cause) == ("failed", "product")
    assert pattern in ran.figures.total.patterns


@pytest.mark.alone
@pytest.mark.parametrize(
    ("rate_per_s", "shown"), [(60.0, True), (0.0, False)], ids=["open", "closed"]
)
def test_a_stall_of_a_second_shows_in_the_95th_percentile_of_the_open_model_alone(
    bench: Bench, rate_per_s: float, shown: bool
) -> None:
    async def stall(crowd: Crowd, deployment: Deployment) -> None:
        await under_way(crowd, answered=30)
        (service,) = (p for p in psutil.Process().children() if "support.reference" in p.cmdline())
        parts = [service, *service.children(recursive=True)]
        for part in parts:
            part.suspend()
        await asyncio.sleep(1)
        for part in parts:
            part.resume()

    plan = LoadPlan(users=20, duration_s=4, rate_per_s=rate_per_s, think_s=0.1, limits=PATIENT)
    ran = bench.run(plan, during=stall, **{"reference.settings": "chat.heartbeat_s=20"})
    assert load_held()(ran.history).ok, load_held()(ran.history)
    p95_ms = claimed_ms(ran.figures.total.response_us, 0.95)
    assert p95_ms is not None
    assert (p95_ms > 500) is shown


# --- the failure table, by real processes


@pytest.mark.alone
@pytest.mark.parametrize(
    ("number", "within_s"), [(signal.SIGKILL, 1.0), (signal.SIGSTOP, 5.0)], ids=["kill", "stop"]
)
def test_a_worker_that_is_lost_is_noticed_and_proves_nothing(
    bench: Bench, number: signal.Signals, within_s: float
) -> None:
    noticed: list[float] = []

    async def lose_one(crowd: Crowd, _: Deployment) -> None:
        await under_way(crowd)
        at = time.monotonic()
        os.kill(crowd.workers[1].pid, number)
        async with asyncio.timeout(20):
            while not crowd._lost:
                await asyncio.sleep(0.01)
        noticed.append(time.monotonic() - at)

    ran = bench.run(LONG, during=lose_one)
    assert noticed[0] <= within_s
    finding = load_held()(ran.history)
    assert finding.state == "unknown"
    assert "1 of 2 shards were lost" in finding.summary
    assert len(ran.figures.shards) == 1, "what the other worker has seen is kept"
    assert ran.figures.total.answered > 0


def test_a_deployment_that_dies_in_the_middle_is_rejected(bench: Bench) -> None:
    async def die(crowd: Crowd, deployment: Deployment) -> None:
        await under_way(crowd)
        controller = deployment.controller
        assert controller is not None
        await asyncio.to_thread(controller.carry_out, "kill", "chat")

    plan = LoadPlan(users=6, duration_s=3, think_s=0.1, limits=PATIENT)
    finding = load_held()(bench.run(plan, during=die).history)
    assert (finding.state, finding.cause) == ("failed", "product")
    assert "unstable connection" in finding.summary


@pytest.mark.alone
def test_a_generator_that_is_too_slow_is_named_as_the_limit(bench: Bench) -> None:
    async def starve(crowd: Crowd, _: Deployment) -> None:
        await under_way(crowd, answered=1)
        pid = crowd.workers[0].pid
        for _ in range(5):
            os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(0.3)
            os.kill(pid, signal.SIGCONT)
            await asyncio.sleep(0.05)

    plan = LoadPlan(users=4, duration_s=4, rate_per_s=40)
    finding = load_held()(bench.run(plan, during=starve).history)
    assert (finding.state, finding.cause) == ("unknown", "environment"), finding
    assert "the load generator was the limit" in finding.summary


@pytest.mark.alone
def test_connections_that_ended_for_heartbeats_missed_by_the_generator_are_no_defect(
    bench: Bench,
) -> None:
    async def miss_heartbeats(crowd: Crowd, _: Deployment) -> None:
        await under_way(crowd, answered=1)
        pid = crowd.workers[0].pid
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(2)
        os.kill(pid, signal.SIGCONT)

    plan = LoadPlan(users=4, duration_s=4, think_s=0.2, limits=PATIENT)
    ran = bench.run(plan, during=miss_heartbeats, **{"reference.settings": "chat.heartbeat_s=0.5"})
    finding = load_held()(ran.history)
    assert (finding.state, finding.cause) == ("unknown", "environment"), finding
    assert "may explain 4 connections that ended" in finding.summary
    assert ran.figures.total.closes["code 4408"] == 4


def test_without_ordered_round_trips_silence_is_waited_for_and_said_to_be_weaker(
    bench: Bench, tmp_path: Path
) -> None:
    text = Path("support/dialects/agent-chat-v1.toml").read_text()
    quiet = tmp_path / "quiet.toml"
    quiet.write_text(f"{text}\n[fence]\nordered = false\nquiet_s = 0.5\n")
    ran = bench.run(PLAN, dialect=str(quiet))
    finding = load_held()(ran.history)
    assert finding.ok, finding
    assert ran.figures.total.fenced == 8
    (remark,) = ran.figures.began.remarks
    assert "no ordered round trip: a stream counts as ended after 0.5 s of silence" in remark


def test_a_dialect_that_is_not_compiled_says_what_that_costs(tmp_path: Path) -> None:
    class Spoken:
        dialect = load_dialect("openai-realtime")

    (remark,) = remarks(Spoken())  # type: ignore[arg-type]
    assert "about ten times the CPU" in remark


def test_a_load_that_is_interrupted_keeps_its_evidence_and_proves_nothing(bench: Bench) -> None:
    async def interrupt(crowd: Crowd, _: Deployment) -> None:
        await under_way(crowd)
        crowd.stop("interrupted")

    started = time.monotonic()
    ran = bench.run(LONG, during=interrupt)
    assert time.monotonic() - started < 25
    finding = load_held()(ran.history)
    assert finding.state == "unknown"
    assert "interrupted" in finding.summary
    assert len(ran.figures.shards) == 2
    assert ran.figures.total.fenced == 8


def started_with(code: str) -> tuple[str, ...]:
    """A command that starts a worker after `code`."""
    then = "; from support.load.worker import main; main()"
    return (sys.executable, "-c", code + then)


def test_a_worker_of_another_version_is_refused_before_anything_begins(bench: Bench) -> None:
    other = started_with(
        "import support.load.versions as v; real = v.versions;"
        " v.versions = lambda: {**real(), 'picows': '1.0'}"
    )
    with pytest.raises(LoadRefused, match=r"worker 1 has picows 1\.0, and this machine"):
        bench.run(PLAN, workers=LocalWorkers([other]))


def test_too_few_file_descriptors_are_refused_with_what_to_do(bench: Bench) -> None:
    few = started_with("import resource as r; r.setrlimit(r.RLIMIT_NOFILE, (70, 70))")
    with pytest.raises(LoadRefused, match=r"may open 70 files, and needs 72: .*ulimit -n"):
        bench.run(LoadPlan(users=8, duration_s=1), workers=LocalWorkers([few]))


def test_a_worker_that_waits_for_another_to_start_is_not_silent(bench: Bench) -> None:
    slow = started_with("import time; time.sleep(5)")
    ran = bench.run(PLAN, workers=LocalWorkers([WORKER, slow]))
    assert load_held()(ran.history).ok, load_held()(ran.history)


def test_a_worker_that_cannot_start_is_refused(bench: Bench) -> None:
    broken = (sys.executable, "-c", "raise SystemExit('no')")
    with pytest.raises(LoadRefused, match="worker 1 did not start"):
        bench.run(PLAN, workers=LocalWorkers([broken]))
