"""Services that are forked from one process that has imported them: as good as started anew."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator

import psutil
import pytest
from reference_service import Service

from support.deployment.spawner import VARIABLE, reference_spawner

Start = Callable[..., Service]


@pytest.fixture
def spawner() -> Iterator[psutil.Process]:
    """The process that forks."""
    before = set(psutil.Process().children())
    with reference_spawner():
        (process,) = set(psutil.Process().children()) - before
        yield process
    assert VARIABLE not in os.environ
    assert not process.is_running()


def service_pids(service: Service) -> dict[str, int]:
    """The process ids of both services."""
    return {name: service.addresses["pids"][name] for name in ("auth", "chat")}


def test_both_services_are_forked_and_end_with_their_supervisor(
    spawner: psutil.Process, start: Start
) -> None:
    service = start()
    forked = [psutil.Process(pid) for pid in service_pids(service).values()]
    assert all(process.ppid() == spawner.pid for process in forked)
    service.process.kill()
    gone, alive = psutil.wait_procs(forked, timeout=10.0)
    assert (len(gone), alive) == (2, [])


def test_a_service_that_was_killed_starts_again_on_its_port(
    spawner: psutil.Process, start: Start
) -> None:
    service = start()
    for order in ("kill chat", "start chat", "stop auth", "start auth"):
        answer = service.order(order)
        assert answer["ok"], answer
    assert answer["pid"] not in service_pids(service).values()
    with service.connect(service.sign_up()) as alice:
        alice.ask("12 * 7")
        alice.until("agent_completed")


def test_a_service_that_ends_unasked_is_named_with_its_cause(
    spawner: psutil.Process, start: Start
) -> None:
    service = start()
    os.kill(service_pids(service)["chat"], signal.SIGKILL)
    assert service.process.wait(10.0) == 2
    assert "the chat service ended: exit code -9" in service.process.stderr.read()


def test_what_keeps_a_service_from_starting_is_told(spawner: psutil.Process, start: Start) -> None:
    with pytest.raises(RuntimeError, match="the auth service did not start: AUTH_OPERATORS"):
        start(auth__operators="nobody")
