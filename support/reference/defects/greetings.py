"""Defects in what the greeting announces: numbers that no client may believe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from support.reference.connection import Connection
from support.reference.defects.catalogue import defect

GREETINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "huge-message-limit": ("a gigabyte as limit of a message", {"message_bytes": 1_000_000_000}),
    "negative-message-limit": ("a negative limit of a message", {"message_bytes": -5}),
    "endless-rate": ("a million messages a second", {"messages_per_s": 1_000_000}),
    "no-connections-announced": ("that nobody may connect", {"connections_per_user": 0}),
    "endless-history": ("that 2^53 events are kept", {"retained_events": 2**53}),
    "impossible-heartbeat": ("a heartbeat of 0 seconds", {"heartbeat_s": 0}),
    "impossible-position": ("a stream at position 2^53", {"position": 2**53}),
}


#: By name, what the greeting's time is and how it is made of the true one.
TIMES: dict[str, tuple[str, Callable[[float], float]]] = {
    "greeting-in-milliseconds": ("tells the time in milliseconds", lambda s: s * 1000),
    "greeting-without-time": ("says that it is 1970", lambda s: 0.0),
    "greeting-an-hour-ahead": ("is an hour ahead of the service's own clock", lambda s: s + 3600),
}


def _announcing(changed: dict[str, Any]) -> type[Connection]:
    class Announcing(Connection):
        def push(self, message: dict[str, Any]) -> None:
            if message.get("type") == "ready":
                message = {**message}
                for part in ("limits", "stream"):
                    known = {k: v for k, v in changed.items() if k in message[part]}
                    message[part] = {**message[part], **known}
                message |= {k: v for k, v in changed.items() if k in message}
            super().push(message)

    return Announcing


for _name, (_what, _changed) in GREETINGS.items():
    defect(_name, "G1", summary=f"The greeting announces {_what}")(_announcing(_changed))


def _telling(time_of: Callable[[float], float]) -> type[Connection]:
    class Telling(Connection):
        def push(self, message: dict[str, Any]) -> None:
            if message.get("type") == "ready":
                message = {**message, "server_time": time_of(message["server_time"])}
            super().push(message)

    return Telling


for _name, (_what, _time_of) in TIMES.items():
    defect(_name, "B1", summary=f"The greeting {_what}")(_telling(_time_of))
