"""What a value in a dialect file may be, by type and bounds."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec


class Table(msgspec.Struct, forbid_unknown_fields=True):
    """A table of the file: unknown keys in it are errors."""


#: What a value must be. `text` is not empty; `anything` is given and not empty; `present` may be
#: null.
Kind = Literal["text", "string", "number", "integer", "boolean", "object", "anything", "present"]
Expr = str
#: Bounds: a limit without any could hold whatever happens.
Seconds = Annotated[float, msgspec.Meta(ge=0.01, le=3600)]
Grace = Annotated[float, msgspec.Meta(ge=0, le=60)]
Silence = Annotated[float, msgspec.Meta(ge=0.5, le=60)]
Quiet = Annotated[float, msgspec.Meta(ge=0.1, le=60)]
#: Words come as fast as that, not faster.
Pace = Annotated[float, msgspec.Meta(ge=1, le=1000)]
Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
Status = Annotated[int, msgspec.Meta(ge=200, le=599)]
Age = Annotated[float, msgspec.Meta(ge=10, le=604_800)]
CloseCode = Annotated[int, msgspec.Meta(ge=1000, le=4999)]
Says = Literal[
    "ready",
    "accepted",
    "turn",
    "event",
    "agent_started",
    "agent_thinking",
    "tool_executing",
    "tool_completed",
    "agent_completed",
    "agent_failed",
    "delta",
    "announcement",
    "subscribed",
    "pong",
    "rejected",
    "closing",
    "handle",
    "ignored",
    "nothing",
]
#: What can be asked: the keys of `[prompts]`, `[answers]`, `[failures]` and `[results]`.
QUESTION_KINDS = (
    *("plain", "tool", "tools", "brief", "slow", "slower", "slowest", "failing"),
    *("keep", "recall", "page", "long", "steps"),
)
#: What a deployment may lack, and `[cannot]` can give a reason for.
CAPABILITIES = (
    *("streams", "resume", "replay", "resubscribe", "idempotent", "positions", "clock"),
    *("own_identity", "restart_notice", "application_ping", "health", "metrics"),
    *("announcements", "issue_tokens", "forge_tokens", "restart", "auth_outage", "store_outage"),
    *("handshake_deadline", "tls", "chaos", "p99_latency"),
)
#: The events between the first and the last of a run.
Middle = Literal["agent_thinking", "tool_executing", "tool_completed"]
ResumeMode = Literal["none", "live", "snapshot", "replay_all", "position", "cursor", "session"]
