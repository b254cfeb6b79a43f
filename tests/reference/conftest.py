"""Fixtures: one healthy service for all tests, one with tight limits, and fresh ones on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from reference_service import Chatter, Service, User

TIGHT = {
    "chat__heartbeat_s": 0.3,
    "chat__message_bytes": 2_000,
    "chat__retained_events": 20,
    "chat__messages_per_s": 20,
    "chat__connections_per_user": 3,
    "chat__runs_per_user": 5,
    "chat__handshake_s": 0.3,
    "chat__close_s": 0.5,
    "chat__refusals_in_a_row": 50,
    "chat__unsent_bytes": 200_000,
}


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A healthy service with default settings."""
    running = Service(tmp_path_factory.mktemp("service"))
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="session")
def tight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A healthy service with limits that are quick to reach."""
    running = Service(tmp_path_factory.mktemp("tight"), **TIGHT)
    yield running
    assert running.stop() == 0


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Start services of one's own; they are stopped afterwards."""
    running: list[Service] = []

    def start_one(*defects: str, **settings: Any) -> Service:
        running.append(Service(tmp_path / f"run-{len(running)}", *defects, **settings))
        return running[-1]

    yield start_one
    for one in running:
        one.stop()


@pytest.fixture
def user(service: Service) -> User:
    """A new user of the healthy service."""
    return service.sign_up()


@pytest.fixture
def alice(service: Service, user: User) -> Iterator[Chatter]:
    """A new user of the healthy service, connected and subscribed."""
    with service.connect(user) as chatter:
        yield chatter
