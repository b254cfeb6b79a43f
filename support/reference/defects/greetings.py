"""Defects in what the greeting announces: numbers that no client may believe."""

from __future__ import annotations

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
