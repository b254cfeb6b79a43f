"""A worker: obeys the coordinator, line by line, wherever it runs.

As a process of its own (`python -m support.load.worker`) it is spoken to over its standard streams.
"""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator, Callable

import uvloop

from support.load.messages import (
    Begun,
    Do,
    Drained,
    Failed,
    FromWorker,
    Hello,
    Phase,
    Setup,
    encode,
    to_worker,
)
from support.load.shard import ShardRun
from support.load.versions import versions

LINE_BYTES = 256 * 2**20

Tell = Callable[[FromWorker], object]


def most_files() -> int:
    """How many files this process may have open, once it has asked for all it can get."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else 2**31


async def work(lines: AsyncIterator[bytes], tell: Tell) -> None:
    """Obey the coordinator until the shard is reported, or nothing more comes from it."""
    tell(Hello(pid=os.getpid(), versions=versions(), files=most_files()))
    run: ShardRun | None = None
    going: asyncio.Task[None] | None = None
    async for line in lines:
        message = to_worker.decode(line)
        if isinstance(message, Setup):
            run = ShardRun(message, tell)
        elif run is None:
            continue
        elif message == Do("stop"):
            run.stop()
        elif message == Do("fence"):
            if going is not None:
                await going
            await run.fence()
            await run.close()
            tell(run.interval())
            tell(run.report())
            return
        else:
            if going is None:
                tell(Begun(run.number))
            going = asyncio.create_task(_carry_out(run, message, tell))
    if run is not None:
        run.stop()
        await run.close()


async def _carry_out(run: ShardRun, phase: Phase, tell: Tell) -> None:
    try:
        await run.carry_out(phase)
        tell(run.progress())
        tell(Drained())
    except Exception as error:
        tell(Failed(f"{type(error).__name__}: {error}"))
        raise


def carry(lines: Callable[[], AsyncIterator[bytes]], tell: Tell) -> None:
    """`work`, in a loop of its own; what breaks it is told."""
    try:
        uvloop.run(work(lines(), tell))
    except Exception as error:
        tell(Failed(f"{type(error).__name__}: {error}"))
        raise


async def _standard_input() -> AsyncIterator[bytes]:
    reader = asyncio.StreamReader(limit=LINE_BYTES)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := await reader.readline():
        yield line


def _standard_output(message: FromWorker) -> None:
    sys.stdout.buffer.write(encode(message) + b"\n")
    sys.stdout.buffer.flush()


def collect_rarely() -> None:
    """Collect garbage less often than usual.

    Users are many thousand objects that stay. A good part of the CPU of connecting them would go
    into looking through them.
    """
    gc.set_threshold(50_000, 10, 10)


def main() -> None:
    """Ctrl-C is for the coordinator, which tells its workers what to do."""
    collect_rarely()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    carry(_standard_input, _standard_output)


if __name__ == "__main__":
    main()
