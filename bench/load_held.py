"""What it costs one worker of the load engine to hold many users: connect them all, and measure.

For comparison, picows alone connects as many, each up to the first frame.

PYTHONPATH=. python bench/load_held.py [USERS]
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path

import psutil
import uvloop
from frame_server import READY
from picows import WSFrame, WSListener, WSTransport, ws_connect

from support.journal.canaries import new_canary
from support.journal.load_plan import LoadPlan
from support.load.messages import Account, Setup
from support.load.plan import Shard
from support.load.shard import AT_ONCE, ShardRun
from support.load.worker import collect_rarely, most_files

CONNECT_S = 30.0


async def hold(port: int, users: int) -> None:
    """Connect so many users, and print what they cost."""
    process = psutil.Process()
    setup = Setup(
        shard=Shard(number=0, first_user=1, plan=LoadPlan(users=users, duration_s=1)),
        accounts=[
            Account(number, str(READY["user_id"]), f"token-{number}-of-this-bench", new_canary())
            for number in range(1, users + 1)
        ],
        dialect="agent-chat-v1",
        base=f"ws://127.0.0.1:{port}",
        own_path="",
        variables={},
        ca_file=None,
        connect_s=CONNECT_S,
        run_budget_s=1,
        most_bytes=2**20,
    )
    run = ShardRun(setup, lambda message: None)
    planned, started, began = process.memory_info().rss, time.process_time(), time.monotonic()
    door = asyncio.Semaphore(AT_ONCE)

    async def come(number: int) -> bool:
        async with door:
            return await run.users[number].come()

    connected = sum(await asyncio.gather(*(come(number) for number in range(users))))
    spent_s, took_s = time.process_time() - started, time.monotonic() - began
    memory = process.memory_info().rss
    print(f"{connected:,} of {users:,} users connected in {took_s:.1f} s")
    print(f"{connected / spent_s:,.0f} connects a CPU second")
    print(f"{(memory - planned) / 1024 / connected:.1f} KiB a connection, with its judge")
    print(f"{memory / 1e6:,.0f} MB in all")


class Greeted(WSListener):
    """Waits for the first frame."""

    def __init__(self) -> None:
        self.greeted = asyncio.Event()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        self.greeted.set()


async def bare(port: int, users: int) -> None:
    """Connect so many with picows alone, and print what that costs."""
    door, kept = asyncio.Semaphore(AT_ONCE), []
    headers = {"Sec-WebSocket-Protocol": "agent-chat.v1", "Authorization": "Bearer a-token"}

    async def come() -> None:
        async with door:
            line, greeted = await ws_connect(
                Greeted, f"ws://127.0.0.1:{port}/ws", extra_headers=headers
            )
            assert isinstance(greeted, Greeted)
            await greeted.greeted.wait()
            kept.append(line)

    started = time.process_time()
    await asyncio.gather(*(come() for _ in range(users)))
    spent_s = time.process_time() - started
    print(f"{len(kept) / spent_s:,.0f} connects a CPU second with picows alone")


def main() -> None:
    users = int(sys.argv[1]) if sys.argv[1:] else 10_000
    most_files()
    collect_rarely()  # as a worker does
    for measure in (hold, bare):
        _against_a_server(measure, users)


def _against_a_server(measure: Callable[[int, int], Coroutine[None, None, None]], n: int) -> None:
    server = [sys.executable, str(Path(__file__).with_name("frame_server.py")), "1", "0"]
    with subprocess.Popen(server, stdout=subprocess.PIPE, text=True) as frames:
        try:
            assert frames.stdout is not None
            uvloop.run(measure(int(frames.stdout.readline()), n))
        finally:
            frames.kill()


if __name__ == "__main__":
    main()
