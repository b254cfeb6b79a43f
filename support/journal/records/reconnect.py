"""What a user's app does by itself: it queues, notices, comes back, and drops duplicates."""

from __future__ import annotations

from support.journal.records.record import Record


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


ReconnectRecord = (
    Queued
    | DeadConnectionNoticed
    | ReconnectScheduled
    | FailedFast
    | BreakerTransition
    | Reconnected
    | ReconnectGaveUp
    | DuplicateDropped
    | PoolAcquire
)
