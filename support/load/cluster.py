"""Worker processes: started, listened to, and noticed when they are gone or fall silent."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from support.load.messages import Do, Failed, FromWorker, Setup, encode, from_worker

WORKER = (sys.executable, "-m", "support.load.worker")
LINE_BYTES = 256 * 2**20
SPARE_FILES = 64
START_S = 30.0


class LoadRefused(Exception):
    """The load was not begun; the message says why, and what to do."""


class Worker:
    """One process. `heard_at` is when it said something last, by the clock of the loop."""

    def __init__(self, process: asyncio.subprocess.Process, name: str) -> None:
        self._process = process
        self.name = name
        self.heard_at = asyncio.get_running_loop().time()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def send(self, message: Setup | Do) -> None:
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


async def start(
    count: int, log_dir: Path, commands: Sequence[Sequence[str]] = (WORKER,)
) -> list[Worker]:
    """So many worker processes; the last of `commands` starts all that have none of their own."""
    found = []
    for number in range(count):
        command = commands[min(number, len(commands) - 1)]
        with (log_dir / f"load-worker-{number}.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=LINE_BYTES,
                start_new_session=True,  # Ctrl-C is for the coordinator
            )
        found.append(Worker(process, f"worker {number + 1}"))
    return found
