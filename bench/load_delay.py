"""Is a known delay reported as it is? Events of a known age, as the load engine measures them.

PYTHONPATH=. python bench/load_delay.py [DELAY_MS [RUNS]]
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import uvloop
from frame_server import EVENTS_PER_RUN
from load_cost import judged_user

from support.journal.shard_report import quantile_ms

PAUSE_MS = "2"
MOST_S = 60.0


async def measure(port: int, runs: int, delay_ms: float) -> None:
    """Ask, take in all events, and print by how much their latency is off."""
    run, user = judged_user(port)
    assert await user.come()
    for _ in range(runs):
        user.ask(time.monotonic())
    async with asyncio.timeout(MOST_S):
        while run.tally.events.total() < runs * EVENTS_PER_RUN:
            await asyncio.sleep(0.05)
    table = run.tally.report(0.0).event_us
    for share in (0.5, 0.99):
        found_ms = quantile_ms(table, share) or 0.0
        print(f"p{share * 100:g}: {found_ms:.2f} ms of {delay_ms:g} ms")
    await user.leave(1.0)


def main() -> None:
    delay_ms = sys.argv[1] if sys.argv[1:] else "50"
    runs = sys.argv[2] if sys.argv[2:] else "300"
    here = Path(__file__).with_name("frame_server.py")
    server = [sys.executable, str(here), runs, PAUSE_MS, delay_ms]
    with subprocess.Popen(server, stdout=subprocess.PIPE, text=True) as frames:
        try:
            assert frames.stdout is not None
            uvloop.run(measure(int(frames.stdout.readline()), int(runs), float(delay_ms)))
        finally:
            frames.kill()


if __name__ == "__main__":
    main()
