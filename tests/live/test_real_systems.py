"""Dialects against the systems they are for: no false failure, no crash, nothing left behind.

Jupyter Server and aimock are light enough to be installed and run here; of the other systems,
recorded sessions are read (`tests/dialects`). What fails is explained in the page of the system.
"""

from __future__ import annotations

import json
import shutil
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from run_files import journal_lines
from systems import ROOT, Page, Ran, behave, free_port, installed, npm, running

TOKEN = "a-token-of-the-live-tests"
JUPYTER = ["jupyter_server==2.21.1", "ipykernel==7.4.0"]
AIMOCK = "@copilotkit/aimock@1.43.0"
#: Half of what the dialect gives a run: one that has lost its end is waited for that long.
ANSWER_S = 15
#: A third of what the dialect gives a handshake, which kernels answer within two seconds.
CONNECT_S = 10


@contextmanager
def jupyter(work: Path) -> Iterator[int]:
    """The port of a Jupyter Server."""
    pip = ["venv/bin/pip", "install", "-q", "--disable-pip-version-check", *JUPYTER]
    folder = installed("jupyter", [sys.executable, "-m", "venv", "venv"], pip)
    work.mkdir()
    port = free_port()
    command = [
        *(str(folder / "venv/bin/jupyter"), "server", "--ip=127.0.0.1", f"--port={port}"),
        *("--no-browser", "--allow-root", f"--ServerApp.root_dir={work}"),
        *(f"--IdentityProvider.token={TOKEN}", "--ServerApp.authenticate_prometheus=False"),
    ]
    homes = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    env = {name: str(work / name.lower()) for name in homes}
    env["PATH"] = f"{folder / 'venv/bin'}:/usr/bin:/bin"
    with running(command, work, f"http://127.0.0.1:{port}/api", env):
        yield port


@pytest.fixture(scope="module")
def aimock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of aimock, which answers for three vendors."""
    install = npm("install", "--silent", "--no-audit", "--no-fund", AIMOCK)
    folder = installed("aimock", npm("init", "-y", "--silent"), install)
    work, port = tmp_path_factory.mktemp("aimock"), free_port()
    shutil.copytree(ROOT / "tests/dialects/aimock", work, dirs_exist_ok=True)
    node = npm()[0]
    script = (folder / "node_modules/.bin/aimock").resolve()
    command = [node, str(script), "-c", "aimock.json", "-p", str(port)]
    with running(command, work, f"http://127.0.0.1:{port}/", {}):
        yield port


def explained(ran: Ran, page: Page) -> None:
    """Whatever failed is a finding that the page explains, and nothing broke."""
    assert "Traceback" not in ran.output, ran.output[-3000:]
    assert ran.ended("broken") == []
    assert [name for name in ran.ended("failed") if not page.explains(name)] == [], ran.output


def kernels(port: int) -> list[Any]:
    """The kernels that a Jupyter Server runs now."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/kernels", headers={"Authorization": f"token {TOKEN}"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        found: list[Any] = json.load(answer)
        return found


def unanswered(folder: Path) -> int:
    """How many handshakes of the run got no answer at all."""
    lines = map(json.loads, journal_lines((folder / "reports/latest").resolve()))
    return sum(line["kind"] == "refused" and line["how"] == "timeout" for line in lines)


@pytest.mark.light
@pytest.mark.timeout(1200)
def test_jupyter_is_assessed_without_a_false_failure(tmp_path: Path) -> None:
    """Now and then a kernel answers no handshake: once more then, with a new server."""
    page = Page("jupyter-server")
    features = ("features/functional", "features/resilience/recovery.feature")
    patience = (f"-Dpatience.answer_s={ANSWER_S}", f"-Dpatience.connect_s={CONNECT_S}")
    for attempt in ("first", "second"):
        folder = tmp_path / attempt
        with jupyter(folder) as port:
            environment = page.environment(port, TOKEN)
            ran = behave(folder, environment, "--tags=@critical", *patience, *features)
            left = kernels(port)
        if not unanswered(folder):
            break
        print(f"Jupyter left {unanswered(folder)} handshakes without an answer.")
    explained(ran, page)
    assert len(ran.ended("passed")) >= 12, ran.output
    assert left == [], "kernels were left behind"


@pytest.mark.parametrize("dialect", ["openai-realtime", "openai-responses", "gemini-live"])
def test_vendors_protocols_are_spoken_to_their_mock(
    dialect: str, aimock: int, tmp_path: Path
) -> None:
    page = Page(dialect)
    environment = page.environment(aimock, "test-key")
    ran = behave(tmp_path, environment, "--tags=@critical", "features/functional")
    explained(ran, page)
    assert len(ran.ended("passed")) >= 6, ran.output
