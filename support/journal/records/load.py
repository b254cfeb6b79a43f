"""The records of a load run: what was asked for, how it went, and what each worker saw.

There is none per event. Checks read these alone, so that a verdict can be computed again.
"""

from __future__ import annotations

import msgspec

from support.journal.load_plan import LoadPlan
from support.journal.records.record import Record
from support.journal.shard_report import Counts, ShardReport

#: What a `LoadViolation` may show, by the names of the invariants.
LEAK = "isolation violation"
STREAM = "missing or doubled events"
BROKEN_RUN = "broken run"
MALFORMED = "malformed message"
LIMIT = "impossible limit"
UNSTABLE = "unstable connection"


class LoadBegan(Record, tag="load_began", frozen=True):
    """What is asked for, and how it is carried out.

    `expects` are the event types that must have been seen at least once; `remarks` what the person
    who asked for the load was told before it began.
    """

    plan: LoadPlan
    shards: int
    expects: tuple[str, ...] = ()
    versions: dict[str, str] = msgspec.field(default_factory=dict)
    remarks: tuple[str, ...] = ()


class LoadProgress(Record, tag="load_progress", frozen=True):
    """How far all workers together have come; `p95_ms` is of the answers of the last 10 seconds."""

    connected: int
    asked: int
    answered: int
    events: int
    violations: int
    p95_ms: float | None = None


class LoadInterval(Record, tag="load_interval", frozen=True):
    """What a worker has seen since its interval before: kept, whatever becomes of it later.

    `worked_s` of the planned duration were over at its end.
    """

    shard: int
    worked_s: float
    report: ShardReport


class LoadEarlier(Record, tag="load_earlier", frozen=True):
    """What the interrupted run saw that this one continues: a part of it, up to `worked_s`."""

    run: str
    worked_s: float
    report: ShardReport


class LoadShard(Record, tag="load_shard", frozen=True):
    """What one worker has seen of its shard, after its users made a last round trip."""

    shard: int
    worker: str
    attempt: int
    report: ShardReport


class LoadViolation(Record, tag="load_violation", frozen=True):
    """Something is wrong with what a user was sent; `frame` is the message that showed it."""

    shard: int
    user: str
    pattern: str
    text: str
    frame: str = ""


class LoadEnded(Record, tag="load_ended", frozen=True):
    """No more will come. `lost` are the shards without a report, by what became of them.

    `begun` is how often each shard was begun; `stopped` says why the run ended early, if it did.
    """

    lost: dict[str, str] = msgspec.field(default_factory=dict)
    begun: Counts = msgspec.field(default_factory=dict)
    stopped: str = ""


LoadRecord = (
    LoadBegan | LoadEarlier | LoadInterval | LoadProgress | LoadShard | LoadViolation | LoadEnded
)
