"""What a rule can say: the canonical facts, their fields, and what each field must be."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from support.dialects.values import Kind
from support.journal import facts

NOTHING = "nothing"

_EVENT: dict[str, Kind] = {
    "id": "text",
    "position": "integer",
    "epoch": "text",
    "run_id": "text",
    "thread_id": "text",
    "user_id": "text",
    "timestamp": "number",
    "data": "object",
}
#: What each event's data holds, by its type.
EVENT_DATA: dict[str, dict[str, Kind]] = {
    facts.STARTED: {"agent": "text", "request": "anything"},
    facts.THINKING: {"text": "string", "step": "anything"},
    facts.TOOL_EXECUTING: {"tool": "text", "call_id": "text", "arguments": "anything"},
    facts.TOOL_COMPLETED: {
        "tool": "text",
        "call_id": "text",
        "result": "present",
        "ok": "boolean",
        "duration_ms": "number",
    },
    facts.COMPLETED: {"response": "string", "status": "text", "duration_ms": "number"},
    facts.DELTA: {"text": "string", "part": "anything"},
    facts.FAILED: {"code": "text", "message": "string"},
}
#: The values that some of them are limited to.
LIMITED: dict[tuple[str, str], list[Any]] = {
    (facts.COMPLETED, "status"): ["succeeded", "cancelled", "paused"],
}
#: What each fact holds, by the word a rule says.
FIELDS: dict[str, dict[str, Kind]] = {
    "ready": {
        "user_id": "text",
        "connection_id": "text",
        "server_time": "number",
        "heartbeat_s": "number",
        "epoch": "text",
        "position": "integer",
        "message_bytes": "integer",
        "messages_per_s": "number",
        "connections_per_user": "integer",
        "retained_events": "integer",
    },
    "accepted": {
        "request_id": "text",
        "run_id": "text",
        "thread_id": "text",
        "duplicate": "boolean",
    },
    "turn": {"run_id": "text"},
    "event": {"type": "text", **_EVENT},
    **dict.fromkeys(EVENT_DATA, _EVENT),
    "announcement": {"message": "text", "owned": "boolean"},
    "subscribed": {
        "recovered": "boolean",
        "first": "integer",
        "last": "integer",
        "count": "integer",
        "reason": "text",
    },
    "pong": {"nonce": "text", "server_time": "number"},
    "rejected": {"code": "text", "message": "text", "request_id": "text"},
    "closing": {"reason": "text", "retry_after_s": "number", "time_left_s": "number"},
    "handle": {"cursor": "string", "valid": "boolean"},
    "ignored": {"type": "text", "position": "integer", "epoch": "text"},
    NOTHING: {},
}
#: The class of each fact.
FACTS: dict[str, Callable[..., facts.AnyFact]] = {
    "ready": facts.Ready,
    "accepted": facts.Accepted,
    "turn": facts.Turn,
    "event": facts.Event,
    **dict.fromkeys(EVENT_DATA, facts.Event),
    "announcement": facts.Announcement,
    "subscribed": facts.Subscribed,
    "pong": facts.Pong,
    "rejected": facts.Rejected,
    "closing": facts.Closing,
    "handle": facts.Handle,
    "ignored": facts.Ignored,
}


def is_event(says: str) -> bool:
    """True where a rule says an event of a run."""
    return says == "event" or says in EVENT_DATA


def wrong(value: Any, kind: Kind, allowed: list[Any] | None) -> tuple[Any, str]:
    """The value as it counts (None when it is of the wrong kind), and what is wrong with it."""
    if not _KINDS[kind](value):
        return None, f"should be {_WORDS[kind]}, was {json.dumps(value, default=str)[:40]}"
    if allowed is not None and value not in allowed:
        return value, f"should be one of {', '.join(map(str, allowed))}"
    return value, ""


def _is_number(value: Any) -> bool:
    """True for what JSON calls a number and a float can hold."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and abs(value) <= sys.float_info.max


_KINDS: Mapping[Kind, Callable[[Any], bool]] = {
    "text": lambda v: isinstance(v, str) and v != "",
    "string": lambda v: isinstance(v, str),
    "number": _is_number,
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "boolean": lambda v: isinstance(v, bool),
    "object": lambda v: isinstance(v, dict),
    "anything": lambda v: v is not None and v != "",
    "present": lambda v: True,
}
_WORDS: Mapping[Kind, str] = {
    "text": "a text that is not empty",
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": "an object",
    "anything": "given",
    "present": "there",
}
