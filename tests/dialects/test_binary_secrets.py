"""What stands in binary frames is redacted and found like what stands in text."""

from __future__ import annotations

import json
from pathlib import Path

from websockets.asyncio.server import ServerConnection, serve

from support.client import BackgroundLoop, SignIn, User
from support.config import Environment
from support.deployment import Deployment
from support.dialects.loading import DIALECTS
from support.journal import Journal, records

READY = {
    "type": "ready",
    "connection_id": "c-1",
    "user_id": "u-1",
    "server_time": 1795221908.8,
    "heartbeat_s": 20,
    "stream": {"epoch": "e-1", "position": 0},
    "limits": {
        "message_bytes": 65536,
        "retained_events": 10000,
        "messages_per_s": 100,
        "connections_per_user": 20,
    },
}


def test_a_secret_in_a_binary_frame_is_found_and_not_kept(tmp_path: Path) -> None:
    ours = tmp_path / "ours.toml"
    text = (DIALECTS / "agent-chat-v1.toml").read_text("utf-8")
    ours.write_text(text + '\n[frames]\nbinary = "json"\n', "utf-8")
    journal = Journal(tmp_path / "journal.jsonl")
    loop = BackgroundLoop()

    async def connect_and_hear() -> str:
        async def serve_one(socket: ServerConnection) -> None:
            await socket.send(json.dumps(READY).encode())
            await socket.recv()
            await socket.send(json.dumps({"type": "notice", "text": user.canary}).encode())
            answer = {"type": "subscribed", "recovered": True, "from": 0, "to": 0, "count": 0}
            await socket.send(json.dumps(answer).encode())
            await socket.wait_closed()

        protocol = ["agent-chat.v1"]
        async with serve(serve_one, "127.0.0.1", 0, subprotocols=protocol) as server:  # type: ignore[arg-type]
            port = next(iter(server.sockets)).getsockname()[1]
            users = [{"user_id": "u-1", "token": "a-token-of-this-test"}]
            given = {"chat_url": f"ws://127.0.0.1:{port}/ws", "dialect": str(ours)}
            environment = Environment(**given, sign_in="static", users=users)  # type: ignore[arg-type]
            deployment = Deployment(environment, tmp_path, journal.redactor)
            sign_in = SignIn(deployment, journal.redactor.add_secret)
            user = User("s01/Alice", deployment, journal, sign_in)
            assert await user.connect()
            await user.close()
            return user.canary

    journal.begin_scenario("s01")
    canary = loop.run(connect_and_hear(), 20)
    frames = journal.history().of(records.Frame, lambda f: f.direction == "received")
    loop.close()
    journal.close()
    notice = next(frame for frame in frames if "notice" in frame.text)
    assert notice.mentions == ("canary:s01/Alice",)
    kept = (tmp_path / "journal.jsonl").read_text("utf-8")
    assert canary not in kept
    assert canary.encode().hex() not in kept
