"""Arrivals are stamped when they happen, however busy this machine is, or marked as unsure.

A server of its own process says of each event how old it is; what the journal says must be that.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.client import BackgroundLoop, SignIn, User, watch_lag
from support.config import Environment
from support.deployment import Deployment
from support.journal import Journal, facts, records
from support.measures.distribution import Distribution
from support.measures.lag import is_sure

pytestmark = pytest.mark.alone

EVENTS, DELAY_MS = 3_000, 40.0
WITHIN_MS = 2.0
LEAST_SURE = 1_000  # as a 99th percentile needs


@contextmanager
def running(*arguments: str, count: int = 1) -> Iterator[list[subprocess.Popen[str]]]:
    command = [sys.executable, *arguments]
    made = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    try:
        yield made
    finally:
        for process in made:
            process.kill()
            process.communicate()


def received(port: int, folder: Path) -> tuple[float, list[records.Frame]]:
    """Unix seconds at the journal's zero, and every event's frame as a client has recorded it."""
    journal = Journal(folder / "journal.jsonl")
    journal.begin_scenario("s01")
    loop = BackgroundLoop()

    async def conversation() -> None:
        given: dict[str, Any] = {"chat_url": f"ws://127.0.0.1:{port}/ws", "sign_in": "static"}
        users = [{"user_id": "u-of-this-test", "token": "a-token-of-this-test"}]
        deployment = Deployment(Environment(**given, users=users), folder, journal.redactor)
        user = User(
            "s01/Alice", deployment, journal, SignIn(deployment, journal.redactor.add_secret)
        )
        watching = asyncio.create_task(watch_lag(lambda _: None))
        assert await user.connect()
        assert await user.finished(await user.ask(), within_s=60)
        watching.cancel()
        await user.close()

    loop.run(conversation(), 90)
    loop.close()
    frames = journal.history().of(
        records.Frame, lambda f: any(isinstance(fact, facts.Event) for fact in f.facts)
    )
    journal.close()
    return journal.wall, list(frames)


def latencies_ms(
    wall: float, frames: list[records.Frame], wanted: Callable[[records.Frame], bool]
) -> list[float]:
    """Of the frames that are wanted and the events whose time the server has vouched for."""
    events = [
        (frame, event)
        for frame in frames
        for event in frame.facts
        if isinstance(event, facts.Event) and event.timestamp is not None
    ]
    interrupted = set(json.loads(events[-1][1].data["response"]))
    return [
        (wall + frame.t - (event.timestamp or 0)) * 1000
        for frame, event in events
        if event.position not in interrupted and wanted(frame)
    ]


@pytest.mark.parametrize("busy", [0, 2], ids=["at rest", "with both cores busy"])
def test_a_known_delay_is_reported_within_two_milliseconds(busy: int, tmp_path: Path) -> None:
    server = str(Path(__file__).with_name("stamping_server.py"))
    with running(server, str(EVENTS), str(DELAY_MS)) as (source,):
        assert source.stdout is not None
        port = int(source.stdout.readline())
        with running("-c", "while True: pass", count=busy):
            wall, frames = received(port, tmp_path)
    assert len(frames) == EVENTS
    sure = Distribution.of(latencies_ms(wall, frames, is_sure))
    assert sure.count >= LEAST_SURE
    for value in (sure.p50, sure.p99):
        assert value is not None
        assert abs(value - DELAY_MS) <= WITHIN_MS
