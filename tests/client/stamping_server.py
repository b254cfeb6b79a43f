"""Sends events whose age it knows: each says that it happened so many milliseconds before.

    python stamping_server.py EVENTS DELAY_MS

Prints its port. It sends 500 events a second, each by itself. Where it was itself interrupted
between the stamp and the sending, the stamp is wrong: the last event's response lists those.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from typing import Any

from websockets.sync.server import ServerConnection, serve

EVERY_S = 1 / 500
EXACT_S = 0.001
LIMITS = {
    "message_bytes": 65536,
    "retained_events": 10000,
    "messages_per_s": 1000,
    "connections_per_user": 20,
}


def talk(socket: ServerConnection) -> None:
    """Greet, take a question, and send its events."""
    events, delay_ms = int(sys.argv[1]), float(sys.argv[2])
    stream = {"epoch": "e-1", "position": 0, "oldest": 1}
    common = {"connection_id": "c-1", "user_id": "u-of-this-test", "heartbeat_s": 20}
    ready = {"type": "ready", "server_time": time.time(), "stream": stream, "limits": LIMITS}
    say(socket, ready | common)
    for received in socket:
        message = json.loads(received)
        if message["type"] == "subscribe":
            done = {"recovered": True, "from": 0, "to": 0, "count": 0}
            say(socket, {"type": "subscribed", **done})
        elif message["type"] == "user_message":
            run(socket, message["request_id"], events, delay_ms / 1000)


def run(socket: ServerConnection, request_id: str, events: int, delay_s: float) -> None:
    """The events of a run, one after the other."""
    ids = {"run_id": f"r-{uuid.uuid4()}", "thread_id": f"t-{uuid.uuid4()}"}
    say(socket, {"type": "accepted", "request_id": request_id, **ids, "duplicate": False})
    started, interrupted = time.monotonic(), list[int]()
    for number in range(1, events + 1):
        time.sleep(max(started + number * EVERY_S - time.monotonic(), 0))
        kind, data = "agent_thinking", {"text": "Let me see what this is about.", "step": number}
        if number == events:
            kind = "agent_completed"
            data = {"response": json.dumps(interrupted), "status": "succeeded", "duration_ms": 1.0}
        event = {"type": kind, "event_id": number, "epoch": "e-1", **ids, "data": data}
        now = time.time()
        say(socket, {**event, "user_id": "u-of-this-test", "timestamp": now - delay_s})
        if time.time() - now > EXACT_S:
            interrupted.append(number)


def say(socket: ServerConnection, message: dict[str, Any]) -> None:
    """Send it at once."""
    socket.send(json.dumps(message))


if __name__ == "__main__":
    protocol: Any = ["agent-chat.v1"]
    with serve(talk, "127.0.0.1", 0, subprotocols=protocol, compression=None) as server:
        print(server.socket.getsockname()[1], flush=True)
        server.serve_forever()
