"""The frame reader: nothing is lost or invented, however the stream is cut into chunks."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame as Peer
from websockets.frames import Opcode

from support.faults.frame_reader import FRAME_BYTES, FrameReader
from support.faults.frames import PING, TEXT, Frame, header, masked

REQUEST = b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
ANSWER = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"

sizes = st.one_of(st.integers(0, 130), st.sampled_from([125, 126, 127, 65535, 65536, 70000]))
peers = st.builds(
    lambda opcode, fill, size, fin: Peer(opcode, (fill * size)[:size] if fill else b"", fin),
    st.sampled_from([Opcode.TEXT, Opcode.BINARY, Opcode.CONT]),
    st.binary(max_size=8),
    sizes,
    st.booleans(),
)


@st.composite
def streams(draw: st.DrawFn) -> tuple[bytes, list[bytes], bool, list[Peer]]:
    """A WebSocket stream, cut into chunks anywhere."""
    by_user = draw(st.booleans())
    frames = draw(st.lists(peers, max_size=6))
    stream = REQUEST if by_user else ANSWER
    for frame in frames:
        stream += frame.serialize(mask=by_user)
    return stream, _cut(draw, stream), by_user, frames


def _cut(draw: st.DrawFn, stream: bytes) -> list[bytes]:
    if draw(st.booleans()) and len(stream) < 2000:
        return [stream[i : i + 1] for i in range(len(stream))]
    places = draw(st.lists(st.integers(0, len(stream)), max_size=12))
    ends = [0, *sorted(places), len(stream)]
    return [stream[a:b] for a, b in pairwise(ends) if b > a]


def _joined(pieces: list[bytes | Frame]) -> bytes:
    return b"".join(p.raw if isinstance(p, Frame) else p for p in pieces)


def _frames(pieces: list[bytes | Frame]) -> list[Frame]:
    return [p for p in pieces if isinstance(p, Frame)]


@given(streams())
def test_every_frame_is_found_whatever_the_chunks(
    case: tuple[bytes, list[bytes], bool, list[Peer]],
) -> None:
    stream, chunks, by_user, sent = case
    reader = FrameReader()
    reader.holding = True
    out = [piece for chunk in chunks for piece in reader.feed(chunk)]
    assert _joined([*out, reader.stop()]) == stream
    found = _frames(out)
    assert [(f.opcode, f.payload) for f in found] == _messages(sent)
    assert all(bool(f.mask) == by_user for f in found)


def _messages(sent: list[Peer]) -> list[tuple[int, bytes]]:
    """What comes out as one frame each: whole messages, and continuations of none."""
    found: list[tuple[int, bytes]] = []
    begun: list[Peer] = []
    for frame in sent:
        if frame.opcode is not Opcode.CONT:
            begun = []  # an unfinished message is no message
        if begun or not (frame.fin or frame.opcode is Opcode.CONT):
            begun.append(frame)
            if frame.fin:
                found.append((begun[0].opcode, b"".join(part.data for part in begun)))
                begun = []
        else:
            found.append((frame.opcode, frame.data))
    return found


@pytest.mark.parametrize("by_user", [False, True], ids=["by the service", "by the user"])
def test_a_message_in_fragments_is_one_frame_and_a_ping_between_them_is_not_held(
    by_user: bool,
) -> None:
    parts = (
        Peer(Opcode.TEXT, "grü".encode()[:3], False),
        Peer(Opcode.PING, b"?"),
        Peer(Opcode.CONT, "grü".encode()[3:], False),
        Peer(Opcode.CONT, b"!"),
    )
    first, ping, *rest = (part.serialize(mask=by_user) for part in parts)
    reader = FrameReader()
    reader.feed(REQUEST if by_user else ANSWER)
    reader.holding = True
    assert _joined(reader.feed(first + ping)) == ping
    (message,) = _frames(reader.feed(b"".join(rest)))
    assert (message.is_message, message.payload) == (True, "grü!".encode())
    assert message.raw == first + b"".join(rest), "untouched, it goes on as it came"
    assert message.with_body(b"x" * len(message.mask)).raw[0] == 0x81


def test_an_unfinished_message_is_not_kept_when_something_else_begins() -> None:
    begun, close = Peer(Opcode.TEXT, b"begun", False).serialize(mask=False), b"\x88\x00"
    reader = FrameReader()
    reader.feed(ANSWER)
    reader.holding = True
    assert reader.feed(begun) == []
    assert _joined(reader.feed(close)) == begun + close
    assert reader.feed(begun) == []
    assert reader.stop_holding() == begun


@given(streams(), st.data())
def test_holding_can_begin_and_end_anywhere(
    case: tuple[bytes, list[bytes], bool, list[Peer]], data: st.DataObject
) -> None:
    stream, chunks, _, sent = case
    reader = FrameReader()
    out: list[bytes | Frame] = []
    whole: list[bytes] = []
    for chunk in chunks:
        wanted = data.draw(st.booleans())
        if reader.holding and not wanted:
            out.append(reader.stop_holding())
        reader.holding = wanted
        pieces = reader.feed(chunk)
        out += pieces
        whole += [f.payload for f in _frames(pieces)]
    out.append(reader.stop())
    assert _joined(out) == stream
    said = b"".join(f.data for f in sent)
    assert all(payload in said for payload in whole), "found frames are some of those sent"


@pytest.mark.parametrize("size", [3, 126, 65536])
def test_a_frame_that_has_begun_to_pass_is_not_held(size: int) -> None:
    stream = Peer(Opcode.TEXT, b"x" * size).serialize(mask=True)
    for begun in [*range(1, 15), len(stream) - 1]:
        reader = FrameReader()
        reader.feed(REQUEST + stream[:begun])
        reader.holding = True
        pieces = reader.feed(stream[begun:] + stream)
        assert _joined(pieces) == stream[begun:] + stream
        assert len(_frames(pieces)) == 1


@given(streams())
def test_following_lets_everything_out_at_once_and_still_knows_the_boundaries(
    case: tuple[bytes, list[bytes], bool, list[Peer]],
) -> None:
    _, chunks, by_user, _ = case
    reader = FrameReader()
    for chunk in chunks:
        assert _joined(reader.feed(chunk)) == chunk
    reader.holding = True
    late = Peer(Opcode.TEXT, b"late").serialize(mask=by_user)
    assert _frames(reader.feed(late))[-1].payload == b"late"


@given(st.lists(st.binary(min_size=1, max_size=200), max_size=8), st.booleans(), st.booleans())
def test_of_any_bytes_whatever_none_is_lost(
    chunks: list[bytes], upgraded: bool, holding: bool
) -> None:
    reader = FrameReader()
    reader.holding = holding
    out = list(reader.feed(ANSWER)) if upgraded else []
    for chunk in chunks:
        out += reader.feed(chunk)
    out.append(reader.stop())
    whole = (ANSWER if upgraded else b"") + b"".join(chunks)
    assert sorted(_joined(out)) == sorted(whole)  # a ping may overtake the fragments around it


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    ],
    ids=["a refusal", "plain HTTP", "TLS"],
)
def test_what_is_no_websocket_has_no_frames(head: bytes) -> None:
    reader = FrameReader()
    reader.holding = True
    out = reader.feed(head + b"\x81\x02ok")
    assert _frames(out) == []
    assert _joined(out) == head + b"\x81\x02ok"
    assert reader.is_other


def test_an_endless_head_is_none() -> None:
    reader = FrameReader()
    while not reader.is_other:
        assert reader.feed(b"GET" * 1000) == [b"GET" * 1000]


def test_a_huge_frame_passes_in_pieces() -> None:
    reader = FrameReader()
    reader.holding = True
    reader.feed(ANSWER)
    begin = header(0x82, FRAME_BYTES + 1)
    assert reader.feed(begin + b"x") == [begin + b"x"]
    assert reader.feed(b"x" * FRAME_BYTES) == [b"x" * FRAME_BYTES]
    after = reader.feed(b"\x81\x02ok")
    assert [f.payload for f in _frames(after)] == [b"ok"]


@given(st.binary(max_size=300), st.binary(min_size=4, max_size=4))
def test_masking_twice_gives_back_what_was_there(data: bytes, mask: bytes) -> None:
    assert masked(masked(data, mask), mask) == data


@given(st.integers(0, 70000), st.booleans())
def test_a_frame_with_another_body_keeps_mask_and_opcode(size: int, has_mask: bool) -> None:
    mask = b"\x01\x02\x03\x04" if has_mask else b""
    frame = Frame(header(0x80 | TEXT, 5, mask), masked(b"hello", mask) if mask else b"hello")
    other = frame.with_body(b"x" * size)
    reader = FrameReader()
    reader.holding = True
    reader.feed(ANSWER)
    assert reader.feed(other.raw) == [other]
    assert (other.opcode, other.mask, len(other.payload)) == (TEXT, mask, size)


def test_a_ping_is_no_message() -> None:
    assert not Frame(header(0x80 | PING, 0), b"").is_message
    assert not Frame(header(TEXT, 0), b"").is_message, "a fragment"
    assert Frame(header(0x80 | TEXT, 0), b"").is_message
