"""What a client may say: the shape of its messages, and how broken ones are turned away."""

from __future__ import annotations

from typing import Any

import msgspec


class Rejected(Exception):
    """A message that gets a structured error; the connection stays open."""

    def __init__(self, code: str, message: str, request_id: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.request_id = request_id

    def frame(self) -> dict[str, Any]:
        """Return the error as it is sent."""
        return {
            "type": "error",
            "code": self.code,
            "message": self.message,
            "request_id": self.request_id,
        }


class UserMessage(msgspec.Struct):
    """A request to the agent."""

    request_id: str
    content: str
    thread_id: str | None = None


class CancelRun(msgspec.Struct):
    """A wish to end a run early."""

    run_id: str


class Subscribe(msgspec.Struct):
    """Live events from now on, or a resume after the last event seen."""

    epoch: str | None = None
    after: int | None = None


class Ping(msgspec.Struct):
    """A sign of life that is answered with the same nonce."""

    nonce: str | int | float


Message = UserMessage | CancelRun | Subscribe | Ping
KINDS: dict[str, type[Message]] = {
    "user_message": UserMessage,
    "cancel_run": CancelRun,
    "subscribe": Subscribe,
    "ping": Ping,
}


def decode(text: str) -> Message:
    """Return the message in ``text``.

    Raises Rejected with ``invalid_json``, ``invalid_message`` or ``unknown_type``.
    """
    try:
        raw = msgspec.json.decode(text)
    except RecursionError:
        raise Rejected("invalid_json", "The message is nested too deeply.") from None
    except (msgspec.DecodeError, ValueError):
        raise Rejected("invalid_json", "The message is not valid JSON.") from None
    if not isinstance(raw, dict) or not isinstance(raw.get("type"), str):
        raise Rejected("invalid_message", "A message is an object with a type.")
    request_id = raw.get("request_id") if isinstance(raw.get("request_id"), str) else None
    kind = KINDS.get(raw["type"])
    if kind is None:
        raise Rejected("unknown_type", "There is no message of this type.", request_id)
    try:
        message = msgspec.convert(raw, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise Rejected("invalid_message", str(error)[:200], request_id) from None
    _check(message, request_id)
    return message


def request_id_of(text: str) -> str | None:
    """Return the request id in ``text`` if there is one, whatever else is wrong with it."""
    try:
        return msgspec.json.decode(text, type=Identified).request_id
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


class Identified(msgspec.Struct):
    """As much of a message as an error needs to name it."""

    request_id: str | None = None


def _check(message: Message, request_id: str | None) -> None:
    if isinstance(message, UserMessage):
        if not 1 <= len(message.request_id) <= 200:
            raise Rejected("invalid_message", "request_id has 1 to 200 characters.")
        if not message.content:
            raise Rejected("invalid_message", "content is empty.", request_id)
    if isinstance(message, Subscribe) and (message.epoch is None) != (message.after is None):
        raise Rejected("invalid_message", "A resume needs both epoch and after.")
