"""What a dialect file of format 2 may say: its tables as typed data."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from support.dialects.endings import BrokenInput, ClosingRules, FloodRules, Refusal, UnreadRules
from support.dialects.values import (
    Count,
    Expr,
    Grace,
    Kind,
    Middle,
    Pace,
    Quiet,
    ResumeMode,
    Says,
    Seconds,
    Table,
)


class Field(Table):
    """A value: where it stands, what it must be, and whether it may be left out."""

    at: Expr
    is_: Kind | None = msgspec.field(default=None, name="is")
    optional: bool = False
    in_: list[Any] | None = msgspec.field(default=None, name="in")


class EventDefaults(Table):
    """What every rule for an event gets unless it says otherwise."""

    get: dict[str, Expr | Field] = {}


class Rule(Table):
    """A message for which `when` holds says a fact.

    The first rule that holds decides; with `more`, those after it are asked, too.
    """

    when: Expr
    says: Says
    get: dict[str, Expr | Field] = {}
    data: dict[str, Expr | Field] = {}
    set: dict[str, Any] = {}
    each: Expr | list[Expr] | None = None
    if_: Expr | None = msgspec.field(default=None, name="if")
    keep: dict[str, Expr] = {}
    more: bool = False
    once: bool = False
    reply: Any = None


class Call(Table):
    """One HTTP call: method and path, headers, JSON body, what means success, values to keep.

    `cookies` are kept of those that the answer sets.

    `success` empty: any status from 200 to 299. `refused` are the statuses that mean no.
    """

    get: str | None = None
    post: str | None = None
    put: str | None = None
    patch: str | None = None
    delete: str | None = None
    headers: dict[str, str] = {}
    body: Any = None
    success: list[int] = []
    refused: list[int] = []
    capture: dict[str, Expr] = {}
    cookies: dict[str, str] = {}
    scope: Literal["person", "connection"] = "person"

    def __post_init__(self) -> None:
        given = [m for m in METHODS if getattr(self, m) is not None]
        if len(given) != 1:
            raise ValueError(f"needs exactly one of {', '.join(METHODS)}, has {given or 'none'}")

    @property
    def method(self) -> str:
        """`GET`, `POST`, …"""
        return next(m for m in METHODS if getattr(self, m) is not None).upper()

    @property
    def path(self) -> str:
        """The template of the path."""
        given: list[str | None] = [getattr(self, m) for m in METHODS]
        return next(path for path in given if path is not None)

    def succeeded(self, status: int | None) -> bool:
        """True for a status that means success."""
        if status is None:
            return False
        return status in self.success if self.success else 200 <= status < 300


METHODS = ("get", "post", "put", "patch", "delete")


class Http(Table):
    """The HTTP side of a backend; what it lacks is None.

    `healthy`, `status` and `build` are read from the answer of `health`.
    """

    health: str | None = None
    healthy: Expr | None = None
    status: Expr | None = None
    build: Expr | None = None
    metrics: str | None = None
    memory_metric: str | None = None
    connections_metric: str | None = None
    keys: str | None = None
    announce: Call | None = None
    sign_up: Call | None = None
    sign_in: Call | None = None
    refresh: Call | None = None


class Way(Table):
    """One way to carry a token into the handshake."""

    headers: dict[str, str] = {}
    subprotocols: list[str] = []
    query: dict[str, str] = {}


class HandshakeRules(Table):
    """How a connection is opened and, by what is wrong with the caller, refused.

    `final` are the HTTP statuses after which the same caller need not try again.
    """

    path: str
    ways: dict[str, Way]
    selects: str | None = None
    allowed_origin: str | None = None
    refusals: dict[str, list[Refusal]] = {}
    final: list[int] = []


class Hello(Table):
    """One step of the dialogue after the handshake: send, wait for a message, keep values of it."""

    send: Any = None
    wait: Expr | None = None
    keep: dict[str, Expr] = {}
    when: Literal["always", "first", "again", "new", "back"] = "always"


class Frames(Table):
    """How messages lie in WebSocket frames. `ignore` are texts that mean nothing.

    `framing`, in place of all others: `socket.io`, or `file.py:Class` beside the dialect.
    """

    framing: str | None = None
    binary: Literal["refuse", "json", "ignore"] = "refuse"
    split: Literal["none", "lines", "rs", "sse", "batch"] = "none"
    ignore: list[str] = []


class Runs(Table):
    """The run a message belongs to; without `id`, the one under way for its user.

    `at_once`: so many questions of one user can be under way; None: any number. `lacks` are the
    required events that such a backend has no message for. `idempotent`: a question sent again
    under the same id runs once; with `retries_failed` it may run again where its run has failed.
    `accepted_by_all`: every device of a user is told of an
    acceptance; the first counts. `accepted_late`: it may come after the first events of its run.
    `devices`: "one" where a run is told to the connection alone that asked for it. `trailing` are
    events that may come up to `trailing_s` seconds after the end of their run. `deltas_per_s`:
    answers come in parts as they are written, at most so fast.
    """

    id: Expr | None = None
    at_once: Count | None = None
    idempotent: bool = False
    retries_failed: bool = False
    accepted_by_all: bool = False
    accepted_late: bool = False
    devices: Literal["all", "one"] = "all"
    lacks: list[Middle] = []
    trailing: list[Middle] = []
    trailing_s: Grace = 2.0
    deltas_per_s: Pace | None = None


class Send(Call):
    """How an intention is sent: a `message` over the WebSocket, or an HTTP call.

    `then` are messages that follow it over the WebSocket, after the answer where it is a call.
    """

    message: Any = None
    then: list[Any] = []

    def __post_init__(self) -> None:
        if self.message is None:
            super().__post_init__()
        elif any(getattr(self, m) is not None for m in METHODS):
            raise ValueError("has both a message and an HTTP call")


class After(Send):
    """What removes what a user has left behind: a call, or a last message over the WebSocket.

    `wait` is met by the answer to the message; without it nobody knows whether it was read.
    """

    wait: Expr | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.message is None and self.wait is not None:
            raise ValueError("has a wait for a message, and none is sent")


class Fence(Table):
    """What proves that all has arrived that was sent before.

    `ordered`: the answer to a ping. Else `quiet_s` seconds in which nothing arrives, which is
    weaker, and marked so.
    """

    ordered: bool = True
    quiet_s: Quiet = 1.0


class Resume(Table):
    """What a client gets that comes back: nothing, live events, a snapshot, all, or what it missed.

    `cursor` is where a message has the opaque position that is handed back, `cursor_of` what it is
    a position in; `inclusive`: the event of that position comes again. `start` is the place of a
    device that has read nothing yet. `again`: a connection may ask before it subscribes, and
    subscribe again.
    """

    mode: ResumeMode = "none"
    start: int | str | None = None
    cursor: Expr | None = None
    cursor_of: Literal["stream", "run"] = "stream"
    query: dict[str, str] = {}
    inclusive: bool = False
    again: bool = False

    @property
    def sends_once(self) -> bool:
        """True where a device is sent no event a second time."""
        return self.mode in ("none", "live", "cursor") and not self.inclusive

    @property
    def tells_again(self) -> bool:
        """True where a device that comes back is told what it has been told before."""
        return self.inclusive or self.mode in ("snapshot", "replay_all")

    def forgets(self, *, void: bool) -> bool:
        """True where a device that comes back is promised nothing of what it has missed.

        `void`: it was told that it has no place to come back to.
        """
        return self.mode in ("none", "live") or (void and self.start is None)


class Budgets(Table):
    """How slow such a backend may be, in seconds; None: as the environment says."""

    connect_s: Seconds | None = None
    answer_s: Seconds | None = None
    warm_up_s: Seconds | None = None


class TokenShape(Table):
    """What a valid token of this backend looks like, for environments that let us sign.

    A list is signed as a list. `claims` are whatever else a valid token says.
    """

    algorithm: str
    issuer: str | None = None
    audience: str | list[str] | None = None
    scope: str | list[str] | None = None
    operator_scope: str | list[str] | None = None
    reader_scope: str | list[str] | None = None
    other_scopes: list[str | list[str]] = []
    claims: dict[str, Any] = {}
    access_type: str | None = None
    refresh_type: str | None = None
    type_claim: str | None = None


class DialectData(Table):
    """A dialect file, as it stands."""

    format: Literal[2]
    name: str
    handshake: HandshakeRules
    send: dict[
        Literal["ask", "go_on", "cancel", "ping", "fence", "subscribe", "resume"],
        Send,
    ]
    read: list[Rule]
    about: str = ""
    identity: Literal["own", "shared"] = "own"
    cannot: dict[str, str] = {}
    variables: dict[str, str] = {}
    required: dict[str, str] = {}
    http: Http = msgspec.field(default_factory=Http)
    before: list[Call] = []
    after: list[After] = []
    hello: list[Hello] = []
    signature: str | None = None
    frames: Frames = msgspec.field(default_factory=Frames)
    runs: Runs = msgspec.field(default_factory=Runs)
    event: EventDefaults = msgspec.field(default_factory=EventDefaults)
    fence: Fence = msgspec.field(default_factory=Fence)
    resume: Resume = msgspec.field(default_factory=Resume)
    budgets: Budgets = msgspec.field(default_factory=Budgets)
    prompts: dict[str, str] = {}
    answers: dict[str, list[str]] = {}
    failures: dict[str, str] = {}
    results: dict[str, dict[str, str]] = {}
    tokens: TokenShape | None = None
    closing: ClosingRules = msgspec.field(default_factory=ClosingRules)
    flood: FloodRules | None = None
    unread: UnreadRules | None = None
    not_recovered: dict[str, list[str]] = {}
    broken: dict[str, BrokenInput] = {}
    codes: dict[str, list[str]] = {}
    claims: dict[str, dict[str, Any]] = {}

    def not_asked(self, kind: str) -> str | None:
        """Why that kind of question is not asked; None where it is."""
        if kind not in self.prompts:
            return f"the dialect has no {kind} prompt"
        if kind == "page" and kind not in self.answers:
            return "[answers] has no words of a page's answer: nothing shows that it arrives whole"
        return None

    @property
    def positions_count(self) -> bool:
        """False where events that a device has had come again unasked, and so do their places."""
        return "subscribe" in self.send or not self.resume.tells_again
