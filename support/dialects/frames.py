"""How messages lie in WebSocket frames: as JSON text, in lines, in batches, as SSE. No I/O."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from support.config.characters import half_a_character
from support.dialects.framings import Framing
from support.dialects.json_text import MAX_DEPTH, NO_JSON, too_deep
from support.dialects.schema import Frames
from support.journal.facts import Unreadable


class Messages(msgspec.Struct, frozen=True):
    """The messages of one frame, decoded, in order."""

    messages: tuple[Any, ...]


def messages_in(
    frame: str | bytes, rules: Frames, framing: Framing | None = None
) -> Messages | Unreadable:
    """What a frame holds; why it cannot be read. Never raises."""
    if framing is not None:
        try:
            return Messages(tuple(framing.decode(frame)))
        except Exception as error:  # it may be somebody else's code
            return Unreadable(why=f"a frame that the framing cannot read: {error}")
    if isinstance(frame, bytes):
        if rules.binary == "ignore":
            return Messages(())
        if rules.binary == "refuse":
            return Unreadable(why=f"a binary frame of {len(frame):,} bytes")
        try:
            frame = frame.decode()
        except UnicodeDecodeError:
            return Unreadable(why="a binary frame that is not UTF-8")
    decoded: list[Any] = []
    for text in _split(frame, rules.split):
        if text.strip() in rules.ignore:
            continue
        message = _decoded(text)
        if isinstance(message, Unreadable):
            return message
        batch = rules.split == "batch" and isinstance(message, list)
        decoded += message if batch else [message]
    return Messages(tuple(decoded))


def _split(text: str, how: str) -> list[str]:
    if how == "lines":
        return [line for line in text.splitlines() if line.strip()]
    if how == "rs":
        return [part for part in text.split("\x1e") if part]
    if how == "sse" and not text.lstrip().startswith(("{", "[")):
        events = re.split(r"\r?\n\r?\n", text)
        return ["\n".join(lines) for event in events if (lines := _data_lines(event))]
    return [text]


def _data_lines(event: str) -> list[str]:
    """The data of one server-sent event (WHATWG HTML, 9.2)."""
    return [line[5:].removeprefix(" ") for line in event.splitlines() if line.startswith("data:")]


def _decoded(text: str) -> Any:
    try:
        message = msgspec.json.decode(text)
    except NO_JSON as error:
        where = half_a_character(text)
        return Unreadable(
            why=f"half a surrogate pair in {where}" if where else f"not JSON: {error}"
        )
    if too_deep(text, message):
        return Unreadable(why=f"a message nested over {MAX_DEPTH} levels deep")
    return message
