"""A user of the load engine whose connection ends after a notice: a real server, one user."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve

from support.checks import connection_ends
from support.journal.canaries import new_canary
from support.journal.load_plan import LoadPlan
from support.journal.records.load import UNSTABLE
from support.load.messages import Account, Do, FromWorker, Setup, Wrong
from support.load.plan import Shard
from support.load.shard import ShardRun

READY = {
    "type": "ready",
    "connection_id": "c-1",
    "user_id": "user-1",
    "server_time": 0.0,
    "heartbeat_s": 20,
    "stream": {"epoch": "e-1", "position": 0, "oldest": 1},
    "limits": {
        "message_bytes": 65536,
        "retained_events": 100,
        "messages_per_s": 100,
        "connections_per_user": 20,
    },
}
SUBSCRIBED = {"type": "subscribed", "recovered": True, "from": 0, "to": 0, "count": 0}
#: What stands for the minute in which a restart begins.
RESTART_S = 0.3


class Restarting:
    """Greets every client; announces a restart to the first and closes `after_s` later."""

    def __init__(self, after_s: float, **notice: float) -> None:
        self.came: list[float] = []
        self.closed_at = 0.0
        self._after_s = after_s
        self._notice = {"type": "closing", "reason": "restart", **notice}

    async def talk(self, socket: ServerConnection) -> None:
        """Speak with one connection until it ends."""
        self.came.append(time.monotonic())
        await socket.send(json.dumps(READY))
        async for text in socket:
            said = json.loads(text)
            if said["type"] == "subscribe":
                await socket.send(json.dumps(SUBSCRIBED))
            elif said["type"] == "user_message" and len(self.came) == 2:
                error = {"type": "error", "code": "overloaded", "message": "later"}
                await socket.send(json.dumps({**error, "request_id": said["request_id"]}))
            elif said["type"] == "ping":
                pong = {"type": "pong", "nonce": said["nonce"], "server_time": time.time()}
                await socket.send(json.dumps(pong))
                if len(self.came) == 1:
                    await socket.send(json.dumps(self._notice))
                    await asyncio.sleep(self._after_s)
                    self.closed_at = time.monotonic()
                    await socket.close(1012)


def one_user_shard(
    port: int, dialect: str, told: Callable[[FromWorker], object], **variables: str
) -> ShardRun:
    setup = Setup(
        shard=Shard(number=0, first_user=1, plan=LoadPlan(users=1, duration_s=1)),
        accounts=[Account(1, "user-1", "a-token-of-this-test", new_canary())],
        dialect=dialect,
        base=f"ws://127.0.0.1:{port}",
        own_path="",
        variables=variables,
        ca_file=None,
        connect_s=5,
        run_budget_s=5,
        most_bytes=2**20,
    )
    return ShardRun(setup, told)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.01)


def _carried_out(
    server: Restarting, then: Callable[[ShardRun], Awaitable[None]], dialect: str = "agent-chat-v1"
) -> tuple[ShardRun, list[Wrong]]:
    """One user comes; what is held against the deployment once `then` is over."""
    wrong: list[Wrong] = []

    def told(message: FromWorker) -> None:
        if isinstance(message, Wrong):
            wrong.append(message)

    async def all_of_it() -> ShardRun:
        async with serve(server.talk, "127.0.0.1", 0, subprotocols=["agent-chat.v1"]) as listening:  # type: ignore[list-item]
            run = one_user_shard(listening.sockets[0].getsockname()[1], dialect, told)
            assert await run.users[0].come()
            await then(run)
            await run.close()
            return run

    return asyncio.run(all_of_it()), wrong


@pytest.mark.parametrize("retry_after_s", [0.0, 0.5])
def test_a_user_comes_back_after_the_pause_that_was_asked_for(retry_after_s: float) -> None:
    server = Restarting(0.0, retry_after_s=retry_after_s)

    async def back(run: ShardRun) -> None:
        await until(lambda: len(server.came) == 2 and run.users[0].here)

    run, wrong = _carried_out(server, back)
    assert not wrong
    assert server.came[1] - server.closed_at >= retry_after_s
    seen = run.tally.report(0.0)
    assert (seen.dropped, seen.recovered, seen.recovery_us) == (0, 0, {})


def test_an_end_later_than_any_restart_is_a_violation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_ends, "RESTART_S", RESTART_S)
    server = Restarting(2 * RESTART_S, retry_after_s=0.0)
    _is_held_against_the_deployment(server, *_carried_out(server, _gone))


def test_an_end_before_the_time_that_was_left_is_a_violation(tmp_path: Path) -> None:
    text = Path("support/dialects/agent-chat-v1.toml").read_text()
    dialect = tmp_path / "leaving.toml"
    told = 'get.retry_after_s = "retry_after_s"'
    assert told in text
    dialect.write_text(text.replace(told, 'get.time_left_s = "time_left_s"'))
    server = Restarting(0.0, time_left_s=5.0)
    _is_held_against_the_deployment(server, *_carried_out(server, _gone, str(dialect)))


async def _gone(run: ShardRun) -> None:
    await until(lambda: run.users[0].gone)


def _is_held_against_the_deployment(server: Restarting, run: ShardRun, wrong: list[Wrong]) -> None:
    assert [violation.pattern for violation in wrong] == [UNSTABLE]
    assert "closed with code 1012" in wrong[0].text
    assert (len(server.came), run.users[0].here) == (1, False)


def test_a_load_waits_for_users_whose_return_was_announced() -> None:
    server = Restarting(0.0, retry_after_s=0.5)

    async def asked_before(run: ShardRun) -> None:
        user = run.users[0]
        user.ask(time.monotonic())
        await until(lambda: user.returning is not None)
        await run.carry_out(Do("settle"))
        assert user.here

    run, wrong = _carried_out(server, asked_before)
    assert not wrong
    assert (len(server.came), run.tally.counted("rejected")) == (2, 1)


def test_a_worker_shows_no_secret_that_the_environment_gives_the_dialect() -> None:
    """A message is cut where it shows a violation: half a secret would not be known later."""
    given = {"api_key": "planted-with-the-environment", "place": "somewhere"}
    shard = one_user_shard(1, "agent-chat-v1", lambda message: None, **given)
    assert shard.redactor.redact(" ".join(given.values())) == "[api_key] somewhere"
