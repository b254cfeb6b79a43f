"""Frames and bombs written by hand, read by a parser that is known to be right."""

from __future__ import annotations

import json

import pytest
from websockets.exceptions import PayloadTooBig, ProtocolError
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Opcode
from websockets.protocol import SERVER, State
from websockets.server import ServerProtocol

from support.attacks.frames import CLOSE, TEXT, bomb, close_frame, frame
from support.attacks.protocol_violations import VIOLATIONS

QUESTION = json.dumps({"type": "user_message", "content": "Good morning."}).encode()
LIMIT = 65_536


def server(*, compresses: bool = False) -> ServerProtocol:
    """A server's side of an open connection."""
    extensions = [PerMessageDeflate(False, False, 12, 12)] if compresses else []
    protocol = ServerProtocol(state=State.OPEN, max_size=LIMIT)
    protocol.extensions = list(extensions)
    assert protocol.side is SERVER
    return protocol


@pytest.mark.parametrize("size", [0, 125, 126, 65_535])
def test_a_valid_frame_is_read_as_it_was_meant(size: int) -> None:
    protocol = server()
    protocol.receive_data(frame(TEXT, b"x" * size))
    (event,) = protocol.events_received()
    assert protocol.parser_exc is None
    assert (event.opcode, bytes(event.data), event.fin) == (Opcode.TEXT, b"x" * size, True)  # type: ignore[union-attr]


def test_a_valid_close_frame_is_understood() -> None:
    protocol = server()
    protocol.receive_data(close_frame(1000, b"bye"))
    assert protocol.close_rcvd is not None
    assert (protocol.close_rcvd.code, protocol.close_rcvd.reason) == (1000, "bye")


OF_FRAMES = [name for name in VIOLATIONS if not name.startswith("text")]


@pytest.mark.parametrize("name", OF_FRAMES)
def test_a_violation_of_framing_requires_the_close_it_names(name: str) -> None:
    protocol = server()
    protocol.receive_data(VIOLATIONS[name].around(QUESTION))
    assert protocol.close_sent is not None
    assert protocol.close_sent.code in VIOLATIONS[name].close


@pytest.mark.parametrize("name", [name for name in VIOLATIONS if name.startswith("text")])
def test_text_that_is_not_utf_8_is_in_valid_frames(name: str) -> None:
    protocol = server()
    protocol.receive_data(VIOLATIONS[name].around(QUESTION))
    assert protocol.parser_exc is None
    text = b"".join(bytes(event.data) for event in protocol.events_received())  # type: ignore[union-attr]
    with pytest.raises(UnicodeDecodeError):
        text.decode()
    assert json.loads(text.decode(errors="replace"))["type"] == "user_message"


def test_every_violation_names_its_section_and_a_close() -> None:
    assert all(v.section[0].isdigit() and v.close for v in VIOLATIONS.values())


def test_a_bomb_is_small_and_swells_to_the_question_and_blanks() -> None:
    packed = bomb(QUESTION, 1_000_000)
    assert len(packed) < 2_000
    protocol = server(compresses=True)
    protocol.max_message_size = None
    protocol.receive_data(packed)
    (event,) = protocol.events_received()
    assert bytes(event.data) == QUESTION.ljust(1_000_000)  # type: ignore[union-attr]


def test_a_bomb_is_too_big_for_a_server_with_a_limit() -> None:
    protocol = server(compresses=True)
    protocol.receive_data(bomb(QUESTION, 1_000_000))
    assert isinstance(protocol.parser_exc, PayloadTooBig)


def test_a_bomb_without_compression_is_a_reserved_bit() -> None:
    protocol = server()
    protocol.receive_data(bomb(QUESTION, 100_000))
    assert isinstance(protocol.parser_exc, ProtocolError)


def test_an_unmasked_frame_has_no_key() -> None:
    assert frame(CLOSE, b"\x03\xe8", masked=False) == b"\x88\x02\x03\xe8"
