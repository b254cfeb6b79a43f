"""Fixtures: one reference service for all throw-away suites of a worker, and the suites."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from reference_process import Reference
from throwaway import Suite


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reference]:
    """One for all tests of this worker that leave it alive."""
    service = Reference(tmp_path_factory.mktemp("reference"))
    yield service
    service.stop()


@pytest.fixture
def own_reference(tmp_path: Path) -> Iterator[Reference]:
    """One that the test may kill."""
    service = Reference(tmp_path / "reference")
    yield service
    service.stop()


@pytest.fixture
def suite(tmp_path: Path, reference: Reference) -> Suite:
    """A suite that is APPROVED as it stands."""
    return Suite(tmp_path, reference.address)
