"""The records of a journal: what happened, in the order it happened, one JSON object a line.

`t` is seconds since the journal was opened, by the monotonic clock of the machine that ran the
suite; `Opened.wall` ties it to Unix time. `user` is a person of one scenario (`s07/Alice`), never a
bare name, so that two scenarios cannot be mistaken for each other.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TypeVar

import msgspec

from support.journal.facts import AnyFact
from support.journal.load_records import LoadBegan as LoadBegan
from support.journal.load_records import LoadEnded as LoadEnded
from support.journal.load_records import LoadProgress as LoadProgress
from support.journal.load_records import LoadShard as LoadShard
from support.journal.load_records import LoadViolation as LoadViolation
from support.journal.record import Record as Record

R = TypeVar("R", bound=Record)


class Opened(Record, tag="opened", frozen=True):
    """The first record: what is under test, and what `t` = 0 was in Unix seconds.

    `run_budget_s`: how long a run was given to end; 0 where an older journal does not say.
    """

    wall: float
    target: str
    environment: str
    dialect: str
    run_budget_s: float = 0.0


class DeploymentBuild(Record, tag="target_build", frozen=True):
    """What the deployment says it is, at the `start` or the `end` of the run.

    `version` is empty where it could not be read; `told` is false where the dialect names no place
    to read it from.
    """

    version: str
    moment: str = "start"
    target: str = ""
    told: bool = True


class ScenarioStarted(Record, tag="scenario_started", frozen=True):
    """A scenario begins. `under_load`: its figures do not describe normal service.

    `scenario_id` is the one that its outcome has, too.
    """

    name: str
    category: str
    scenario_id: str = ""
    tags: tuple[str, ...] = ()
    under_load: bool = False


#: How a scenario ended that the end of the run has hit: it is not assessed.
CUT_SHORT = "cut_short"


class StepEnded(Record, tag="step", frozen=True):
    """A step of the scenario was carried out; `status` is behave's word for how it ended."""

    text: str
    status: str
    took_ms: float


class ScenarioEnded(Record, tag="scenario_ended", frozen=True):
    """A scenario is over, its people gone. `status` is behave's word for it, or `CUT_SHORT`."""

    status: str


class ScenarioResult(Record, tag="scenario_result", frozen=True):
    """How a scenario ended when all was over, hooks and clean-ups too (`passed`, `failed`, …)."""

    scenario_id: str
    result: str


class SignedIn(Record, tag="signed_in", frozen=True):
    """A user holds tokens, or could not get any (`ok` false: `detail` says why).

    `status` is the HTTP status that refused them, if there was an answer. `reused`: with an account
    of an earlier run.
    """

    user: str
    ok: bool
    way: str
    reused: bool = False
    user_id: str | None = None
    took_ms: float = 0.0
    detail: str = ""
    status: int | None = None


class SameIdentityAs(Record, tag="known_as", frozen=True):
    """Somebody of an earlier scenario or run is a person of this one: accounts are used again."""

    user: str
    user_id: str


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


class AuthAnswer(Record, tag="auth_answer", frozen=True):
    """What the auth service answered to `user`. No token and no password is in it.

    `call` is `sign_up`, `sign_in` or `refresh`; `expect` is `granted` or `refused`, `means` how it
    was tried, in words for people. `granted`: it succeeded, tokens and all; `agreed`: it was turned
    down in the way such a backend says no. `another` and `same_user` compare a new access token
    with the one before it.
    """

    user: str
    call: str
    status: int | None
    expect: str = "granted"
    means: str = ""
    granted: bool = False
    agreed: bool = False
    another: bool | None = None
    same_user: bool | None = None
    detail: str = ""
    took_ms: float = 0.0


class PreludeCall(Record, tag="prelude", frozen=True):
    """An HTTP call that the dialect makes `before` a user's connections or `after` all of them."""

    user: str
    when: str
    call: str
    ok: bool
    status: int | None = None
    detail: str = ""
    took_ms: float = 0.0


