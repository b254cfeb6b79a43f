"""Fixtures of the reporter's tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from report_suite import Suite


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    """An empty throw-away suite."""
    return Suite(tmp_path)
