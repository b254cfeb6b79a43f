"""A fast source of frames: answers any number of questions with whole runs, all at once.

It speaks as much of the contract as a client needs to get there, and prints its port. Frames are
made before they are sent, so that its own cost does not show in what arrives.

    python bench/frame_server.py RUNS [PAUSE_MS [DELAY_MS]]

With a pause after each frame they are made and arrive one by one instead. The time of each event is
DELAY_MS before it is sent.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import uuid
from collections.abc import Iterator
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

READY = {
    "type": "ready",
    "connection_id": "c-1",
    "user_id": "user-of-the-bench",
    "server_time": 0.0,
    "heartbeat_s": 20,
    "stream": {"epoch": "e-1", "position": 0, "oldest": 1},
    "limits": {
        "message_bytes": 65536,
        "retained_events": 10000,
        "messages_per_s": 10000,
        "connections_per_user": 20,
    },
}
SUBSCRIBED = {"type": "subscribed", "recovered": True, "from": 0, "to": 0, "count": 0}
#: Of one run, as the bundled agent answers a question for a tool.
EVENTS_PER_RUN = 6


async def talk(socket: ServerConnection, runs: int, pause_s: float, delay_s: float) -> None:
    """Greet, take `runs` questions, and answer them all."""
    await socket.send(json.dumps(READY))
    asked: list[dict[str, Any]] = []
    while len(asked) < runs:
        message = json.loads(await socket.recv())
        if message["type"] == "subscribe":
            await socket.send(json.dumps(SUBSCRIBED))
        elif message["type"] == "ping":
            pong = {"type": "pong", "nonce": message["nonce"], "server_time": time.time()}
            await socket.send(json.dumps(pong))
        elif message["type"] == "user_message":
            asked.append(message)
    frames = (json.dumps(frame, ensure_ascii=False).encode() for frame in story(asked, delay_s))
    for frame in frames if pause_s else list(frames):  # each by itself, as events of real runs are
        socket.protocol.send_text(frame)
        for written in socket.protocol.data_to_send():
            socket.transport.write(written)
        await asyncio.sleep(pause_s)
    await socket.wait_closed()


def story(asked: list[dict[str, Any]], delay_s: float = 0.0) -> Iterator[dict[str, Any]]:
    """The acceptances of all questions, then the events of their runs, a run after the other."""
    own: list[tuple[dict[str, str], str]] = []
    for message in asked:
        ids = {"run_id": f"r-{uuid.uuid4()}", "thread_id": f"t-{uuid.uuid4()}"}
        own.append((ids, message["content"]))
        yield {"type": "accepted", "request_id": message["request_id"], **ids, "duplicate": False}
    number = 0
    for ids, content in own:
        for kind, data in events(content):
            number += 1
            common = {"event_id": number, "epoch": "e-1", **ids, "user_id": READY["user_id"]}
            yield {"type": kind, **common, "timestamp": time.time() - delay_s, "data": data}


def events(content: str) -> list[tuple[str, dict[str, Any]]]:
    """Type and data of the events of one run."""
    call = {"tool": "calculator", "call_id": str(uuid.uuid4())}
    said = f"You asked: {content} The answer is 84."
    done = {"response": said, "status": "succeeded", "duration_ms": 21.5}
    return [
        ("agent_started", {"agent": "reference", "request": content}),
        ("agent_thinking", {"text": "Let me see what this is about.", "step": 1}),
        ("tool_executing", {**call, "arguments": {"expression": "12 * 7"}}),
        ("tool_completed", {**call, "result": "84", "ok": True, "duration_ms": 3.25}),
        ("agent_thinking", {"text": "So that is what the tool has said.", "step": 2}),
        ("agent_completed", done),
    ]


async def main() -> None:
    runs = int(sys.argv[1])
    pause_s = float(sys.argv[2]) / 1000 if len(sys.argv) > 2 else 0.0
    delay_s = float(sys.argv[3]) / 1000 if len(sys.argv) > 3 else 0.0

    async def answer(socket: ServerConnection) -> None:
        await talk(socket, runs, pause_s, delay_s)

    async with serve(answer, "127.0.0.1", 0, subprotocols=["agent-chat.v1"]) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
