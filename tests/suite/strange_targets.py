"""Deployments that are none: each serves 127.0.0.1 on a port of its own until its `with` ends."""

from __future__ import annotations

import contextlib
import http.server
import json
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator

import jwt
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve
from websockets.typing import Subprotocol

SECRET = "a-secret-that-strange-deployments-never-look-at"

#: How a suite is told to talk to a strange deployment: it signs its tokens itself.
MINT = {"GREENLIGHT_SIGN_IN": "mint", "GREENLIGHT_JWT_SECRET": SECRET}


@contextlib.contextmanager
def refusing() -> Iterator[str]:
    """Refuses connections: its port is held, so that nobody else gets it, but not listened on."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


@contextlib.contextmanager
def silent() -> Iterator[str]:
    """Accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@contextlib.contextmanager
def plain_http() -> Iterator[str]:
    """A web server that has never heard of WebSockets and answers everything with 200."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b'{"status": "healthy"}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@contextlib.contextmanager
def chat(handler: Callable[[ServerConnection], None]) -> Iterator[str]:
    """A healthy WebSocket server that treats every connection with `handler`."""

    def treat(connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed, OSError):
            handler(connection)

    with serve(
        treat,
        "127.0.0.1",
        0,
        process_request=healthy,
        subprotocols=[Subprotocol("agent-chat.v1")],
        compression=None,
    ) as server:
        _in_background(server)
        yield f"http://127.0.0.1:{server.socket.getsockname()[1]}"


def _in_background(server: Server) -> None:
    threading.Thread(target=server.serve_forever, daemon=True).start()


def healthy(connection: ServerConnection, request: Request) -> Response | None:
    """Lets `/ws` through, and is healthy."""
    if request.path == "/ws":
        return None
    if request.path == "/health":
        return connection.respond(200, '{"status": "healthy", "version": "strange"}')
    return connection.respond(404, "")


def greeting(connection: ServerConnection) -> str:
    """A greeting as the wire contract wants it."""
    assert connection.request is not None
    token = connection.request.headers["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, options={"verify_signature": False})
    ready = {
        "type": "ready",
        "user_id": claims["sub"],
        "connection_id": uuid.uuid4().hex,
        "server_time": time.time(),
        "heartbeat_s": 20,
        "stream": {"epoch": "e", "position": 0, "oldest": 1},
        "limits": {
            "message_bytes": 65536,
            "retained_events": 10000,
            "messages_per_s": 100,
            "connections_per_user": 20,
        },
    }
    return json.dumps(ready)


def speaks(*answers: str | bytes, greets: bool = True) -> Callable[[ServerConnection], None]:
    """Greets, subscribes and answers pings as it should, but answers questions with nonsense.

    Each connection hears the next of `answers`, the last one from then on. Bytes that begin with
    0xff are sent as text. Without `greets` the nonsense comes instead of the greeting.
    """
    left = list(answers)

    def handler(connection: ServerConnection) -> None:
        said = left.pop(0) if len(left) > 1 else left[0]
        as_text = True if isinstance(said, bytes) and said[:1] == b"\xff" else None
        if greets:
            connection.send(greeting(connection))
        else:
            connection.send(said, text=as_text)
        for message in connection:
            asked = json.loads(message)
            if asked["type"] == "ping":
                answer = {"type": "pong", "nonce": asked["nonce"], "server_time": time.time()}
                connection.send(json.dumps(answer))
            elif asked["type"] == "subscribe":
                answer = {"type": "subscribed", "recovered": True, "from": 1, "to": 0, "count": 0}
                connection.send(json.dumps(answer))
            else:
                connection.send(said, text=as_text)

    return handler


def closes_at_once(connection: ServerConnection) -> None:
    """Closes in good order as soon as somebody is in."""
    connection.close(1011, "no")


def hangs_up(connection: ServerConnection) -> None:
    """Ends the connection without a word as soon as somebody is in."""
    connection.socket.shutdown(socket.SHUT_RDWR)
