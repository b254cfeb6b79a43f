"""A small agent of the kind that ends connections: announced, with handles to come back by.

Its answers come in parts. A `slow` question is answered while the connection is ended and after.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Coroutine, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from histories import ALICE
from small_dialect import ASKS, PINGS, RUNS
from small_server import serving
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection

from support.client import BackgroundLoop, SignIn, User
from support.config import Environment
from support.deployment import Deployment
from support.journal import History, Journal

FILE = (
    """
format = 2
name = "live"
identity = "shared"
[handshake]
path = "/live"
[handshake.ways.header]
[resume]
[[read]]
when = "hi"
says = "ready"
[[read]]
when = "bye"
says = "closing"
get = { time_left_s = "bye.left" }
[prompts]
plain = "Good morning ({tag}), my note is {canary}"
slow = "Good morning ({tag}), slowly, my note is {canary}"
[answers]
plain = ["{tag}"]
slow = ["{tag}"]
"""
    + ASKS
    + PINGS
    + RUNS
)
CURSOR = """
[resume]
mode = "cursor"
query = { handle = "{cursor}" }
cursor = "handle.id"
"""
HANDLES = """
[[read]]
when = "handle"
says = "handle"
get = { cursor = { at = "handle.id", optional = true }, valid = "handle.good" }
"""
DELTAS = """
[[read]]
when = "bit"
says = "delta"
data = { text = "bit" }
"""
TURNS = """
[[read]]
when = "turn"
says = "turn"
get = { run_id = "run" }
"""
REST = '[[read]]\nwhen = "handle || bit || turn"\nsays = "ignored"\n'
LEFT_S = 0.3

T = TypeVar("T")


@dataclass
class Session:
    """What outlives a connection: the messages that wait for it, under the handle of the day."""

    socket: ServerConnection | None = None
    waiting: list[dict[str, Any]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    here: threading.Event = field(default_factory=threading.Event)

    def say(self, **message: Any) -> None:
        with self.lock:
            if self.socket is None:
                self.waiting.append(message)
                return
            try:
                self.socket.send(json.dumps(message))
            except ConnectionClosed:
                self.waiting.append(message)


class Agent:
    """`does` names what it does wrong or otherwise: `forgets`, `hurries`, `says_void`, …"""

    def __init__(self, does: Set[str] = frozenset()) -> None:
        self.does = does
        self.sessions: dict[str, Session] = {}
        self.idle = threading.Event()

    def talk(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        given = parse_qs(urlsplit(socket.request.path).query).get("handle", [""])[0]
        known = self.sessions.pop(given, None)
        session = known if known is not None and "forgets" not in self.does else Session()
        with session.lock:
            socket.send(json.dumps({"hi": True, "newest": 0}))
            for message in session.waiting:
                socket.send(json.dumps(message))
            session.waiting, session.socket = [], socket
        session.here.set()
        self.rotate(session)
        try:
            for text in socket:
                told = json.loads(text)
                if "ping" in told:
                    session.say(pong=told["ping"])
                else:
                    args = (session, told["id"], told["ask"])
                    threading.Thread(target=self.answer, args=args, daemon=True).start()
        finally:
            with session.lock:
                session.socket = None if session.socket is socket else session.socket

    def rotate(self, session: Session, *, good: bool = True) -> None:
        """The handle of before is void; a new one, if there is any, for a user who is there."""
        if session.socket is None:
            return
        for handle in [h for h, s in self.sessions.items() if s is session]:
            del self.sessions[handle]
        handle = uuid.uuid4().hex
        if good:
            self.sessions[handle] = session
        session.say(handle={"id": handle, "good": True} if good else {"good": False})

    def answer(self, session: Session, request_id: str, text: str) -> None:
        run, words = uuid.uuid4().hex, text.split(" ")
        session.say(re=request_id, run=run, begin=True)
        self.rotate(session, good="says_void" not in self.does)
        bits = [word + " " * (number < len(words) - 1) for number, word in enumerate(words)]
        for number, bit in enumerate(bits):
            if number == 1 and "slowly," in words:
                self.end(session)
            if not (number == 2 and "loses_a_bit" in self.does):
                session.say(run=run, bit=bit)
        session.say(run=run, end=text)
        self.rotate(session)
        if "goes_on" in self.does:
            self.go_on(session, run if "mixes" in self.does else uuid.uuid4().hex)
        self.idle.set()

    def go_on(self, session: Session, run: str) -> None:
        """A turn that nobody asked for."""
        session.say(run=run, turn=True)
        session.say(run=run, begin=True)
        if "never_ends" not in self.does:
            session.say(run=run, end="By the way.")

    def end(self, session: Session) -> None:
        """End the connection, as announced, and wait until its user is back."""
        socket, left_s = session.socket, 0.0 if "hurries" in self.does else LEFT_S
        session.here.clear()
        if "is_silent" not in self.does:
            session.say(bye={"left": 5.0 if "hurries" in self.does else left_s})
        threading.Event().wait(left_s)
        if socket is not None:
            with session.lock:
                session.socket = None
            socket.close(4000)


def written(folder: Path, *rules: str, resume: str = CURSOR) -> Path:
    """The dialect file, with these rules."""
    path = folder / "live.toml"
    path.write_text(FILE.replace("[resume]\n", resume) + "".join(rules) + REST, "utf-8")
    return path


def played(
    scene: Callable[[User], Coroutine[Any, Any, T]],
    folder: Path,
    talk: Callable[[ServerConnection], None],
    dialect: Path,
    **patience: float,
) -> tuple[T, History]:
    """What `scene` gives with Alice, who is alone on a server that says `talk`; what was recorded.

    `patience` is as in an environment: seconds, by name.
    """
    with serving(talk) as url:
        environment = Environment(
            chat_url=url, dialect=str(dialect), sign_in="static", patience=patience
        )
        journal, loop = Journal(folder / "journal.jsonl"), BackgroundLoop()
        deployment = Deployment(environment, folder, journal.redactor)
        journal.begin_scenario("s01")
        user = User(ALICE, deployment, journal, SignIn(deployment, journal.redactor.add_secret))
        try:
            result = loop.run(scene(user))
            loop.run(user.close())
            return result, journal.history()
        finally:
            loop.run(user.close())
            loop.close()
            journal.close()
