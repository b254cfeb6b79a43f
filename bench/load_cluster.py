"""What it costs to spread a load over workers: starting them, having them, adding up their reports.

PYTHONPATH=.:tests:tests/load python bench/load_cluster.py [SECONDS]

The dask cluster is a scheduler and two workers of this machine, over TLS, with default settings
and with those of docs/load.md. Its CPU time is that of all its processes while nothing is asked of
them.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import psutil
from dask_machines import FRUGAL, Machines

from support.journal.shard_report import ShardReport, bucket_us, merge_all
from support.load.cluster import LocalWorkers, Workers
from support.load.dask_cluster import DaskWorkers

WORKERS = 2
SHARDS, DURATIONS = 64, 5_000


def merging() -> None:
    """Add up reports of many shards, each with seven full histograms."""
    chance = random.Random(1)

    def table() -> dict[int, int]:
        return Counter(bucket_us(chance.lognormvariate(-4, 1)) for _ in range(DURATIONS))

    tables = [table() for _ in range(7)]
    names = [name for name in ShardReport.__struct_fields__ if name.endswith("_us")]
    report = ShardReport(**dict(zip(names, tables, strict=True)))  # type: ignore[arg-type]
    started = time.process_time()
    merge_all([report] * SHARDS)
    spent_ms = (time.process_time() - started) * 1000 / SHARDS
    size = sum(len(each) for each in tables)
    print(f"merging: {spent_ms:.2f} ms a shard, with {size:,} durations in its histograms")


async def starting(name: str, workers: Workers, folder: Path) -> None:
    """Start workers until each has said that it is there."""
    started = time.monotonic()
    try:
        for worker in await workers.start(WORKERS, folder):
            await worker.next()
        print(f"{name}: {WORKERS} workers ready after {time.monotonic() - started:.2f} s")
    finally:
        await workers.close()


def idling(seconds: float) -> None:
    """The CPU time of every process of a cluster."""
    before = {each: _cpu_s(each) for each in psutil.Process().children(recursive=True)}
    time.sleep(seconds)
    spent = sum(_cpu_s(each) - at for each, at in before.items())
    print(f"    {spent / seconds / WORKERS:.3f} CPU seconds a second and worker, idle")


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def cluster(seconds: float, settings: Mapping[str, str]) -> None:
    """How soon a dask cluster is there, its workers are ready, and what it costs to have it."""
    with tempfile.TemporaryDirectory() as name:
        folder, started = Path(name), time.monotonic()
        machines = Machines(folder, workers=WORKERS, settings=settings)
        try:
            print(f"    scheduler and {WORKERS} workers started in {_since(started)}")
            workers = DaskWorkers(machines.address, machines.certificates)
            asyncio.run(starting("    on the running cluster", workers, folder))
            idling(seconds)
        finally:
            machines.close()


def main() -> None:
    seconds = float(sys.argv[1]) if sys.argv[1:] else 20.0
    merging()
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(starting("local processes", LocalWorkers(), Path(name)))
    for named, settings in {"default settings": {}, "settings of docs/load.md": FRUGAL}.items():
        print(f"dask, {named}:")
        cluster(seconds, settings)


def _since(started: float) -> str:
    return f"{time.monotonic() - started:.2f} s"


if __name__ == "__main__":
    main()
