"""What the formats share: how the service is talked to in the contract's own words."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
ANSWER_S = 10.0
DISCONNECT = {"type": "websocket.disconnect", "code": 1000, "reason": ""}


def text(body: Any) -> Message:
    """Return the ASGI message that carries ``body`` as JSON."""
    return {"type": "websocket.receive", "text": msgspec.json.encode(body).decode()}


def sent(body: Any) -> Message:
    """Return the ASGI message that sends ``body`` as JSON."""
    return {"type": "websocket.send", "text": msgspec.json.encode(body).decode()}


def decoded(text: Any) -> Any:
    """Return the JSON in ``text``; None where there is none that can be translated."""
    try:
        return msgspec.json.decode(text) if isinstance(text, str) else None
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


def renamed(body: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """Return ``body`` with other names for its keys; what has none keeps its own."""
    return {names.get(key, key): value for key, value in body.items()}


def cursor_of(epoch: object, position: object) -> str:
    """Return a position as clients see it: a word that means nothing to them."""
    return base64.urlsafe_b64encode(f"{epoch}:{position}".encode()).decode().rstrip("=")


def place_of(cursor: object) -> dict[str, Any]:
    """Return the position in a cursor; one in no stream for what is none."""
    try:
        padded = str(cursor) + "=" * (-len(str(cursor)) % 4)
        epoch, _, position = base64.urlsafe_b64decode(padded).decode().rpartition(":")
        return {"epoch": epoch, "after": int(position)}
    except ValueError:
        return {"epoch": "", "after": 0}


def iso(seconds: object) -> object:
    """Return Unix seconds as ISO 8601, and what is no number as it is."""
    if not isinstance(seconds, int | float):
        return seconds
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


def inside(scope: Scope, headers: Iterable[tuple[bytes, bytes]], **more: Any) -> Scope:
    """Return the scope of a WebSocket where the contract has it."""
    return {**scope, "type": "websocket", "path": "/ws", "headers": list(headers), **more}


@dataclass
class Exchange:
    """A short conversation with the service on a connection of its own, without events.

    ``status`` is 101, or why it was refused; ``frames`` are what was answered.
    """

    messages: Sequence[dict[str, Any]]
    status: int = 101
    frames: list[dict[str, Any]] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def hold(self, app: App, scope: Scope, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Say the messages, in order, and collect what is answered to them."""
        last = {"type": "ping", "nonce": "the last"}
        waiting: list[Message] = [{"type": "websocket.connect"}]
        waiting += [text(message) for message in (*self.messages, last)]
        waiting.reverse()

        async def receive() -> Message:
            if waiting:
                return waiting.pop()
            async with asyncio.timeout(ANSWER_S):
                await self.over.wait()
            return DISCONNECT

        own = inside(scope, headers, query_string=b"", subprotocols=[], state={"socket": self})
        await app(own, receive, self.take)

    async def take(self, message: Message) -> None:
        """Note what the service says."""
        if message["type"] == "websocket.http.response.start":
            self.status = message["status"]
        frame = decoded(message.get("text"))
        if isinstance(frame, dict):
            if frame.get("type") == "pong":
                self.over.set()
            self.frames.append(frame)

    def finish(self, code: int, reason: str) -> None:
        """End, as the service wants it."""
        self.over.set()

    def first(self, *types: str) -> dict[str, Any]:
        """Return the first frame of one of these types, empty when there is none."""
        return next((frame for frame in self.frames if frame.get("type") in types), {})
