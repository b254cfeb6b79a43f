"""Messages in frames: lines, events, JSON in binary, socket.io, a class of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.config import DeploymentError
from support.dialects.frames import Messages, messages_in
from support.dialects.framings import SocketIo, framing_class
from support.dialects.schema import Frames
from support.journal.facts import Unreadable


@pytest.mark.parametrize(
    ("rules", "frame", "messages"),
    [
        (Frames(split="lines"), '{"a":1}\n{"b":2}\n', [{"a": 1}, {"b": 2}]),
        (Frames(split="rs"), '{"a":1}\x1e{"b":2}\x1e', [{"a": 1}, {"b": 2}]),
        (Frames(split="sse"), 'event: x\ndata: {"a":\ndata: 1}\n\n: ping\n\n', [{"a": 1}]),
        (Frames(split="sse"), '{"a":1}', [{"a": 1}]),
        (Frames(split="sse", ignore=["[DONE]"]), "data: [DONE]\n\n", []),
        (Frames(split="batch"), '[{"a":1},{"b":2}]', [{"a": 1}, {"b": 2}]),
        (Frames(split="batch"), '{"a":[1]}', [{"a": [1]}]),
        (Frames(binary="json"), b'{"a":1}', [{"a": 1}]),
        (Frames(binary="ignore"), b"\x00", []),
    ],
)
def test_a_frame_is_split_into_its_messages(
    rules: Frames, frame: str | bytes, messages: list[Any]
) -> None:
    assert messages_in(frame, rules) == Messages(tuple(messages))


@pytest.mark.parametrize(
    ("rules", "frame"),
    [(Frames(), b"{}"), (Frames(binary="json"), b"\xff"), (Frames(split="lines"), "{}\n{")],
)
def test_what_cannot_be_read_says_why(rules: Frames, frame: str | bytes) -> None:
    assert isinstance(messages_in(frame, rules), Unreadable)


def test_socket_io_events_come_and_go() -> None:
    framing = SocketIo()
    assert framing.decode('0{"sid":"x"}') == [{"event": "open", "data": {"sid": "x"}}]
    assert framing.decode('42["chat",{"a":1}]') == [{"event": "chat", "data": {"a": 1}}]
    assert framing.decode('427["chat",1,2]') == [{"event": "chat", "data": [1, 2], "ack": 7}]
    assert framing.decode('44{"message":"no"}') == [
        {"event": "connect_error", "data": {"message": "no"}}
    ]
    assert framing.encode({"event": "ask", "data": {"q": 1}}) == '42["ask", {"q": 1}]'
    assert framing.encode({"connect": {"token": "t"}}) == '40{"token": "t"}'
    assert (framing.decode("2"), framing.reply("2"), framing.reply("42[]")) == ([], ["3"], [])


@pytest.mark.parametrize(
    ("message", "frame"),
    [
        ({"event": "ask", "data": {"q": 1}, "ack": 12}, '4212["ask", {"q": 1}]'),
        ({"event": "ack", "data": {"ok": True}, "ack": 12}, '4312[{"ok": true}]'),
        ({"event": "ack", "data": [], "ack": 3, "namespace": "/chat"}, "43/chat,3[]"),
        ({"event": "ask", "data": 1, "namespace": "/chat"}, '42/chat,["ask", 1]'),
        ({"event": "connect", "data": {"sid": "x"}, "namespace": "/chat"}, '40/chat,{"sid":"x"}'),
        ({"event": "disconnect", "data": None, "namespace": "/chat"}, "41/chat,"),
    ],
)
def test_socket_io_acknowledges_and_has_namespaces(message: dict[str, Any], frame: str) -> None:
    framing = SocketIo()
    assert framing.decode(frame) == [message]
    if frame.startswith("42"):
        assert framing.encode(message) == frame
    assert framing.encode({"event": "ack", "ack": 9, "data": 1}) == "439[1]"
    assert framing.encode({"connect": {}, "namespace": "/chat"}) == "40/chat,{}"


@pytest.mark.parametrize("frame", ["", b"\x00", "45-[]", "42{", "42[]"])
def test_a_broken_socket_io_frame_is_unreadable(frame: str | bytes) -> None:
    assert isinstance(messages_in(frame, Frames(), SocketIo()), Unreadable)


def test_a_framing_of_ones_own_stands_beside_the_dialect(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "class Mine:\n    def decode(self, frame):\n        return [{'said': frame[::-1]}]\n"
    )
    framing = framing_class("mine.py:Mine", tmp_path)()
    assert messages_in("abc", Frames(), framing) == Messages(({"said": "cba"},))


@pytest.mark.parametrize("name", ["nothing", "no.py:Mine", "broken.py:Mine"])
def test_a_framing_that_cannot_be_used_is_refused_by_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "broken.py").write_text("raise OSError('x')")
    with pytest.raises(DeploymentError, match=name):
        framing_class(name, tmp_path)
