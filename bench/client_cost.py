"""What a received event costs: a whole client against bare websockets and msgspec.

Both read the same frames from the same source, a process of its own, in turns, in bursts and one by
one; CPU time of this process, medians. The client is a `User` with everything on: journal on disk,
redaction, the search for identifiers, facts, the picture of its runs.

    python bench/client_cost.py [ROUNDS [MOST_TIMES]]

With MOST_TIMES the exit status is 1 when in bursts the client costs more than so many times the
bare one.
"""

from __future__ import annotations

import asyncio
import gc
import json
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import msgspec
from frame_server import EVENTS_PER_RUN
from websockets.asyncio.client import connect

from support.client import SignIn, User
from support.config import Environment
from support.deployment import Deployment
from support.journal import Journal
from support.journal.canaries import new_canary

#: How many questions are asked at once, and how many ms lie between two frames.
WAYS = {"in bursts": (500, 0.0), "one by one": (100, 1.0)}
PEOPLE = 100  # of the same run, whose secrets and ids nothing here may mention


class Event(msgspec.Struct):
    """What the bare client reads a message into."""

    type: str
    event_id: int | None = None
    run_id: str | None = None
    timestamp: float | None = None
    data: dict[str, Any] | None = None


async def bare(port: int, runs: int) -> float:
    """CPU seconds for all the events, without any client around them."""
    decode = msgspec.json.Decoder(Event).decode
    protocol: Any = ["agent-chat.v1"]
    async with connect(
        f"ws://127.0.0.1:{port}/ws", subprotocols=protocol, compression=None
    ) as socket:
        await socket.recv()
        for number in range(runs - 1):
            await socket.send(question(number))
        started, ended = time.process_time(), 0
        await socket.send(question(runs))
        while ended < runs:
            ended += decode(await socket.recv()).type == "agent_completed"
        return time.process_time() - started


def question(number: int) -> str:
    """A question as a client asks it."""
    content = f"Please work out 12 * 7 for zqbcdfghjkmnpqrstvwxzbcd (note {number})."
    return json.dumps({"type": "user_message", "request_id": str(uuid.uuid4()), "content": content})


async def whole(port: int, runs: int, folder: Path) -> float:
    """CPU seconds for the same with a `User`."""
    journal = Journal(folder / "journal.jsonl")
    journal.begin_scenario("s01")
    users = [{"user_id": "user-of-the-bench", "token": "a-token-of-this-bench"}]
    given: dict[str, Any] = {"chat_url": f"ws://127.0.0.1:{port}/ws", "sign_in": "static"}
    deployment = Deployment(Environment(**given, users=users), folder, journal.redactor)
    sign_in = SignIn(deployment, journal.redactor.add_secret)
    strangers(journal)
    user = User("s01/Alice", deployment, journal, sign_in)
    assert await user.connect()
    for _ in range(runs - 1):
        await user.ask("tool")
    started = time.process_time()
    await user.ask("tool")
    for run in user.runs:
        assert await user.finished(run)
    spent = time.process_time() - started
    await user.close()
    journal.close()
    return spent


def strangers(journal: Journal) -> None:
    """What a run that has been going on for a while knows of others."""
    for number in range(PEOPLE):
        owner = f"s{number}/Bob"
        for kind in ("user", "run", "thread"):
            journal.redactor.add_identifier(str(uuid.uuid4()), kind, owner)
        journal.redactor.add_canary(new_canary(), owner)
        for label in ("password", "token", "refresh token"):
            journal.redactor.add_secret(secrets.token_urlsafe(18), label)
    journal.redactor.add_secret("correct horse, battery staple", "password")


def measured(rounds: int, runs: int, pause_ms: float) -> tuple[float, float]:
    """Microseconds of CPU an event, bare and whole: medians over so many rounds in turns."""
    source = str(Path(__file__).with_name("frame_server.py"))
    server = [sys.executable, source, str(runs), str(pause_ms)]
    spent: dict[str, list[float]] = {"bare": [], "whole": []}
    with subprocess.Popen(server, stdout=subprocess.PIPE, text=True) as frames:
        try:
            assert frames.stdout is not None
            port = int(frames.stdout.readline())
            for _ in range(rounds):
                spent["bare"].append(asyncio.run(bare(port, runs)))
                with tempfile.TemporaryDirectory() as folder:
                    spent["whole"].append(asyncio.run(whole(port, runs, Path(folder))))
        finally:
            frames.kill()
    events = runs * (EVENTS_PER_RUN + 1)  # and the acceptance of each
    in_bare, in_whole = (statistics.median(values) * 1e6 / events for values in spent.values())
    return in_bare, in_whole


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    most = float(sys.argv[2]) if len(sys.argv) > 2 else float("inf")
    times = {}
    gc.freeze()  # as a run does before its first scenario
    for way, (runs, pause_ms) in WAYS.items():
        in_bare, in_whole = measured(rounds, runs, pause_ms)
        times[way] = in_whole / in_bare
        print(f"{way}: bare websockets + msgspec {in_bare:6.1f} µs of CPU an event")
        print(f"{way}: a whole client            {in_whole:6.1f} µs, {times[way]:.1f} times")
    return int(times["in bursts"] > most)


if __name__ == "__main__":
    sys.exit(main())
