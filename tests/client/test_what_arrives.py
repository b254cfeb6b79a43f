"""Messages arrive whole and in order, in whatever pieces frames and bytes of them come."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from websockets.frames import Frame, Opcode
from websockets.sync.server import ServerConnection, serve

from support.client import BackgroundLoop, SignIn, User
from support.config import Environment
from support.deployment import Deployment
from support.journal import Journal, facts, read_journal, records

READY = {
    "type": "ready",
    "connection_id": "c-1",
    "user_id": "u-of-this-test",
    "server_time": 0.0,
    "heartbeat_s": 20,
    "stream": {"epoch": "e-1", "position": 0, "oldest": 1},
    "limits": {
        "message_bytes": 65536,
        "retained_events": 10000,
        "messages_per_s": 1000,
        "connections_per_user": 20,
    },
}
SUBSCRIBED = {"type": "subscribed", "recovered": True, "from": 0, "to": 0, "count": 0}
LAST = "the-last-one"


def text(data: str | bytes, opcode: Opcode = Opcode.TEXT, fin: bool = True) -> bytes:
    raw = data.encode() if isinstance(data, str) else data
    return Frame(opcode, raw, fin).serialize(mask=False, extensions=[])


def pong(nonce: str) -> str:
    return json.dumps({"type": "pong", "nonce": nonce, "server_time": 1.0})


def fragments(nonce: str) -> list[bytes]:
    """Three fragments, the middle one empty, with a ping between them."""
    whole = pong(nonce).encode()
    return [
        text(whole[:9], fin=False),
        text(b"", Opcode.CONT, fin=False),
        Frame(Opcode.PING, b"there?").serialize(mask=False, extensions=[]),
        text(whole[9:], Opcode.CONT),
    ]


@contextmanager
def sending(chunks: list[bytes]) -> Iterator[int]:
    """A deployment that sends these bytes, each in a write of its own, after the subscription."""

    def talk(socket: ServerConnection) -> None:
        socket.send(json.dumps(READY))
        socket.recv()
        socket.send(json.dumps(SUBSCRIBED))
        for chunk in chunks:
            socket.socket.sendall(chunk)
            time.sleep(0.01)  # so that they come apart; nothing is concluded from it
        for _ in socket:
            pass

    protocol: Any = ["agent-chat.v1"]
    with serve(talk, "127.0.0.1", 0, subprotocols=protocol, compression=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.socket.getsockname()[1]
        finally:
            server.shutdown()
            thread.join()


def received(
    chunks: list[bytes], folder: Path, until: Callable[[User], bool]
) -> tuple[list[records.Frame], list[records.Record]]:
    """The frames of the journal that came after the subscription; all of its records."""
    path = folder / "journal.jsonl"
    journal = Journal(path)
    journal.begin_scenario("s01")
    loop = BackgroundLoop()

    async def conversation(port: int) -> None:
        given: dict[str, Any] = {"chat_url": f"ws://127.0.0.1:{port}/ws", "sign_in": "static"}
        users = [{"user_id": "u-of-this-test", "token": "a-token-of-this-test"}]
        deployment = Deployment(Environment(**given, users=users), folder, journal.redactor)
        sign_in = SignIn(deployment, journal.redactor.add_secret)
        user = User("s01/Alice", deployment, journal, sign_in)
        assert await user.connect()
        assert await user.until(lambda: until(user), "what this test sends", within_s=10)
        await user.close()

    with sending(chunks) as port:
        loop.run(conversation(port), 30)
    loop.close()
    journal.close()
    kept = list(read_journal(path))
    frames = [r for r in kept if isinstance(r, records.Frame) and r.direction == "received"]
    return frames[2:], list(kept)


def nonces(frames: list[records.Frame]) -> list[str | None]:
    return [fact.nonce for frame in frames for fact in frame.facts if isinstance(fact, facts.Pong)]


def test_messages_of_any_size_keep_their_order_in_one_write_and_in_many(tmp_path: Path) -> None:
    names = [f"{'n' * size}-{number}" for number, size in enumerate((1, 90, 200, 70_000, 3, 500))]
    raw = b"".join(text(pong(name)) for name in [*names, LAST])
    cuts = [0, 1, 2, 7, 140, 141, 700, 40_000, len(raw) - 3, len(raw)]
    for number, chunks in enumerate(([raw], [raw[a:b] for a, b in pairwise(cuts)])):
        folder = tmp_path / str(number)
        folder.mkdir()
        frames, _ = received(chunks, folder, lambda user: user.memory.has_pong(LAST))
        assert nonces(frames) == [*names, LAST]
        assert [frame.t for frame in frames] == sorted(frame.t for frame in frames)
        assert all(frame.unsure_ms is not None for frame in frames)


def test_the_size_of_a_message_is_in_bytes(tmp_path: Path) -> None:
    said = json.dumps({"type": "pong", "nonce": "早上好", "server_time": 1.0}, ensure_ascii=False)
    chunks = [text(said), text(pong(LAST))]
    (frame, _), _ = received(chunks, tmp_path, lambda user: user.memory.has_pong(LAST))
    assert frame.size == len(said.encode()) == len(said) + 6


def test_a_fragmented_message_stands_where_it_came(tmp_path: Path) -> None:
    raw = b"".join([text(pong("a")), *fragments("b"), text(pong("c")), *fragments(LAST)])
    for number, chunks in enumerate(([raw], [raw[:70], raw[70:90], raw[90:]])):
        folder = tmp_path / str(number)
        folder.mkdir()
        frames, _ = received(chunks, folder, lambda user: user.memory.has_pong(LAST))
        assert nonces(frames) == ["a", "b", "c", LAST]


def test_what_came_before_the_close_is_read(tmp_path: Path) -> None:
    close = Frame(Opcode.CLOSE, b"\x0f\xa1moved").serialize(mask=False, extensions=[])
    raw = b"".join([text(pong("a")), text(pong(LAST)), close, text(pong("too late"))])
    frames, kept = received([raw], tmp_path, lambda user: user.online is None)
    assert nonces(frames) == ["a", LAST]
    (closed,) = [r for r in kept if isinstance(r, records.Closed)]
    assert (closed.by, closed.code, closed.reason) == ("target", 4001, "moved")


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (text(b'{"type": "\xff"}'), "text that is not UTF-8"),
        (text("of nothing", Opcode.CONT), "broke the WebSocket protocol (unexpected cont"),
        (text(pong("a"), fin=False) + text(pong("b")), "(expected a continuation frame)"),
        (b"\xc1" + text(pong("a"))[1:], "(reserved bits must be 0)"),
        (b"\x81\x85\x00\x00\x00\x00masked", "(incorrect masking)"),
        (b"\x81\x7f" + (1 << 40).to_bytes(8, "big"), "over the size this suite accepts"),
    ],
    ids=["no UTF-8", "no beginning", "no end", "reserved bit", "masked", "too large"],
)
def test_what_is_against_the_protocol_ends_the_connection(
    wrong: bytes, complaint: str, tmp_path: Path
) -> None:
    raw = text(pong("before")) + wrong + text(pong("after"))
    frames, kept = received([raw], tmp_path, lambda user: user.online is None)
    assert nonces(frames) == ["before"]
    (closed,) = [r for r in kept if isinstance(r, records.Closed)]
    assert closed.by == "user"
    assert complaint in closed.reason
