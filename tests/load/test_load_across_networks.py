"""A load on machines in networks of their own, where the machine lets us make some."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from dask_machines import Machines
from load_bench import PATIENT, Bench
from networks import Networks, NetworksMissing
from test_load_on_a_cluster import under_way

from support.checks.load import load_held
from support.deployment import Deployment
from support.journal.load_plan import LoadPlan
from support.load.crowd import Crowd
from support.load.dask_cluster import DaskWorkers

SHORT = LoadPlan(users=8, duration_s=1.0, think_s=0.2, workers=2, limits=PATIENT)
LONG = LoadPlan(users=8, duration_s=30.0, think_s=0.2, workers=2, limits=PATIENT)


@pytest.fixture
def networks() -> Iterator[Networks]:
    try:
        made = Networks(2)
    except NetworksMissing as missing:
        pytest.skip(f"no network namespaces here: {missing}")
    yield made
    made.close()


@pytest.fixture
def machines(tmp_path: Path, networks: Networks) -> Iterator[Machines]:
    made = Machines(tmp_path, workers=2, networks=networks)
    yield made
    made.close()


def bring_in(networks: Networks, deployment: Deployment) -> None:
    port = urlsplit(deployment.socket_parts[0]).port
    assert port is not None
    networks.bring_in(port)


@pytest.mark.alone
def test_workers_in_other_networks_hold_a_load(
    bench: Bench, networks: Networks, machines: Machines
) -> None:
    workers = DaskWorkers(machines.address, machines.certificates)
    ran = bench.run(SHORT, before=lambda d: bring_in(networks, d), workers=workers)
    assert load_held()(ran.history).ok, load_held()(ran.history)
    assert (ran.figures.total.connected, ran.figures.total.fenced) == (8, 8)


@pytest.mark.alone
def test_a_worker_whose_network_is_lost_proves_nothing(
    bench: Bench, networks: Networks, machines: Machines
) -> None:
    async def lose(crowd: Crowd, _: Deployment) -> None:
        await under_way(crowd)
        networks.cut(1)

    workers = DaskWorkers(machines.address, machines.certificates)
    ran = bench.run(LONG, before=lambda d: bring_in(networks, d), workers=workers, during=lose)
    finding = load_held()(ran.history)
    assert (finding.state, finding.cause) == ("unknown", "harness"), finding
    assert "1 of 2 shards were lost" in finding.summary
