"""Starting the service, and what is said when it does not start."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

import forked
import psutil
import pytest
from reference_service import ROOT, Service


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the service, which ends at once as its standard input has ended."""
    return forked.run(
        [sys.executable, "-m", "support.reference", "--control", *arguments],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        timeout=20,
    )


def test_it_is_ready_quickly_and_small(tmp_path: Path) -> None:
    began = time.monotonic()
    service = Service(tmp_path)
    took_s = time.monotonic() - began
    pids = service.addresses["pids"]
    resident = [psutil.Process(pids[name]).memory_info().rss for name in ("auth", "chat")]
    assert service.stop() == 0
    # Generous, for a machine that does other things as well; alone it takes 0.4 s.
    assert took_s < 3
    assert max(resident) < 80_000_000


def test_people_are_told_where_it_is() -> None:
    said = run("--defect", "events-late")
    assert said.returncode == 0
    assert "chat backend  http://127.0.0.1:" in said.stdout
    assert "events-late" in said.stdout


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (["--set", "chat.nonsense=1"], "unknown setting 'chat.nonsense'"),
        (["--set", "chat.heartbeat_s=soon"], "chat.heartbeat_s must be a float"),
        (["--set", "nonsense"], "--set wants"),
        (["--set", "auth.operators=nobody"], "AUTH_OPERATORS wants"),
        (["--run-dir", "/dev/null/run"], "cannot use the run directory"),
        (["--defect", "events-to-everybody"], "did you mean 'events-to-everyone'"),
    ],
)
def test_what_prevents_a_start_is_reported_in_a_line(arguments: list[str], cause: str) -> None:
    said = run(*arguments)
    assert said.returncode != 0
    assert cause in said.stderr
    assert len(said.stderr.splitlines()) <= 2
    assert "Traceback" not in said.stderr


def test_a_port_that_is_taken_is_reported(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = run("--set", f"chat.port={port}", "--run-dir", str(tmp_path))
    assert said.returncode != 0
    assert f"cannot use port {port}: Address already in use" in said.stderr


def test_a_store_that_cannot_be_opened_is_reported(tmp_path: Path) -> None:
    (tmp_path / "chat.db").mkdir()
    said = run("--run-dir", str(tmp_path))
    assert said.returncode != 0
    assert "the chat service did not start" in said.stderr
    assert "unable to open database file" in said.stderr


def test_an_order_that_makes_no_sense_is_refused(service: Service) -> None:
    for order in ("dance chat", "stop", "start chat"):
        answer = service.order(order)
        assert answer["ok"] is False
        assert answer["error"]
