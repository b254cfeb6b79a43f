"""A backend whose users each have a room, made before they connect and to be removed in the end."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import uvicorn
from small_dialect import ASKS, PINGS, RUNS_OF_THE_QUESTION
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

READS_LAST_S = 0.3

_START = (
    """
format = 2
name = "rooms"
identity = "shared"

[handshake]
path = "/rooms/{room}"
[handshake.ways.header]

[resume]
mode = "replay_all"

[prompts]
plain = "Good morning ({tag}), my note is {canary}"
"""
    + ASKS
    + PINGS
    + RUNS_OF_THE_QUESTION
)
#: Rooms that are made and removed by HTTP.
BY_CALL = (
    _START
    + """
[[before]]
post = "/rooms"
capture = { room = "room" }
[[after]]
delete = "/rooms/{room}"
"""
)
#: Rooms that a first message makes, and a last one removes.
BY_MESSAGE = (
    _START.replace("/rooms/{room}", "/rooms")
    + """
[[hello]]
when = "first"
send = { make = true }
wait = "made"
keep = { room = "made" }
[[hello]]
when = "again"
send = { join = "{room}" }
wait = "joined"
[[after]]
message = { remove = "{room}" }
wait = "removed=='{room}'"
"""
)


class Rooms:
    """What the backend holds; `refuses` removals, `answers` no question, where it is told so."""

    def __init__(self) -> None:
        self.open: set[str] = set()
        self.said: defaultdict[str, list[dict[str, object]]] = defaultdict(list)
        self.made = 0
        self.refuses = False
        self.answers = True
        self.asked = threading.Event()
        self.port = 0

    def make(self) -> str:
        room = uuid.uuid4().hex
        self.open.add(room)
        self.made += 1
        return room

    async def post(self, _: Request) -> Response:
        return JSONResponse({"room": self.make()})

    async def delete(self, request: Request) -> Response:
        if self.refuses:
            return JSONResponse({}, 500)
        self.open.discard(request.path_params["room"])
        return JSONResponse({})

    async def talk(self, socket: WebSocket) -> None:
        await socket.accept()
        room = socket.path_params.get("room", "")
        with suppress(WebSocketDisconnect, RuntimeError):  # it may be gone while we speak
            await self.replay(socket, room)
            while True:
                room = await self.answer(socket, await socket.receive_json(), room)

    async def replay(self, socket: WebSocket, room: str) -> None:
        for said in list(self.said[room]):
            await socket.send_json(said)

    async def answer(self, socket: WebSocket, told: dict[str, str], room: str) -> str:
        """Answer one message; returns the room the connection is in from now on."""
        if "ping" in told:
            await socket.send_json({"pong": told["ping"]})
        elif "make" in told:
            room = self.make()
            await socket.send_json({"made": room})
        elif "join" in told:
            room = told["join"]
            await socket.send_json({"joined": room})
            await self.replay(socket, room)
        elif "remove" in told and not self.refuses:
            await asyncio.sleep(READS_LAST_S)  # a close that comes meanwhile ends the removal
            await socket.send_json({"removed": told["remove"]})
            self.open.discard(told["remove"])
        elif "ask" in told:
            self.asked.set()
            answers: list[dict[str, object]] = [{"id": told["id"], "began": True}]
            answers += [{"id": told["id"], "done": told["ask"]}] if self.answers else []
            self.said[room] += answers
            for said in answers:
                await socket.send_json(said)
        return room


@contextmanager
def running() -> Iterator[Rooms]:
    """The backend, on a free port, in a thread."""
    rooms = Rooms()
    app = Starlette(
        routes=[
            Route("/rooms", rooms.post, methods=["POST"]),
            Route("/rooms/{room}", rooms.delete, methods=["DELETE"]),
            WebSocketRoute("/rooms", rooms.talk),
            WebSocketRoute("/rooms/{room}", rooms.talk),
        ]
    )
    config = uvicorn.Config(app, port=0, log_level="warning", ws="websockets-sansio")
    server = uvicorn.Server(config)
    socket = config.bind_socket()
    rooms.port = socket.getsockname()[1]
    thread = threading.Thread(target=server.run, args=([socket],), daemon=True)
    thread.start()
    try:
        yield rooms
    finally:
        server.should_exit = True
        thread.join(10)


def environment(folder: Path, rooms: Rooms, dialect: str) -> Path:
    """The file of an environment for it; the dialect lies beside it."""
    (folder / "rooms.toml").write_text(dialect, "utf-8")
    path = folder / "env.toml"
    path.write_text(
        f'chat_url = "ws://127.0.0.1:{rooms.port}"\ndialect = "{folder / "rooms.toml"}"\n'
        'sign_in = "static"\n[patience]\nconnect_s = 3\n',
        "utf-8",
    )
    return path
