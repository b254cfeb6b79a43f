"""A user of the load engine comes back to a backend that greets nobody: where does it resume?"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from small_dialect import ASKS, PINGS, PLAIN_QUESTION, RUNS
from test_announced_ends import one_user_shard, until
from websockets.asyncio.server import ServerConnection, serve

FILE = (
    """
format = 2
name = "ungreeted"
identity = "shared"
[handshake]
path = "/live"
[handshake.ways.header]
[resume]
mode = "cursor"
query = { after = "{cursor}" }
cursor = "at"
"""
    + ASKS
    + PINGS
    + RUNS
    + PLAIN_QUESTION
)


class Numbering:
    """Sends one event on each connection, with the next cursor."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    async def talk(self, socket: ServerConnection) -> None:
        """Speak with one connection until it ends."""
        assert socket.request is not None
        self.paths.append(socket.request.path)
        event = {"begin": "now", "run": "r-1", "at": f"c-{len(self.paths)}"}
        await socket.send(json.dumps(event))
        async for text in socket:
            said = json.loads(text)
            if "ping" in said:
                await socket.send(json.dumps({"pong": said["ping"]}))


def test_a_dropped_user_resumes_after_what_was_read(tmp_path: Path) -> None:
    dialect = tmp_path / "ungreeted.toml"
    dialect.write_text(FILE)
    server = Numbering()

    async def drops() -> None:
        async with serve(server.talk, "127.0.0.1", 0) as listening:
            port = listening.sockets[0].getsockname()[1]
            run = one_user_shard(port, str(dialect), lambda message: None)
            assert await run.users[0].come()
            await run.users[0].drop()
            await until(lambda: run.users[0].here)
            await run.close()

    asyncio.run(drops())
    assert server.paths == ["/live", "/live?after=c-1"]
