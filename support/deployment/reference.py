"""Starts the bundled reference service for a session, and stops, kills and restarts it on request.

The suite knows of it only what it would know of any deployment: addresses, the secret its operator
handed over, and a control channel.
"""

from __future__ import annotations

import json
import os
import queue
import secrets
import shutil
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from support.config.environment import Reference
from support.config.errors import DeploymentError
from support.config.own_folder import own_folder, remove_left_behind
from support.journal import Redactor

MAX_LOG = 200_000  # characters kept of each log, the newest
START_S = 20.0
STOP_S = 10.0
OWN_WORDS = "reference service: "  # how its last line says what went wrong


class ReferenceService:
    """The running service. `stop()` is idempotent; the service also ends when this process dies."""

    def __init__(self, run_dir: Path, reference: Reference, redactor: Redactor) -> None:
        """Start it and wait until it serves. Raises `DeploymentError` with the cause if it does
        not.

        Its stores hold what people wrote, and its logs what it likes: both are kept apart and
        removed at the end. `run_dir` gets `reference.log`, the logs as `redactor` leaves them.
        """
        self.secret = secrets.token_urlsafe(32)
        redactor.add_secret(self.secret, "signing secret")
        self._redactor = redactor
        self._run_dir = run_dir
        remove_left_behind()
        self._own = own_folder()
        self._log = (self._own / "supervisor.log").open("wb")
        command = [sys.executable, "-m", "support.reference", "--json", "--control"]
        command += ["--run-dir", str(self._own)]
        for defect in reference.defects:
            command += ["--defect", defect]
        for variant in reference.lawful:
            command += ["--lawful", variant]
        for key, value in {"chat.wire": reference.wire, **reference.settings}.items():
            command += ["--set", f"{key}={value}"]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={**os.environ, "GREENLIGHT_REFERENCE_SECRET": self.secret},
            # A Ctrl-C is ours to handle: the service must live until the evidence is in.
            start_new_session=True,
        )
        self._lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._pump, daemon=True).start()
        try:
            self.addresses = self._next(START_S)
        except BaseException:  # a signal, too, leaves nothing behind
            self.stop()
            raise

    @property
    def running(self) -> bool:
        """False once the service has ended, whatever the reason."""
        return self._process.poll() is None

    def command(self, words: str) -> None:
        """Carry out `stop chat`, `start chat`, `kill chat`, … Raises `DeploymentError` if it
        fails."""
        if self._process.stdin is None or not self.running:
            raise DeploymentError("the reference service is not running")
        self._process.stdin.write(words + "\n")
        self._process.stdin.flush()
        answer = self._next(START_S)
        if not answer.get("ok"):
            raise DeploymentError(f"the reference service could not {words}: {answer.get('error')}")

    def stop(self) -> None:
        """End the service and wait for it."""
        if self._process.stdin and not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if not self._log.closed:
            self._log.close()
            self._keep_logs()
            shutil.rmtree(self._own, ignore_errors=True)

    def _keep_logs(self) -> None:
        lines = []
        for log in sorted(self._own.glob("*.log")):
            said = self._redactor.redact(log.read_text("utf-8", "replace")[-MAX_LOG:])
            lines += [f"{log.stem}: {line}\n" for line in said.splitlines()]
        path = self._run_dir / "reference.log"  # a scenario's own service writes to it, too
        with suppress(OSError), path.open("a", encoding="utf-8") as file:
            file.writelines(lines)  # a full disk is told of elsewhere; the log is a mere help

    def _pump(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _next(self, within_s: float) -> dict[str, Any]:
        deadline = time.monotonic() + within_s
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise DeploymentError("the reference service did not answer in time") from None
            if line is None:
                self._lines.put(None)
                raise DeploymentError(f"the reference service ended: {self._last_words()}")
            try:
                answer = json.loads(line)
            except ValueError:
                continue
            if isinstance(answer, dict):
                return answer

    def _last_words(self) -> str:
        self._process.wait(STOP_S)
        said = Path(self._log.name).read_text("utf-8", "replace").strip().splitlines()
        own = [line for line in said if line.startswith(OWN_WORDS)]
        told = " ".join(own[-1:] or said[-2:])
        told = self._redactor.redact(told.removeprefix(OWN_WORDS))
        return told or f"exit status {self._process.returncode}"
