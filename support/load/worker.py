"""A worker process: `python -m support.load.worker`, spoken to over its standard streams."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sys

import uvloop

from support.load.messages import (
    Begun,
    Do,
    Drained,
    Failed,
    FromWorker,
    Hello,
    Setup,
    encode,
    to_worker,
)
from support.load.shard import ShardRun
from support.load.versions import versions

LINE_BYTES = 256 * 2**20


def most_files() -> int:
    """How many files this process may have open, once it has asked for all it can get."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else 2**31


def tell(message: FromWorker) -> None:
    """Send one line to the coordinator."""
    sys.stdout.buffer.write(encode(message) + b"\n")
    sys.stdout.buffer.flush()


async def work() -> None:
    """Obey the coordinator until it says stop, or is gone."""
    reader = asyncio.StreamReader(limit=LINE_BYTES)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    tell(Hello(pid=os.getpid(), versions=versions(), files=most_files()))
    run: ShardRun | None = None
    going: asyncio.Task[None] | None = None
    while line := await reader.readline():
        message = to_worker.decode(line)
        if isinstance(message, Setup):
            run = ShardRun(message, tell)
        elif isinstance(message, Do) and run is not None:
            if message.phase == "go":
                going = asyncio.create_task(_go(run))
            elif message.phase == "stop":
                run.stop()
            else:
                if going is not None:
                    await going
                await run.fence()
                await run.close()
                tell(run.report())
                return


async def _go(run: ShardRun) -> None:
    try:
        tell(Begun(run.number))
        await run.load()
        tell(Drained())
    except Exception as error:
        tell(Failed(f"{type(error).__name__}: {error}"))
        raise


def main() -> None:
    """Ctrl-C is for the coordinator, which tells its workers what to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        uvloop.run(work())
    except Exception as error:
        tell(Failed(f"{type(error).__name__}: {error}"))
        raise


if __name__ == "__main__":
    main()
