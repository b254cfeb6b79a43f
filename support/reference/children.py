"""The supervisor's hold on one service: its process, its port, its log."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from support.reference.spawned import SPAWNER, Spawned, spawn

START_S = 20.0
STOP_S = 10.0
PROJECT = Path(__file__).resolve().parents[2]
OWN_LOG_PREFIX = re.compile(r"^\S+ \S+ (?:DEBUG|INFO|WARNING|ERROR|CRITICAL) ")


class ChildError(Exception):
    """A service could not be started or stopped; the text says why, for people."""


class Child:
    """One service as a process that can be stopped, killed and started again on its port."""

    def __init__(
        self, name: str, arguments: Sequence[str], environment: Mapping[str, str], run_dir: Path
    ) -> None:
        self.name = name
        self.arguments = list(arguments)
        self.log_path = run_dir / f"{name}.log"
        self.environment = dict(environment)
        self.port = 0
        self.process: Process | Spawned | None = None
        self.wanted = asyncio.Event()
        self.reservation: socket.socket | None = None

    @property
    def url(self) -> str:
        """The address of the service."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """The process id, also of a process that has ended; None before the first start."""
        return self.process.pid if self.process else None

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self.process is not None and self.process.returncode is None

    def reserve_port(self, wanted: int) -> None:
        """Take a port (0: any) and hold it, without listening, for as long as we live.

        While the service is down, connections are refused and nobody else can get the port.
        Raises ChildError when it is taken.
        """
        self.reservation = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            if wanted:
                self.check_free(wanted)
            self.reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            self.reservation.bind(("127.0.0.1", wanted))
        except OSError as error:
            raise ChildError(
                f"the {self.name} service cannot use port {wanted}: {error.strerror}"
            ) from None
        self.port = self.reservation.getsockname()[1]

    def check_free(self, port: int) -> None:
        """Raise OSError when somebody listens on ``port``, even one who would share it."""
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))

    async def start(self) -> None:
        """Start the process and return once it is ready; raise ChildError with the cause."""
        if self.running:
            raise ChildError(f"{self.name} is running")
        with self.log_path.open("ab") as log:
            log_from = log.tell()
            self.process = await self.started(log)
        assert self.process.stdout is not None
        try:
            line = await asyncio.wait_for(self.process.stdout.readline(), START_S)
            json.loads(line)["ready"]
        except (TimeoutError, ValueError, KeyError):
            await self.kill()
            raise ChildError(
                f"the {self.name} service did not start: {self.last_words(log_from)}"
            ) from None
        self.wanted.set()

    async def started(self, log: BinaryIO) -> Process | Spawned:
        """Return the new process; it is forked where there is a spawner."""
        environment = self.environment | {f"{self.name.upper()}_PORT": str(self.port)}
        if SPAWNER in os.environ:
            with contextlib.suppress(OSError):
                return await spawn(self.arguments, environment, log)
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *self.arguments,
            stdin=PIPE,
            stdout=PIPE,
            stderr=log,
            env=environment,
            # A Ctrl+C at the terminal reaches us alone, and we tell the services.
            start_new_session=True,
        )

    async def stop(self) -> None:
        """End the process in an orderly way, by force after a deadline."""
        self.wanted.clear()
        if self.process is None or self.process.returncode is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.process.wait(), STOP_S)
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End the process at once, as a crash would."""
        self.wanted.clear()
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()

    async def ended_unasked(self) -> None:
        """Return when the process has ended though nobody here ended it."""
        while await self.wanted.wait():
            process = self.process
            assert process is not None
            await process.wait()
            if self.wanted.is_set() and process is self.process:
                return

    def last_words(self, log_from: int = 0) -> str:
        """Return the last line of the log, which names the cause, or the exit code."""
        with self.log_path.open("rb") as log:
            log.seek(log_from)
            lines = log.read().decode(errors="replace").split("\n")
        said = [line.strip() for line in lines if line.strip()]
        if said:
            return OWN_LOG_PREFIX.sub("", said[-1])
        code = self.process.returncode if self.process else None
        return f"exit code {code}, nothing in {self.log_path}"

    def release(self) -> None:
        """Give the port back."""
        if self.reservation is not None:
            self.reservation.close()


def environment_for(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a service: ours, the import path, and ``variables``."""
    path = os.environ.get("PYTHONPATH")
    return {
        **os.environ,
        "PYTHONPATH": f"{PROJECT}{os.pathsep}{path}" if path else str(PROJECT),
        "GREENLIGHT_REFERENCE_SUPERVISED": "1",
        **variables,
    }
