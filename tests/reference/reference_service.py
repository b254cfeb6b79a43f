"""The running service and people who talk to it, for these tests: real processes, real sockets."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import forked
import jwt
import requests
from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame
from websockets.sync.client import ClientConnection, connect
from websockets.uri import parse_uri

ROOT = Path(__file__).resolve().parents[2]
SECRET = "the-secret-of-the-reference-tests-0123456789"
SUBPROTOCOL = "agent-chat.v1"
DEADLINE_S = 5.0
ENDS = ("agent_completed", "agent_failed")
Json = dict[str, Any]


@dataclass(frozen=True)
class User:
    """Somebody who has signed up. ``tokens`` is the answer of the auth service."""

    email: str
    user_id: str
    tokens: dict[str, Any]

    @property
    def token(self) -> str:
        """The access token."""
        return str(self.tokens["access_token"])


class Service:
    """The reference service, under control. Raises RuntimeError if it does not start."""

    def __init__(
        self, run_dir: Path, *defects: str, lawful: Sequence[str] = (), **settings: object
    ) -> None:
        arguments = [sys.executable, "-m", "support.reference", "--json", "--control"]
        arguments += ["--run-dir", str(run_dir)]
        for name in defects:
            arguments += ["--defect", name]
        for name in lawful:
            arguments += ["--lawful", name]
        for name, value in settings.items():
            arguments += ["--set", f"{name.replace('__', '.')}={value}"]
        self.run_dir = run_dir
        self.process = forked.Popen(
            arguments,
            cwd=ROOT,
            env={**os.environ, "GREENLIGHT_REFERENCE_SECRET": SECRET},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        assert self.process.stderr
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(self.process.stderr.read())
        self.addresses: dict[str, Any] = json.loads(line)
        self.chat_url = str(self.addresses["chat_url"])
        self.auth_url = str(self.addresses["auth_url"])
        self.ws_url = self.chat_url.replace("http", "ws", 1) + "/ws"
        self.numbers = itertools.count()

    def order(self, line: str) -> Json:
        """Give a command and return the answer."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer: Json = json.loads(self.process.stdout.readline())
        return answer

    def stop(self) -> int:
        """End everything and return the exit code."""
        self.process.communicate(timeout=15)
        return self.process.returncode

    def sign_up(self) -> User:
        """Return a new user with tokens."""
        credentials = {
            "email": f"user-{next(self.numbers)}-{secrets.token_hex(4)}@example.test",
            "password": "correct horse",
        }
        made = requests.post(f"{self.auth_url}/users", json=credentials, timeout=DEADLINE_S).json()
        return self.sign_in(credentials["email"], credentials["password"], made["user_id"])

    def sign_in(self, email: str, password: str, user_id: str = "") -> User:
        """Return a user who exists already, with tokens."""
        answer = requests.post(
            f"{self.auth_url}/token",
            json={"email": email, "password": password},
            timeout=DEADLINE_S,
        )
        answer.raise_for_status()
        return User(email, user_id, answer.json())

    def forge(self, secret: str = SECRET, algorithm: str = "HS256", **claims: object) -> str:
        """Return a good access token, except for what ``claims`` (None: left out) says."""
        now = time.time()
        good = {
            "sub": f"u-{secrets.token_hex(8)}",
            "email": "someone@example.test",
            "iss": "agent-chat-auth",
            "aud": "agent-chat",
            "iat": int(now),
            "exp": int(now) + 60,
            "jti": secrets.token_hex(4),
            "typ": "access",
            "scope": "chat",
        }
        kept = {name: value for name, value in (good | claims).items() if value is not None}
        return jwt.encode(kept, "" if algorithm == "none" else secret, algorithm=algorithm)

    def connect(self, who: User | str, *, subscribed: bool = True, **options: Any) -> Chatter:
        """Return ``who``, a user or the bearer of a token, connected and ready."""
        token = who if isinstance(who, str) else who.token
        return Chatter(self.open(token, **options), subscribed=subscribed)

    def open(self, token: str | None, **options: Any) -> ClientConnection:
        """Return a bare connection; raises InvalidStatus when it is refused."""
        headers = dict(options.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        options = {"subprotocols": [SUBPROTOCOL], "compression": None, "proxy": None} | options
        return connect(
            options.pop("url", self.ws_url),
            additional_headers=headers,
            close_timeout=2,
            max_size=None,
            max_queue=None,
            legacy=True,
            **options,
        )

    def health(self) -> tuple[int, Json]:
        """Return status and body of the health endpoint."""
        answer = requests.get(f"{self.chat_url}/health", timeout=DEADLINE_S)
        return answer.status_code, answer.json()

    def metric(self, name: str) -> float:
        """Return one figure of the metrics endpoint."""
        text = requests.get(f"{self.chat_url}/metrics", timeout=DEADLINE_S).text
        return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(name))


