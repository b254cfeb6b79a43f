"""The records of a journal: what happened, in the order it happened, one JSON object a line.

`t` is seconds since the journal was opened, by the monotonic clock of the machine that ran the
suite; `Opened.wall` ties it to Unix time. `user` is a person of one scenario (`s07/Alice`), never a
bare name, so that two scenarios can not be mistaken for each other.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TypeVar

import msgspec

from support.journal.facts import AnyFact

R = TypeVar("R", bound="Record")


class Record(msgspec.Struct, tag_field="kind", kw_only=True, frozen=True, omit_defaults=True):
    """Anything that happened. `seq` counts records from 1; `scenario` is empty outside of one."""

    t: float
    seq: int = 0
    scenario: str = ""


class Opened(Record, tag="opened", frozen=True):
    """The first record: what is under test, and what `t` = 0 was in Unix seconds."""

    wall: float
    target: str
    environment: str
    dialect: str


class TargetBuild(Record, tag="target_build", frozen=True):
    """What the target says it is."""

    version: str


class ScenarioStarted(Record, tag="scenario_started", frozen=True):
    """A scenario begins. `under_fault`/`under_load`: its figures do not describe normal service."""

    name: str
    category: str
    tags: tuple[str, ...] = ()
    under_fault: bool = False
    under_load: bool = False


class ScenarioEnded(Record, tag="scenario_ended", frozen=True):
    """A scenario is over, its people gone."""

    status: str


class SignedIn(Record, tag="signed_in", frozen=True):
    """A user holds tokens, or could not get any (`ok` false: `detail` says why)."""

    user: str
    ok: bool
    way: str
    user_id: str | None = None
    took_ms: float = 0.0
    detail: str = ""


class KnownAs(Record, tag="known_as", frozen=True):
    """Somebody of an earlier scenario is a person of this one: given users are met again."""

    user: str
    user_id: str


class Connecting(Record, tag="connecting", frozen=True):
    """A handshake begins. `expect` is `admitted`, or `refused` for what must be kept out."""

    connection: str
    user: str
    expect: str = "admitted"
    means: str = ""


class Connected(Record, tag="connected", frozen=True):
    """The handshake succeeded (101). `subprotocol` is what the target selected, `agreed` or not.

    `keep_alive` is what the answer's header of that name says of time-outs on the way, if anything.
    """

    connection: str
    user: str
    took_ms: float
    subprotocol: str | None = None
    agreed: bool = True
    keep_alive: str | None = None


class Refused(Record, tag="refused", frozen=True):
    """No conversation came about: `how` is `http`, `close`, `network`, `timeout` or `protocol`.

    `agreed` is true when this is the way in which such a backend says no (its dialect knows).
    """

    connection: str
    user: str
    how: str
    status: int | None = None
    agreed: bool = False
    detail: str = ""
    took_ms: float = 0.0


class Frame(Record, tag="frame", frozen=True):
    """One message, `sent` by a user or `received` by one.

    `text` is redacted and cut to a bounded length; `mentions` names, over the uncut text, whose
    canaries and identifiers stand in it (`canary:s07/Alice`, `user:…`, `run:…`, `thread:…`).
    """

    connection: str
    user: str
    direction: str
    size: int
    text: str
    facts: tuple[AnyFact, ...] = ()
    mentions: tuple[str, ...] = ()


class Closed(Record, tag="closed", frozen=True):
    """A connection ended. `by` is `user`, `target`, `fault` or `network` (no close frame)."""

    connection: str
    user: str
    by: str
    code: int | None = None
    reason: str = ""


class Fault(Record, tag="fault", frozen=True):
    """Something was done to the network; `fired` only once it has really happened."""

    name: str
    connection: str
    user: str
    detail: str = ""


class Fence(Record, tag="fence", frozen=True):
    """A round trip after which everything sent to this connection before it has arrived."""

    connection: str
    user: str
    held: bool
    took_ms: float = 0.0


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


class LineLost(Record, tag="line_lost", frozen=True):
    """The user's app has noticed by itself that its line is dead: `silent_s` without an answer."""

    connection: str
    user: str
    silent_s: float


class GaveUp(Record, tag="gave_up", frozen=True):
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


class PlainKnock(Record, tag="plain_knock", frozen=True):
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
    """We stop, start or kill the chat backend: recorded as it begins and, `done`, when it ends."""

    action: str
    done: bool = False
    took_ms: float = 0.0


class Sample(Record, tag="sample", frozen=True):
    """A measured value: `target_memory_bytes`, `loop_lag_ms`, …"""

    name: str
    value: float


class HarnessError(Record, tag="harness_error", frozen=True):
    """The suite itself went wrong; nothing may be approved on such a journal."""

    what: str


AnyRecord = (
    Opened
    | TargetBuild
    | ScenarioStarted
    | ScenarioEnded
    | SignedIn
    | KnownAs
    | Connecting
    | Connected
    | Refused
    | Frame
    | Closed
    | Fault
    | Fence
    | Heartbeat
    | Queued
    | LineLost
    | GaveUp
    | Health
    | TlsCertificate
    | TlsOffer
    | PlainKnock
    | Control
    | Sample
    | HarnessError
)

#: Words of ours that checks compare; all other text in a record may be somebody else's.
_OURS = frozenset({"connection", "user", "scenario", "category", "how", "by", "direction", "level"})


def cleaned(record: R, redact: Callable[[str], str]) -> R:
    """`record` with every text in it redacted, whoever wrote it. Frames come redacted already."""
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
    """One line of a journal file, without its newline; what UTF-8 can not hold becomes `?`."""
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
