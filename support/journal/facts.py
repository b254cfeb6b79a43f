"""What a frame says, in the suite's own words: the canonical facts a dialect reads out of it.

Wire formats differ from backend to backend; these do not. A dialect turns each native frame into
zero or more facts, the journal stores them beside the frame, and checks speak of nothing else.
Times are Unix seconds by the deployment's clock unless they end in `_ms`.
"""

from __future__ import annotations

from typing import Any

import msgspec

#: The canonical agent events, in the words every feature uses.
STARTED = "agent_started"
THINKING = "agent_thinking"
TOOL_EXECUTING = "tool_executing"
TOOL_COMPLETED = "tool_completed"
COMPLETED = "agent_completed"
FAILED = "agent_failed"
#: A part of the answer, on its way to `COMPLETED`.
DELTA = "delta"

REQUIRED_EVENTS = (STARTED, THINKING, TOOL_EXECUTING, TOOL_COMPLETED, COMPLETED)
TERMINAL_EVENTS = (COMPLETED, FAILED)

#: The code of an `agent_failed` that ends a run which a crash of the service has interrupted.
INTERRUPTED = "interrupted"


class Fact(
    msgspec.Struct, tag_field="fact", kw_only=True, frozen=True, omit_defaults=True, gc=False
):
    """Something one frame says. `problems` names what the dialect found missing or wrong in it."""

    problems: tuple[str, ...] = ()


# --- what the deployment says


class Ready(Fact, tag="ready", frozen=True):
    """The connection is established and signed in: the deployment's greeting.

    `follows`: events come without a subscription, those from now on (`live`) or those after the
    position that the device has told (`resumed`). `anew`: the device was connected before, and what
    it has missed is promised to nobody.
    """

    user_id: str | None = None
    connection_id: str | None = None
    server_time: float | None = None
    heartbeat_s: float | None = None
    epoch: str | None = None
    position: int | None = None
    message_bytes: int | None = None
    messages_per_s: float | None = None
    connections_per_user: int | None = None
    retained_events: int | None = None
    follows: str = ""
    anew: bool = False


class Accepted(Fact, tag="accepted", frozen=True):
    """A request was taken: here is the run that will answer it.

    `lacks` are the required events that such a backend has no word for; `late`: it may come after
    the first events of its run. `deltas_per_s`: the parts of its answer come at most so fast.
    """

    request_id: str | None = None
    run_id: str | None = None
    thread_id: str | None = None
    duplicate: bool = False
    lacks: tuple[str, ...] = ()
    late: bool = False
    deltas_per_s: float | None = None


class Turn(Fact, tag="turn", frozen=True):
    """The deployment starts a run by itself, which nobody asked for."""

    run_id: str | None = None


class Event(Fact, tag="event", frozen=True):
    """One agent event of a run; `position` is its place in the user's stream (None: no streams).

    `id` is the event's own, where the backend gives it one: the same again is a replay, or, where
    the backend replays nothing that a device has had, a double (`once`). `trailing_s`: it came
    after the end of its run, and may come so many seconds after it.
    """

    type: str
    id: str | None = None
    once: bool = False
    position: int | None = None
    epoch: str | None = None
    run_id: str | None = None
    thread_id: str | None = None
    user_id: str | None = None
    timestamp: float | None = None
    data: dict[str, Any] = {}
    trailing_s: float = 0.0

    @property
    def ends_run(self) -> bool:
        """True for the last event of a run."""
        return self.type in TERMINAL_EVENTS


class Announcement(Fact, tag="announcement", frozen=True):
    """A message to everybody. `owned`: it came as somebody's own event, which it must not."""

    message: str = ""
    owned: bool = False


class Subscribed(Fact, tag="subscribed", frozen=True):
    """The answer to a subscription: the missed follow, `first` to `last`, then live events."""

    recovered: bool | None = None
    first: int | None = None
    last: int | None = None
    count: int | None = None
    reason: str | None = None


class Pong(Fact, tag="pong", frozen=True):
    """The answer to a ping."""

    nonce: str | None = None
    server_time: float | None = None


