"""A load on a dask cluster: scheduler and workers are processes of their own, over TLS."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dask_machines import Machines
from load_bench import PATIENT, Bench

from support.checks.load import load_held
from support.deployment import Deployment
from support.journal.load_plan import LoadPlan
from support.load.certificates import make_certificates
from support.load.cluster import LoadRefused
from support.load.crowd import Crowd
from support.load.dask_cluster import DaskWorkers

PLAN = LoadPlan(users=8, duration_s=1.0, think_s=0.2, workers=2, limits=PATIENT)
LONG = LoadPlan(users=8, duration_s=30.0, think_s=0.2, workers=2, limits=PATIENT)


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    made = Machines(tmp_path, workers=2)
    yield made
    made.close()


async def under_way(crowd: Crowd) -> None:
    async with asyncio.timeout(60):
        while sum(p.answered for p in crowd._pulses.values()) < 5:
            await asyncio.sleep(0.02)


@pytest.mark.alone
def test_a_cluster_holds_a_load_and_finds_what_is_wrong(bench: Bench, machines: Machines) -> None:
    ran = bench.run(PLAN, workers=DaskWorkers(machines.address, machines.certificates))
    finding = load_held()(ran.history)
    assert finding.ok, finding
    assert [shard.worker for shard in ran.figures.shards] != ["worker 1", "worker 1"]
    assert (ran.figures.total.connected, ran.figures.total.fenced) == (8, 8)
    workers = DaskWorkers(machines.address, machines.certificates)
    leaking = bench.run(PLAN, workers=workers, defect="events-to-everyone")
    assert load_held()(leaking.history).state == "failed"
    assert "isolation violation" in leaking.figures.total.patterns


@pytest.mark.alone
@pytest.mark.parametrize("how", ["killed", "stopped", "scheduler killed"])
def test_what_is_lost_of_a_cluster_never_approves(
    bench: Bench, machines: Machines, how: str
) -> None:
    lost: list[int] = []

    async def lose(crowd: Crowd, _: Deployment) -> None:
        await under_way(crowd)
        if how == "scheduler killed":
            machines.scheduler.kill()
            return
        lost.append(crowd.workers[1].pid)
        os.kill(lost[0], signal.SIGKILL if how == "killed" else signal.SIGSTOP)

    workers = DaskWorkers(machines.address, machines.certificates)
    try:
        finding = load_held()(bench.run(LONG, workers=workers, during=lose).history)
    finally:
        if how == "stopped":
            os.kill(lost[0], signal.SIGCONT)
    assert (finding.state, finding.cause) == ("unknown", "harness"), finding
    assert "shards were lost" in finding.summary


def test_more_workers_than_the_cluster_has_are_refused(bench: Bench, tmp_path: Path) -> None:
    machines = Machines(tmp_path, workers=0)
    try:
        with pytest.raises(LoadRefused, match="the cluster has 0 workers, and 2 are asked for"):
            bench.run(PLAN, workers=DaskWorkers(machines.address, machines.certificates))
    finally:
        machines.close()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("tcp://10.0.0.5:8786", "tls:// is needed beyond this machine"),
        ("tcp://scheduler:8786", "tls:// is needed beyond this machine"),
        ("somewhere", "local, or tls://HOST:PORT, not 'somewhere'"),
    ],
)
def test_an_address_at_which_others_could_listen_is_refused(address: str, said: str) -> None:
    with pytest.raises(LoadRefused, match=said):
        DaskWorkers(address)


def test_missing_certificates_are_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LoadRefused, match=r"there is no .*ca\.pem .*load-certificates"):
        DaskWorkers("tls://127.0.0.1:8786", tmp_path)


def test_certificates_are_for_their_owner_alone_and_are_not_replaced(tmp_path: Path) -> None:
    made = make_certificates(tmp_path / "certificates")
    assert [path.name for path in made] == ["ca.pem", "certificate.pem", "key.pem"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o600}
    with pytest.raises(FileExistsError):
        make_certificates(tmp_path / "certificates")


def test_a_scheduler_that_is_not_there_is_refused_before_anything_begins(tmp_path: Path) -> None:
    make_certificates(tmp_path / "certificates")
    command = [sys.executable, "-c", "from support.cli import main; main()", "load"]
    given = ["--users", "2", "--duration", "1s", "--cluster", "tls://127.0.0.1:1"]
    more = ["--certificates", str(tmp_path / "certificates"), "-D", f"reports={tmp_path / 'r'}"]
    ran = subprocess.run([*command, *given, *more], capture_output=True, text=True, timeout=120)
    assert ran.returncode == 2, ran.stdout + ran.stderr
    assert "the scheduler tls://127.0.0.1:1 cannot be used" in ran.stdout + ran.stderr