class Frame(Record, tag="frame", frozen=True):
    """One message, `sent` by a user or `received` by one.

    `text` is redacted and cut to a bounded length; `mentions` names, over the uncut text, whose
    canaries and identifiers stand in it (`canary:s07/Alice`, `user:…`, `run:…`, `thread:…`).
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


class Fault(Record, tag="fault", frozen=True):
    """Something was done to the network; recorded only once it has really happened.

    `direction`: `to_service` or `to_user`, if it was done to one of them alone.
    """

    name: str
    connection: str
    user: str
    detail: str = ""
    direction: str = ""


class Arrived(Record, tag="arrived", frozen=True):
    """A connection came to the network between users and deployment; `let_in`: it was not refused.

    Whose it is nobody can tell from here; see `arrivals_of`.
    """

    number: int
    let_in: bool


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


class Queued(Record, tag="queued", frozen=True):
    """A request written without a connection waits; `refused` counts those without room."""

    user: str
    request_id: str
    size: int
    refused: int = 0


class DeadConnectionNoticed(Record, tag="line_lost", frozen=True):
    """The user's app has noticed by itself that its line is dead: `silent_s` without an answer."""

    connection: str
    user: str
    silent_s: float


class ReconnectScheduled(Record, tag="retrying", frozen=True):
    """A user's app will try to come back in `pause_s`; `after` says what went wrong before.

    `announced_s` of the pause is what the deployment itself has asked for.
    """

    user: str
    attempt: int
    pause_s: float
    announced_s: float = 0.0
    after: str = ""


class FailedFast(Record, tag="failed_fast", frozen=True):
    """An attempt was not made: the circuit breaker is open, and will be for `again_in_s`."""

    user: str
    again_in_s: float


class BreakerTransition(Record, tag="breaker_moved", frozen=True):
    """A user's circuit breaker went from one state to another (closed, open, half-open)."""

    user: str
    before: str
    after: str
    reason: str


class Reconnected(Record, tag="healed", frozen=True):
    """A user's app is back by itself, after so many attempts, and has caught up."""

    user: str
    attempts: int
    took_s: float


class ReconnectGaveUp(Record, tag="stopped_trying", frozen=True):
    """A user's app has given up coming back; `final`: no further attempt could have succeeded."""

    user: str
    attempts: int
    reason: str
    final: bool = False


class DuplicateDropped(Record, tag="repeated", frozen=True):
    """An event arrived that the user's app had shown already, and was not shown again."""

    user: str
    connection: str
    position: int
    epoch: str | None = None


class PoolAcquire(Record, tag="lent", frozen=True):
    """A user asked for a connection of theirs that was put aside; None: there was none for them."""

    user: str
    connection: str | None = None
    idle_s: float = 0.0


class WaitTimedOut(Record, tag="reconnect_gave_up", frozen=True):
    """A wait reached its deadline."""

    user: str
    waited_for: str
    limit_s: float


class Health(Record, tag="health", frozen=True):
    """An answer of the health endpoint (`http` None: there was none, `detail` says why)."""

    http: int | None
    healthy: bool = False
    status: str | None = None
    detail: str = ""
    took_ms: float = 0.0


class TlsCertificate(Record, tag="tls_certificate", frozen=True):
    """What an encrypted address shows of itself; `problems` are what browsers would refuse it for.

    `days_left` is None where nobody could read when it ends. `reached` false: `detail` says why.
    """

    address: str
    reached: bool
    version: str | None = None
    problems: tuple[str, ...] = ()
    days_left: float | None = None
    detail: str = ""


class TlsOffer(Record, tag="tls_offer", frozen=True):
    """An outdated version was offered, and `accepted` or not; None: it could not be tried."""

    address: str
    version: str
    accepted: bool | None = None
    detail: str = ""


class PlaintextAttempt(Record, tag="plain_knock", frozen=True):
    """Something was `asked` without encryption; `status` is None where no HTTP answer came.

    `to_safety`: the answer sends the caller to an encrypted address. `tried` false: nobody could be
    asked, `detail` says why.
    """

    address: str
    asked: str
    tried: bool
    status: int | None = None
    to_safety: bool = False
    detail: str = ""