class Chatter:
    """A connected user. Everything received is kept in ``frames``, in order."""

    def __init__(self, connection: ClientConnection, *, subscribed: bool = True) -> None:
        self.connection = connection
        self.frames: list[Json] = []
        self.numbers = itertools.count()
        self.ready = self.receive()
        if subscribed:
            self.subscribe()

    def __enter__(self) -> Chatter:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def send(self, **message: object) -> None:
        """Send one message."""
        self.connection.send(json.dumps(message))

    def receive(self) -> Json:
        """Return the next frame; raises TimeoutError or ConnectionClosed."""
        frame: Json = json.loads(self.connection.recv(DEADLINE_S))
        self.frames.append(frame)
        return frame

    def until(self, *types: str) -> Json:
        """Return the next frame of one of these types."""
        while True:
            frame = self.receive()
            if frame["type"] in types:
                return frame

    def subscribe(self, **position: object) -> Json:
        """Subscribe and return the answer."""
        self.send(type="subscribe", **position)
        return self.until("subscribed")

    def ask(self, content: str, **fields: object) -> Json:
        """Send a user message and return what it was accepted as."""
        request_id = fields.pop("request_id", f"q-{secrets.token_hex(4)}")
        self.send(type="user_message", request_id=request_id, content=content, **fields)
        return self.until("accepted")

    def run(self, content: str) -> list[Json]:
        """Have ``content`` answered and return the events of that run, to its end."""
        run_id = self.ask(content)["run_id"]
        events = [self.until(*EVENTS)]
        while events[-1]["type"] not in ENDS:
            events.append(self.until(*EVENTS))
        assert {event["run_id"] for event in events} == {run_id}
        return events

    def fence(self) -> list[Json]:
        """Return all frames that were under way: everything before the answer to a ping."""
        seen = len(self.frames)
        nonce = f"fence-{next(self.numbers)}"
        self.send(type="ping", nonce=nonce)
        while self.until("pong")["nonce"] != nonce:
            continue
        return self.frames[seen:-1]

    def close_code(self) -> int | None:
        """Return the code with which the server closes."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                self.receive()
        return self.connection.close_code

    @property
    def events(self) -> list[Json]:
        """The events received so far."""
        return [frame for frame in self.frames if "event_id" in frame]

    @property
    def position(self) -> dict[str, object]:
        """Where this user would resume."""
        if self.events:
            return {"epoch": self.events[-1]["epoch"], "after": self.events[-1]["event_id"]}
        return {"epoch": self.ready["stream"]["epoch"], "after": self.ready["stream"]["position"]}


EVENTS = (
    "agent_started",
    "agent_thinking",
    "tool_executing",
    "tool_completed",
    *ENDS,
)


class RawClient:
    """A WebSocket client without manners: answers no ping, sends any bytes."""

    def __init__(self, service: Service, token: str) -> None:
        self.protocol = ClientProtocol(parse_uri(service.ws_url), max_size=None)
        request = self.protocol.connect()
        request.headers["Authorization"] = f"Bearer {token}"
        self.protocol.send_request(request)
        host, port = service.chat_url.removeprefix("http://").split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=DEADLINE_S)
        self.write(b"".join(self.protocol.data_to_send()))
        while not self.protocol.events_received():
            self.protocol.receive_data(self.socket.recv(65_536))

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self.socket.sendall(data)

    def say(self, **message: object) -> None:
        """Send a text message."""
        self.protocol.send_text(json.dumps(message).encode())
        self.write(b"".join(self.protocol.data_to_send()))

    def frames(self) -> Iterator[Frame]:
        """Yield what arrives, answering nothing, until the server has closed the connection."""
        while data := self.socket.recv(65_536):
            self.protocol.receive_data(data)
            yield from (
                event for event in self.protocol.events_received() if isinstance(event, Frame)
            )

    def close_code(self) -> int | None:
        """Return the code with which the server closes."""
        for _ in self.frames():
            if self.protocol.close_rcvd:
                break
        self.socket.close()
        return self.protocol.close_rcvd.code if self.protocol.close_rcvd else None


def eventually(
    state: Callable[[], bool], within_s: float = DEADLINE_S, every_s: float = 0.01
) -> bool:
    """Return whether ``state`` comes true in time; for what no message announces."""
    deadline = time.monotonic() + within_s
    while not state():
        if time.monotonic() > deadline:
            return False
        time.sleep(every_s)
    return True
