"""What users have made on a deployment is removed in the end, or it is said that it was not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import forked
import pytest
import rooms
from rooms import BY_CALL, BY_MESSAGE, Rooms

from support.approval import judge_bundle

ROOT = Path(__file__).resolve().parents[2]
TWO = "Two users at work see their own events"
DROP = 'The connection drops right after "agent_completed"'


@pytest.fixture
def backend() -> Iterator[Rooms]:
    with rooms.running() as running:
        yield running


def command(folder: Path, backend: Rooms, dialect: str, name: str) -> list[str]:
    environment = rooms.environment(folder, backend, dialect)
    return [
        *(sys.executable, "-m", "behave", "--no-color", "-fnull", f"--name=^{name}"),
        *(f"-Denvironment={environment}", f"-Dreports={folder / 'reports'}", "-Dhtml=false"),
    ]


def run(folder: Path, backend: Rooms, dialect: str, name: str = TWO) -> str:
    done = forked.run(
        command(folder, backend, dialect, name),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        timeout=120,
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
    assert backend.made > 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("dialect", [BY_CALL, BY_MESSAGE], ids=["call", "message"])
def test_nothing_is_left_after_a_run(backend: Rooms, dialect: str, tmp_path: Path) -> None:
    said = run(tmp_path, backend, dialect)
    assert backend.open == set(), said
    assert "Left on the deployment" not in said


@pytest.mark.parametrize("dialect", [BY_CALL, BY_MESSAGE], ids=["call", "message"])
def test_a_user_who_has_lost_the_connection_leaves_nothing(
    backend: Rooms, dialect: str, tmp_path: Path
) -> None:
    said = run(tmp_path, backend, dialect, DROP)
    assert backend.open == set(), said


@pytest.mark.parametrize(
    ("dialect", "why"),
    [(BY_CALL, "HTTP 500"), (BY_MESSAGE, "no answer in 3 s")],
    ids=["call", "message"],
)
def test_what_cannot_be_removed_is_counted(
    backend: Rooms, dialect: str, why: str, tmp_path: Path
) -> None:
    backend.refuses = True
    said = run(tmp_path, backend, dialect)
    left = len(backend.open)
    assert left > 0
    told = f"{left} clean-up requests failed ({left} × {why})"
    assert f"Left on the deployment\n   {told}" in said
    (folder,) = (tmp_path / "reports").glob("2*")
    assert json.loads((folder / "verdict.json").read_text("utf-8"))["left_behind"] == told
    assert judge_bundle(folder).verdict.left_behind == told


@pytest.mark.parametrize("dialect", [BY_CALL, BY_MESSAGE], ids=["call", "message"])
def test_a_run_that_is_cut_short_leaves_nothing(
    backend: Rooms, dialect: str, tmp_path: Path
) -> None:
    backend.answers = False
    process = subprocess.Popen(
        command(tmp_path, backend, dialect, TWO),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert backend.asked.wait(60), "no question came"
        os.kill(process.pid, signal.SIGTERM)
        said, _ = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    assert process.returncode != 0
    assert "interrupted by SIGTERM" in said
    assert backend.made > 0
    assert backend.open == set(), said
