"""Fixtures: one authority and one service behind every front of a worker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import forked
import pytest
from tls_front import SECRET, Authority, Behind

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A private authority."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    """The service."""
    process = forked.Popen(
        [
            *(sys.executable, "-m", "support.reference", "--json", "--control"),
            *("--run-dir", str(tmp_path_factory.mktemp("behind"))),
            *("--set", "chat.heartbeat_s=0.7"),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "GREENLIGHT_REFERENCE_SECRET": SECRET},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    yield Behind(*(said[f"{name}_url"].removeprefix("http://") for name in ("chat", "auth")))
    process.stdin.close()
    process.wait(15)
