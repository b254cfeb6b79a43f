"""A small agent that turns callers away in ways that leave the connection open."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from small_dialect import ASKS, PINGS, PLAIN_QUESTION, RUNS_OF_THE_QUESTION
from small_server import serving
from websockets.sync.server import ServerConnection

TOKENS = {f"token-of-user-{n}": f"user-{n}" for n in range(4)}

_REST = ASKS + PINGS + RUNS_OF_THE_QUESTION + PLAIN_QUESTION
#: The token travels in a header, and nobody is greeted.
BY_HEADER = (
    """
format = 2
name = "gates"
[handshake]
path = "/by-header"
[handshake.ways.header]
headers = { Authorization = "{token}" }
[handshake.refusals]
token = [%s]
"""
    + _REST
)
#: It is the first message, and a welcome answers it.
BY_MESSAGE = (
    """
format = 2
name = "gates"
[handshake]
path = "/"
[handshake.ways.header]
[handshake.refusals]
token = [%s]
[[hello]]
send = { token = "{token}" }
wait = "welcome"
"""
    + _REST
    + '[[read]]\nwhen = "welcome"\nsays = "ignored"\n'
)
ERROR = "{ error = \"error=='who are you'\" }"
SILENCE = "{ silence_s = 1 }"
CLOSE = "{ close = 4001 }"


class Agent:
    """Refuses strangers `how`: by an `error`, by `silence`, or by a `close` after the handshake.

    `serves` strangers all the same, where it is told to.
    """

    def __init__(self, how: str, *, serves: bool = False) -> None:
        self.how, self.serves = how, serves
        self.url = ""
        self.asked_by_strangers = 0

    def talk(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        held = socket.request.headers.get("Authorization")
        said = [TOKENS.get(held) if held is not None else None]
        if socket.request.path == "/by-header" and said[0] is None:
            self.refuse(socket)
        for text in socket:
            self.answer(socket, json.loads(text), said)

    def refuse(self, socket: ServerConnection) -> None:
        if self.how == "error":
            socket.send(json.dumps({"error": "who are you"}))
        elif self.how == "close":
            socket.close(4001)

    def answer(self, socket: ServerConnection, told: dict[str, str], who: list[str | None]) -> None:
        if "token" in told:
            who[0] = TOKENS.get(told["token"])
            if who[0] is not None:
                socket.send(json.dumps({"welcome": who[0]}))
                return
        stranger = who[0] is None
        if stranger and "ask" in told:
            self.asked_by_strangers += 1
        if stranger and not (self.serves and "ask" in told):
            self.refuse(socket)
        elif "ping" in told:
            socket.send(json.dumps({"pong": told["ping"]}))
        elif "ask" in told:
            socket.send(json.dumps({"id": told["id"], "began": True}))
            socket.send(json.dumps({"id": told["id"], "done": told["ask"]}))


@contextmanager
def running(agent: Agent) -> Iterator[Agent]:
    """The agent, on a free port, in a thread."""
    with serving(agent.talk) as agent.url:
        yield agent


def environment(folder: Path, agent: Agent, dialect: str, allowed: str) -> Path:
    """The file of an environment for it; the dialect lies beside it, and allows these refusals."""
    (folder / "gates.toml").write_text(dialect.replace("%s", allowed), "utf-8")
    users = "".join(f'[[users]]\nuser_id = "{u}"\ntoken = "{t}"\n' for t, u in TOKENS.items())
    path = folder / "env.toml"
    path.write_text(
        f'chat_url = "{agent.url}"\ndialect = "{folder / "gates.toml"}"\nsign_in = "static"\n'
        f"[patience]\nconnect_s = 2\n{users}",
        "utf-8",
    )
    return path
