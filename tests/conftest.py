"""What every test may use: `histories`, beside this file, and one profile for Hypothesis."""

from __future__ import annotations

import os

import pytest
from gates import Ran, gate
from hypothesis import HealthCheck, settings

# A busy machine is slow: that is no finding.
settings.register_profile("greenlight", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("greenlight")

# Where the tests themselves run in a workflow, their throw-away runs must not report to it.
for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_ACTIONS"):
    os.environ.pop(name, None)


@pytest.fixture(scope="session")
def healthy_gate(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The whole gate against the healthy reference, one scenario after another."""
    return gate(tmp_path_factory.mktemp("healthy"), "--tags=@critical")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes minutes, mostly of waiting, begins first."""
    items.sort(key=lambda item: item.get_closest_marker("early") is None)