class Rejected(Fact, tag="rejected", frozen=True):
    """A request was rejected with a structured error; the connection stays open.

    `keys` are the names of all its fields: a refusal can tell something by having one more.
    """

    code: str | None = None
    message: str | None = None
    request_id: str | None = None
    keys: tuple[str, ...] = ()


class Closing(Fact, tag="closing", frozen=True):
    """The deployment says that it is about to go away, and when to come back.

    With `time_left_s` only this connection ends, not before so many seconds: its user comes back at
    once.
    """

    reason: str | None = None
    retry_after_s: float | None = None
    time_left_s: float | None = None


class Handle(Fact, tag="handle", frozen=True):
    """What the device is to come back by, in the place of what it had.

    With none, or one that is not `valid`, it has nothing, and begins anew when it comes back.
    """

    cursor: str | None = None
    valid: bool = True


class Ignored(Fact, tag="ignored", frozen=True):
    """A well-formed message this dialect has no use for.

    `position` and `epoch`: it takes a place in the user's stream all the same, as an event does.
    """

    type: str = ""
    position: int | None = None
    epoch: str | None = None


class Challenge(Fact, tag="challenge", frozen=True):
    """A message that such a backend sends to everyone before it asks who they are."""


class TurnedAway(Fact, tag="turned_away", frozen=True):
    """The message by which such a backend refuses a caller; the connection may stay open."""


#: What does not show that a caller is in.
ADMITS_NOBODY = (TurnedAway, Challenge, Ignored)


class Unreadable(Fact, tag="unreadable", frozen=True):
    """Bytes that are no message of this dialect at all."""

    why: str


# --- what a user says


class Asked(Fact, tag="asked", frozen=True):
    """A user's request to the agent; `answer` are words that a right answer contains.

    `ends` is how its run should end: `succeeded`, or `failed` for what cannot be done. `results`
    has, by the name of a tool, a word of that tool's result.
    """

    request_id: str
    ends: str = "succeeded"
    answer: tuple[str, ...] = ()
    thread_id: str | None = None
    results: dict[str, str] = {}


class Pinged(Fact, tag="pinged", frozen=True):
    """An application-level ping."""

    nonce: str


class Cancelling(Fact, tag="cancelling", frozen=True):
    """A user's wish to end a run early."""

    run_id: str


class MalformedSent(Fact, tag="broken", frozen=True):
    """Something no well-behaved client sends; `what` in words for people.

    It must be rejected with one of the codes in `rejected`, or by a close with one of `close`; by
    the end of the connection (`drop`), or by no answer at all (`ignored`), where that is allowed.
    """

    what: str
    rejected: tuple[str, ...] = ()
    close: tuple[int, ...] = ()
    drop: bool = False
    ignored: bool = False


class Subscribing(Fact, tag="subscribing", frozen=True):
    """A subscription: live only, or resuming after `after` in `epoch`."""

    epoch: str | None = None
    after: int | None = None


class IdentityClaimed(Fact, tag="claimed", frozen=True):
    """Besides what else it says, the message claims to come from another user, in `where`."""

    where: str


class AccessAttempted(Fact, tag="reaching", frozen=True):
    """A message for what its sender has no right to: a `run`, a `thread`, a `stream`, or to `talk`.

    `given` is the id in it. `whose` it is, in words for people; empty for an id that is made up, in
    the form of a real one, to have an answer to compare with.
    """

    what: str
    given: str = ""
    whose: str = ""


class ProtocolMessage(Fact, tag="protocol", frozen=True):
    """What the protocol itself asks a client to send: a step of the `hello`, or a `reply`."""

    what: str


AnyFact = (
    Ready
    | Accepted
    | Turn
    | Event
    | Announcement
    | Subscribed
    | Pong
    | Rejected
    | Closing
    | Handle
    | Ignored
    | Challenge
    | TurnedAway
    | Unreadable
    | Asked
    | Pinged
    | Cancelling
    | MalformedSent
    | Subscribing
    | IdentityClaimed
    | AccessAttempted
    | ProtocolMessage
)
