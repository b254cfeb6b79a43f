"""Kills and stops a worker of a dask cluster with default settings, over and over.

    PYTHONPATH=.:tests:tests/load python tests/load/lose_workers.py [TIMES]

Each time a load is under way, and must end with INCONCLUSIVE. The exit status is 1 where one has
another end.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from dask_machines import Machines
from load_bench import PATIENT, Bench

from support.checks.load import load_held
from support.deployment import Deployment
from support.journal.load_plan import LoadPlan
from support.load.crowd import Crowd
from support.load.dask_cluster import DaskWorkers

PLAN = LoadPlan(users=8, duration_s=30.0, think_s=0.2, workers=2, limits=PATIENT)


def main(times: int) -> int:
    """Print what became of each load; the number of those that were not inconclusive."""
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        machines = Machines(Path(folder), workers=2)
        bench = Bench(Path(folder))
        try:
            for number in range(times):
                machines.registered(2 + (number + 1) // 2)  # nannies replace those that are killed
                wrong += not _lose_one(bench, machines, number)
        finally:
            bench.close()
            machines.close()
    print(f"{times - wrong} of {times} inconclusive")
    return wrong


def _lose_one(bench: Bench, machines: Machines, number: int) -> bool:
    how = signal.SIGSTOP if number % 2 else signal.SIGKILL
    took: list[float] = []
    lost: list[int] = []

    async def lose(crowd: Crowd, _: Deployment) -> None:
        async with asyncio.timeout(60):
            while sum(p.answered for p in crowd._pulses.values()) < 5 and not crowd._lost:
                await asyncio.sleep(0.01)
        if crowd._lost:
            return  # something else was lost before
        lost.append(crowd.workers[number % 2].pid)
        os.kill(lost[0], how)
        at = time.monotonic()
        async with asyncio.timeout(20):
            while not crowd._lost:
                await asyncio.sleep(0.01)
        took.append(time.monotonic() - at)

    workers = DaskWorkers(machines.address, machines.certificates)
    try:
        finding = load_held()(bench.run(PLAN, workers=workers, during=lose).history)
    finally:
        if how == signal.SIGSTOP:
            for pid in lost:
                os.kill(pid, signal.SIGCONT)
    noticed = f"noticed after {took[0]:.2f} s" if took else "not sent"
    print(f"{how.name} {noticed}: {finding.state}: {finding.summary}", flush=True)
    return finding.state == "unknown"


if __name__ == "__main__":
    sys.exit(min(main(int(sys.argv[1]) if sys.argv[1:] else 20), 1))
