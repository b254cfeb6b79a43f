"""What the service says, in the words of the GraphQL format. Pure functions."""

from __future__ import annotations

from typing import Any

from support.reference.formats.inner import cursor_of, renamed

Frame = dict[str, Any]

EVENTS = {
    "agent_started": "Began",
    "agent_thinking": "Thought",
    "tool_executing": "ToolCall",
    "tool_completed": "ToolResult",
    "agent_completed": "Answer",
    "agent_failed": "Failure",
}
FIELDS = {"run_id": "task", "thread_id": "topic", "user_id": "owner"}
DATA = {"call_id": "callId", "duration_ms": "tookMs", "code": "errorCode"}


def beginning(greeting: Frame, answer: Frame, after: object) -> Frame:
    """Return how a subscription begins: whether the cursor ``after`` was good, and where it is."""
    stream, good = greeting["stream"], answer.get("recovered")
    return {
        "cursor": after if after and good else cursor_of(stream["epoch"], stream["position"]),
        "resumed": good if after else None,
        "reason": answer.get("reason"),
        "me": greeting["user_id"],
        "now": greeting["server_time"] * 1000,
    }


def notice(frame: Frame) -> Frame:
    """Return an announcement."""
    data = frame.get("data") or {}
    about = {k: v for k, v in frame.items() if k not in ("type", "data", "timestamp")}
    return {"at": frame.get("timestamp", 0) * 1000, **data, **renamed(about, FIELDS)}


def accepted(frame: Frame) -> Frame:
    """Return the value of the mutation that asks."""
    answer = {k: v for k, v in frame.items() if k not in ("type", "request_id")}
    return renamed(answer, {**FIELDS, "duplicate": "again"})


def pong(frame: Frame) -> Frame:
    """Return the answer to a ping."""
    now = frame.get("server_time", 0) * 1000
    return {"type": "pong", "payload": {"nonce": frame.get("nonce"), "now": now}}


def error(id_: str, frame: Frame) -> Frame:
    """Return the refusal of an operation."""
    told = {"message": frame.get("message"), "extensions": {"code": frame.get("code")}}
    return {"type": "error", "id": id_, "payload": [told]}


def done(id_: str, data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the answer to a mutation and its end."""
    return [
        {"type": "next", "id": id_, "payload": {"data": data}},
        {"type": "complete", "id": id_},
    ]


def event(frame: Frame) -> Frame:
    """Return an event in this format: flat, with a cursor and times in milliseconds."""
    frame = dict(frame)
    name = EVENTS[frame.pop("type")]
    cursor = cursor_of(frame.pop("epoch", ""), frame.pop("event_id", ""))
    if isinstance(frame.get("timestamp"), int | float):
        frame["at"] = frame.pop("timestamp") * 1000
    data = frame.pop("data", None)
    flat = renamed(data, DATA) if isinstance(data, dict) else {}
    return {"__typename": name, "cursor": cursor, **renamed(frame, FIELDS), **flat}
