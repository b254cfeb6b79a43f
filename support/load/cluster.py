"""Workers of a load run: started, listened to, and noticed when they are gone or fall silent.

Here they are processes of this machine; `dask_cluster` has those of other machines.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from support.load.messages import Failed, FromWorker, ToWorker, encode, from_worker

WORKER = (sys.executable, "-m", "support.load.worker")
LINE_BYTES = 256 * 2**20
SPARE_FILES = 64
START_S = 30.0


class LoadRefused(Exception):
    """The load was not begun; the message says why, and what to do."""


class Worker(Protocol):
    """One worker. `heard_at` is when it said something last, by the clock of the loop; `pid` its
    process id, once it has said so."""

    name: str
    heard_at: float
    pid: int

    def send(self, message: ToWorker) -> None:
        """Say something to it; nothing, once it is gone."""

    async def next(self) -> FromWorker | None:
        """What it says next; None once it is gone."""


class Workers(Protocol):
    """Where workers come from."""

    async def start(self, count: int, log_dir: Path) -> Sequence[Worker]:
        """So many workers, in order. Raises `LoadRefused`."""

    async def close(self) -> None:
        """Make sure that all of them are gone, or carry no load any more."""


class LocalWorker:
    """A process of this machine, spoken to over its standard streams."""

    def __init__(self, process: asyncio.subprocess.Process, name: str) -> None:
        self._process = process
        self.name, self.pid = name, process.pid
        self.heard_at = asyncio.get_running_loop().time()

    def send(self, message: ToWorker) -> None:
        """Say something to it; nothing, once it is gone."""
        stdin = self._process.stdin
        if stdin is not None and not stdin.is_closing():
            stdin.write(encode(message) + b"\n")

    async def next(self) -> FromWorker | None:
        """What it says next; None once it is gone."""
        assert self._process.stdout is not None
        try:
            line = await self._process.stdout.readline()
        except (ValueError, ConnectionError):
            return Failed("it sent a line that is too long")
        self.heard_at = asyncio.get_running_loop().time()
        return from_worker.decode(line) if line.endswith(b"\n") else None

    async def end(self) -> None:
        """Make sure that it is gone."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


class LocalWorkers:
    """Processes of this machine; the last of `commands` starts all that have none of their own."""

    def __init__(self, commands: Sequence[Sequence[str]] = (WORKER,)) -> None:
        self._commands = commands
        self._started: list[LocalWorker] = []

    async def start(self, count: int, log_dir: Path) -> Sequence[Worker]:
        """So many processes. Each writes its errors to a file of its own in `log_dir`."""
        for number in range(count):
            command = self._commands[min(number, len(self._commands) - 1)]
            with (log_dir / f"load-worker-{number}.log").open("wb") as log:
                process = await asyncio.create_subprocess_exec(
                    *command,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=log,
                    limit=LINE_BYTES,
                    start_new_session=True,  # Ctrl-C is for the coordinator
                )
            self._started.append(LocalWorker(process, f"worker {number + 1}"))
        return self._started

    async def close(self) -> None:
        """End every process."""
        await asyncio.gather(*(worker.end() for worker in self._started))