class Control(Record, tag="control", frozen=True):
    """We stop, start or kill a part of the deployment: recorded as it begins and, `done`, as it
    ends.

    `part` is `chat`, `auth` or `store`. `unannounced`: such a backend tells nobody beforehand.
    """

    action: str
    part: str = "chat"
    unannounced: bool = False
    done: bool = False
    took_ms: float = 0.0


class LeftOut(Record, tag="left_out", frozen=True):
    """Safe mode did not do something: `what` is a kind of action, or a setting that was too large.

    In a scenario: it was skipped for that reason.
    """

    what: str
    why: str


class Announcing(Record, tag="announcing", frozen=True):
    """Somebody asked the deployment to tell everybody `words`: by what right, and what was
    answered.

    `allowed`: an operator did; `agreed`: this is how such a backend answers who is none.
    """

    user: str
    means: str
    words: str
    status: int | None
    allowed: bool = False
    agreed: bool = False


class Sample(Record, tag="sample", frozen=True):
    """A measured value: `target_memory_bytes`, `loop_lag_ms`, …

    `service` tells several bundled services of one run apart: each has a memory of its own.
    """

    name: str
    value: float
    service: int = 0


class HarnessError(Record, tag="harness_error", frozen=True):
    """The suite itself went wrong; nothing may be approved on such a journal."""

    what: str


AnyRecord = (
    Opened
    | DeploymentBuild
    | ScenarioStarted
    | StepEnded
    | ScenarioEnded
    | ScenarioResult
    | SignedIn
    | SameIdentityAs
    | Connecting
    | Connected
    | Refused
    | AnswerMentions
    | CanaryServerContacted
    | AuthAnswer
    | Frame
    | Implied
    | PreludeCall
    | Closed
    | Fault
    | Arrived
    | ProvokedClose
    | SlowHandshake
    | Fence
    | Heartbeat
    | Queued
    | DeadConnectionNoticed
    | ReconnectScheduled
    | FailedFast
    | BreakerTransition
    | Reconnected
    | ReconnectGaveUp
    | DuplicateDropped
    | PoolAcquire
    | WaitTimedOut
    | Health
    | TlsCertificate
    | TlsOffer
    | PlaintextAttempt
    | Control
    | LeftOut
    | Announcing
    | Sample
    | LoadBegan
    | LoadProgress
    | LoadShard
    | LoadViolation
    | LoadEnded
    | HarnessError
)

#: Words of ours that checks compare; all other text in a record may be somebody else's.
_OURS = frozenset(
    {
        *("connection", "user", "scenario", "category", "how", "by", "direction", "level"),
        *("scenario_id", "result", "moment"),
    }
)


def cleaned(record: R, redact: Callable[[str], str]) -> R:
    """`record` with every text in it redacted, by anyone. Frames come redacted already."""
    if isinstance(record, Frame):
        return record
    changed: dict[str, object] = {}
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if name in _OURS:
            continue
        if isinstance(value, str):
            clean: object = redact(value)
        elif isinstance(value, tuple):
            clean = tuple(redact(v) if isinstance(v, str) else v for v in value)
        else:
            continue
        if clean != value:
            changed[name] = clean
    return msgspec.structs.replace(record, **changed) if changed else record


_decoder: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)
_encoder = msgspec.json.Encoder()


def encode(record: Record) -> bytes:
    """One line of a journal file, without its newline; what UTF-8 cannot hold becomes `?`."""
    try:
        return _encoder.encode(record)
    except UnicodeEncodeError:  # a lone surrogate, out of a header or of somebody's careless JSON
        plain = json.dumps(msgspec.to_builtins(record), ensure_ascii=False)
        return plain.encode("utf-8", "replace")


def decode(line: bytes) -> AnyRecord:
    """The record on one line. Raises `msgspec.MsgspecError` for anything else."""
    try:
        return _decoder.decode(line)
    except (UnicodeDecodeError, RecursionError) as error:
        raise msgspec.DecodeError(str(error)) from error
