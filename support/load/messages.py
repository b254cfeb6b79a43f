"""What coordinator and workers say to each other: one JSON object a line, over a worker's pipes."""

from __future__ import annotations

import msgspec

from support.journal.shard_report import ShardReport
from support.load.plan import Shard


class Account(msgspec.Struct, frozen=True):
    """A user of a shard: the id the deployment knows them by, their token and their secret."""

    number: int
    user_id: str | None
    token: str
    canary: str

    @property
    def name(self) -> str:
        """As reports name them."""
        return f"load/User{self.number}"


class Setup(msgspec.Struct, tag="setup", kw_only=True, frozen=True):
    """All that a worker needs of the deployment, and its shard.

    `dialect` is a name or the path of a file, `base` and `own_path` are as in `socket_address`,
    `variables` what the environment says in the place of the dialect's own.
    `others` are users of other shards, whose secrets must not be seen here.
    """

    shard: Shard
    accounts: list[Account]
    dialect: str
    base: str
    own_path: str
    variables: dict[str, str]
    ca_file: str | None
    connect_s: float
    run_budget_s: float
    most_bytes: int
    others: list[Account] = []


class Do(msgspec.Struct, tag="do", frozen=True):
    """The next phase: `go` carries out the whole plan, `come`, `drop` and `come_back` a part of it.

    `settle` waits for all answers; `fence` is the last; `stop` ends the one under way.
    """

    phase: str


class Ask(msgspec.Struct, tag="ask", frozen=True):
    """The next phase: everybody asks that many questions, each after the answer to the one before.

    It is over when the last of them is accepted or, with `answered`, answered.
    """

    kind: str
    times: int = 1
    answered: bool = False


class Chat(msgspec.Struct, tag="chat", frozen=True):
    """The next phase: questions as in a plan without a rate."""

    duration_s: float
    think_s: float
    steps: int = 1


class Hello(msgspec.Struct, tag="hello", kw_only=True, frozen=True):
    """A worker is up. `files` is how many it may have open."""

    pid: int
    versions: dict[str, str]
    files: int


class Begun(msgspec.Struct, tag="begun", frozen=True):
    """A worker begins its shard."""

    shard: int


class Pulse(msgspec.Struct, tag="pulse", kw_only=True, frozen=True):
    """A worker is alive: totals so far, and the response times since the last one."""

    connected: int
    asked: int
    answered: int
    events: int
    violations: int
    response_us: dict[int, int] = {}


class Interval(msgspec.Struct, tag="interval", kw_only=True, frozen=True):
    """What the worker has seen since its interval before, until `worked_s` of the duration."""

    worked_s: float
    report: ShardReport


class Wrong(msgspec.Struct, tag="wrong", frozen=True):
    """A violation, with the redacted message that showed it."""

    user: str
    pattern: str
    text: str
    frame: str


class Drained(msgspec.Struct, tag="drained", frozen=True):
    """The phase is over for everybody in the shard."""


class Done(msgspec.Struct, tag="done", frozen=True):
    """The shard's report; nothing follows."""

    report: ShardReport


class Failed(msgspec.Struct, tag="failed", frozen=True):
    """The worker itself broke."""

    why: str


Phase = Do | Ask | Chat
ToWorker = Setup | Phase
FromWorker = Hello | Begun | Pulse | Interval | Wrong | Drained | Done | Failed

encode = msgspec.json.Encoder().encode
to_worker = msgspec.json.Decoder(ToWorker)
from_worker = msgspec.json.Decoder(FromWorker)
