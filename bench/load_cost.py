"""What a received event costs the load engine, judged, against clients that judge nothing.

All read the same frames from the same source, a process of its own, in turns; CPU time of the
client's process, medians. Beside the engine: picows and msgspec alone, websockets and msgspec
alone and, where a Python with Locust is named, Locust with websocket-client and json.

    PYTHONPATH=. python bench/load_cost.py [ROUNDS [PYTHON_WITH_LOCUST]]
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import uvloop
from client_cost import Event, bare, question
from frame_server import EVENTS_PER_RUN, READY
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from support.journal.canaries import new_canary
from support.journal.load_plan import LoadPlan
from support.load.messages import Account, FromWorker, Setup, Wrong
from support.load.plan import Shard
from support.load.shard import SAMPLE, ShardRun
from support.load.user import LoadUser

#: How frames arrive: questions, and milliseconds between two frames.
WAYS = {"dense": (1000, 0.0), "sparse": (150, 1.0)}
HERE = Path(__file__).parent
MOST_S = 60.0


def judged_user(port: int) -> tuple[ShardRun, LoadUser]:
    """A user of the load engine, with its judge; a violation raises."""

    def told(message: FromWorker) -> None:
        assert not isinstance(message, Wrong), message

    shard = Shard(number=0, first_user=1, plan=LoadPlan(users=1, duration_s=1))
    setup = Setup(
        shard=shard,
        accounts=[Account(1, str(READY["user_id"]), "a-token-of-this-bench", new_canary())],
        dialect="agent-chat-v1",
        base=f"ws://127.0.0.1:{port}",
        own_path="",
        variables={},
        ca_file=None,
        connect_s=5,
        run_budget_s=MOST_S,
        most_bytes=2**20,
    )
    run = ShardRun(setup, told)
    run.examine_every = SAMPLE  # as in a crowd
    return run, run.users[0]


async def engine(port: int, runs: int) -> float:
    """The load engine: one user, everything judged."""
    run, user = judged_user(port)
    assert await user.come()
    for _ in range(runs - 1):
        user.ask(time.monotonic())
    before, started = run.tally.events.total(), time.process_time()
    user.ask(time.monotonic())
    while run.tally.events.total() - before < runs * EVENTS_PER_RUN:
        await asyncio.sleep(0.05)
    spent = time.process_time() - started
    await user.leave(1.0)
    return spent


class Counting(WSListener):
    """Counts runs that have ended, as msgspec reads them."""

    def __init__(self, runs: int) -> None:
        self.runs, self.ended, self.greeted = runs, asyncio.Event(), asyncio.Event()
        self._decode = msgspec.json.Decoder(Event).decode
        self._seen = 0

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type != WSMsgType.TEXT:
            return
        self.greeted.set()
        self._seen += self._decode(frame.get_payload_as_bytes()).type == "agent_completed"
        if self._seen == self.runs:
            self.ended.set()


async def bare_picows(port: int, runs: int) -> float:
    """picows and msgspec alone."""
    headers = {"Sec-WebSocket-Protocol": "agent-chat.v1"}
    url = f"ws://127.0.0.1:{port}/ws"
    transport, client = await ws_connect(lambda: Counting(runs), url, extra_headers=headers)
    assert isinstance(client, Counting)
    await client.greeted.wait()
    for number in range(runs - 1):
        transport.send(WSMsgType.TEXT, question(number).encode())
    started = time.process_time()
    transport.send(WSMsgType.TEXT, question(runs).encode())
    await client.ended.wait()
    spent = time.process_time() - started
    transport.disconnect()
    return spent


def locust(python: str, port: int, runs: int) -> float:
    """Locust with websocket-client and json, in a process of its own."""
    command = [python, str(HERE / "locust_client.py"), str(port), str(runs)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=MOST_S, check=True)
    return float(ran.stdout.split()[-1])


def one_round(port: int, runs: int, python: str) -> dict[str, float]:
    """CPU seconds of each client."""
    spent = {
        "load engine, judged": uvloop.run(engine(port, runs)),
        "picows + msgspec": uvloop.run(bare_picows(port, runs)),
        "websockets + msgspec": asyncio.run(bare(port, runs)),
    }
    if python:
        spent["Locust"] = locust(python, port, runs)
    return spent


def measured(way: str, rounds: int, python: str) -> dict[str, float]:
    """Events a CPU second, of each client: medians over so many rounds in turns."""
    runs, pause_ms = WAYS[way]
    server = [sys.executable, str(HERE / "frame_server.py"), str(runs), str(pause_ms)]
    found: dict[str, list[float]] = {}
    with subprocess.Popen(server, stdout=subprocess.PIPE, text=True) as frames:
        try:
            assert frames.stdout is not None
            port = int(frames.stdout.readline())
            for _ in range(rounds):
                for name, spent in one_round(port, runs, python).items():
                    found.setdefault(name, []).append(runs * (EVENTS_PER_RUN + 1) / spent)
        finally:
            frames.kill()
    return {name: statistics.median(values) for name, values in found.items()}


def main() -> None:
    rounds = int(sys.argv[1]) if sys.argv[1:] else 5
    python = sys.argv[2] if sys.argv[2:] else ""
    for way in WAYS:
        rates = measured(way, rounds, python)
        own = rates["load engine, judged"]
        for name, rate in rates.items():
            print(f"{way:<7} {name:<21} {rate:>10,.0f} events a CPU second  {own / rate:6.2f}")


if __name__ == "__main__":
    main()
