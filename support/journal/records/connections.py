"""Handshakes, messages and ends of the connections, and what was found out over them."""

from __future__ import annotations

from support.journal.facts import AnyFact
from support.journal.records.record import Record


class Connecting(Record, tag="connecting", frozen=True):
    """A handshake begins. `expect` is `admitted`, or `refused` for what must be kept out.

    `token_ends` is when its token ends, in Unix seconds by the deployment's clock, if that is soon.
    `hoped` is an app's own attempt to come back: the network may be away, and nobody to blame.
    It is `either` where both would be right at that moment. `flaw` is what one is to be refused
    for, as dialects name it: `token`, `origin`, or `room` for a user's own connection too many.
    """

    connection: str
    user: str
    expect: str = "admitted"
    means: str = ""
    flaw: str = ""
    token_ends: float | None = None


class Connected(Record, tag="connected", frozen=True):
    """The handshake succeeded (101). `subprotocol` is what the deployment selected, `agreed` or
    not.

    `keep_alive` is what the answer's header of that name says of time-outs on the way, if anything.
    `echoed` names the places of the answer in which the user's own token came back, `mentions` are
    as in `Frame`, of its headers.
    """

    connection: str
    user: str
    took_ms: float
    subprotocol: str | None = None
    agreed: bool = True
    keep_alive: str | None = None
    echoed: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()


class Refused(Record, tag="refused", frozen=True):
    """No conversation came about: `how` is `http`, `close`, `network`, `timeout` or `protocol`.

    Also `error` (a message) or `silence`, where the client then asked a question in vain.

    `agreed` is true when this is the way in which such a backend says no (its dialect knows);
    `echoed` as in `Connected`.
    """

    connection: str
    user: str
    how: str
    status: int | None = None
    agreed: bool = False
    detail: str = ""
    took_ms: float = 0.0
    echoed: tuple[str, ...] = ()


class AnswerMentions(Record, tag="answer_mentions", frozen=True):
    """An HTTP answer to `user` has somebody's secrets or e-mail addresses in its headers or body.

    `user` is empty where anyone gets that answer. `where`: which answer it was, for people.
    `mentions` as in `Frame`, without the user's own and without addresses that they had sent.
    """

    where: str
    user: str = ""
    connection: str = ""
    mentions: tuple[str, ...] = ()


class CanaryServerContacted(Record, tag="contacted", frozen=True):
    """Somebody came to an address of ours that stood in a token of `user` and nowhere else."""

    user: str
    what: str


class Frame(Record, tag="frame", frozen=True):
    """One message, `sent` by a user or `received` by one.

    `text` is redacted and cut to a bounded length; `mentions` names, over the uncut text, whose
    canaries and identifiers stand in it (`canary:s07/Alice`, `user:…`, `run:…`, `thread:…`).
    `size` is in bytes, as the message was before compression.
    `http`: the answer to a call that a user made; what arrives on the connection may overtake it.
    `unsure_ms`: it may have arrived so much earlier than `t` says; None where nobody knows.
    """

    connection: str
    user: str
    direction: str
    size: int
    text: str
    facts: tuple[AnyFact, ...] = ()
    mentions: tuple[str, ...] = ()
    http: bool = False
    unsure_ms: float | None = None


class Implied(Frame, tag="implied", frozen=True):
    """No message at all: facts that follow, by the dialect, from what was done or has happened.

    A deployment without a greeting has let a user in once the handshake is over.
    """


class Closed(Record, tag="closed", frozen=True):
    """A connection ended. `by` is `user`, `deployment`, `fault` or `network` (no close frame).

    `causes`: what the deployment closes with this code for, by the dialect: `restart`, `silent`, …
    """

    connection: str
    user: str
    by: str
    code: int | None = None
    reason: str = ""
    causes: tuple[str, ...] = ()

    @property
    def ended_by(self) -> str:
        """Who ended it, in the words of the reports: journals say `target` for the deployment."""
        return "deployment" if self.by == "target" else self.by


class ProvokedClose(Record, tag="provoking", frozen=True):
    """The user begins, or is `done` with, what the deployment may well end the connection for.

    It may do so with one of the codes in `close` or, where `bare`, without any close frame.
    """

    connection: str
    user: str
    what: str
    close: tuple[int, ...] = ()
    bare: bool = False
    done: bool = False


class SlowHandshake(Record, tag="slow_handshake", frozen=True):
    """A handshake that never came to its end: `sent` bytes in so many `pieces`, in `lasted_s`.

    `cut`: the deployment ended it; else we gave up. `status` is the HTTP status it gave, if any.
    """

    user: str
    way: str
    sent: int
    pieces: int
    lasted_s: float
    cut: bool
    status: int | None = None


class Fence(Record, tag="fence", frozen=True):
    """A round trip after which everything sent to this connection before it has arrived.

    `quiet`: where no round trip proves that, a time in which nothing came instead; it is weaker.
    """

    connection: str
    user: str
    held: bool
    took_ms: float = 0.0
    quiet: bool = False


class Heartbeat(Record, tag="heartbeat", frozen=True):
    """A ping of `level` (`application` or `protocol`) and whether its own answer came."""

    connection: str
    user: str
    level: str
    answered: bool
    took_ms: float = 0.0


class WaitTimedOut(Record, tag="reconnect_gave_up", frozen=True):
    """A wait reached its deadline."""

    user: str
    waited_for: str
    limit_s: float


ConnectionRecord = (
    Connecting
    | Connected
    | Refused
    | AnswerMentions
    | CanaryServerContacted
    | Frame
    | Implied
    | Closed
    | ProvokedClose
    | SlowHandshake
    | Fence
    | Heartbeat
    | WaitTimedOut
)
