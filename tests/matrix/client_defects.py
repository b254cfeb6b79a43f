"""What can be broken in the client: each overrides one method, and a sentence says what it does."""

from __future__ import annotations

import random

from broken_client import defect

from support.client.connection import Connection
from support.client.memory import Memory, StreamPosition
from support.client.outbox import Outbox
from support.client.reconnect.auto_reconnect import AutoReconnect
from support.client.reconnect.backoff import Backoff
from support.client.reconnect.circuit_breaker import CircuitBreaker
from support.client.reconnect.connection_pool import ConnectionPool, Pooled
from support.client.run import Run
from support.client.user import User
from support.journal import facts, records


@defect("client-no-backoff", "I1")
class NoBackoff(Backoff):
    """An app attempts again at once, without any pause."""

    def pause_s(self, attempt: int, announced_s: float = 0.0) -> float:
        return 0.0


@defect("client-constant-pauses", "I1")
class ConstantPauses(Backoff):
    """The pauses do not grow."""

    def nominal_s(self, attempt: int) -> float:
        return super().nominal_s(1)


@defect("client-no-cap", "I1")
class NoCap(Backoff):
    """The pauses grow for ever."""

    def nominal_s(self, attempt: int) -> float:
        return super().nominal_s(1) * 2.0 ** (attempt - 1)


@defect("client-no-jitter", "I1")
class NoJitter(Backoff):
    """Everybody who was cut off together comes back together."""

    def pause_s(self, attempt: int, announced_s: float = 0.0) -> float:
        return announced_s + self.nominal_s(attempt)


@defect("client-little-jitter", "I1")
class LittleJitter(Backoff):
    """A hundredth of a pause is left to chance: far too little to spread people out."""

    def __init__(self, *args: object, **plan: object) -> None:
        super().__init__(*args, **{**plan, "jitter": 0.01})  # type: ignore[arg-type]


@defect("client-same-jitter", "I1")
class SameJitter(Backoff):
    """Chance is the same for everybody, so that all come back together all the same."""

    def __init__(self, rng: random.Random, **plan: object) -> None:
        super().__init__(random.Random(0), **plan)  # type: ignore[arg-type]


@defect("client-never-gives-up", "I1")
class NeverGivesUp(Backoff):
    """An app goes on trying long after the attempts agreed."""

    def __init__(self, *args: object, **plan: object) -> None:
        super().__init__(*args, **{**plan, "attempts": 9})  # type: ignore[arg-type]


@defect("client-pauses-not-kept", "I1")
class PausesNotKept(AutoReconnect):
    """An app says how long it will wait, and does not."""

    async def _wait(self, pause_s: float) -> None:
        return


@defect("client-insists", "I1")
class Insists(AutoReconnect):
    """Being turned away for good is taken for a fault of the network."""

    def _is_final(self, end: records.Refused | records.Closed | None) -> bool:
        return False


@defect("client-never-comes-back", "I1", "I4")
class NeverComesBack(AutoReconnect):
    """A lost connection stays lost."""

    def lost(self, connection: object) -> None:
        return


@defect("client-breaker-never-opens", "I2")
class NeverOpens(CircuitBreaker):
    """However often it fails, the breaker stays closed."""

    def failed(self) -> None:
        return


@defect("client-breaker-opens-early", "I2")
class OpensEarly(CircuitBreaker):
    """A single failure counts for two."""

    def failed(self) -> None:
        super().failed()
        super().failed()


@defect("client-breaker-ignored", "I2")
class Ignored(CircuitBreaker):
    """The breaker opens, and attempts are made all the same."""

    def allows(self) -> bool:
        return super().allows() or True


@defect("client-breaker-never-closes", "I2")
class NeverCloses(CircuitBreaker):
    """After the probe has come through, the breaker stays half-open."""

    def succeeded(self) -> None:
        return


@defect("client-queue-dropped", "I2", "C5")
class QueueDropped(Outbox):
    """What is written while offline is said to be kept, and is not."""

    def first(self) -> Run | None:
        while len(self):
            self.sent()
        return None


@defect("client-queue-reversed", "I2", "C5")
class QueueReversed(Outbox):
    """What was written last goes out first."""

    def put(self, run: Run) -> bool:
        kept = super().put(run)
        self._waiting.rotate(1)
        return kept


@defect("client-queue-sent-twice", "I2", "C5")
class QueueSentTwice(User):
    """The outbox is sent once more after it has been emptied."""

    async def empty_outbox(self) -> None:
        waiting = list(self.outbox._waiting)
        await super().empty_outbox()
        for run in waiting:
            await self.repeat(run)


@defect("client-repeats-shown", "I3")
class RepeatsShown(Memory):
    """An event that arrives twice is shown twice."""

    def show(self, run: Run, connection: str, event: facts.Event) -> str | None:
        run.seen.append(event.type)
        return None


@defect("client-never-sends-again", "I3")
class NeverSendsAgain(User):
    """A request whose acceptance was lost is forgotten."""

    async def _send_unconfirmed(self) -> None:
        return


@defect("client-sends-anew", "I3")
class SendsAnew(User):
    """A request whose acceptance was lost is sent again as if it were another."""

    async def _send_unconfirmed(self) -> None:
        for run in [r for r in self.runs if r.sent and r.run_id is None]:
            await self.ask(run.kind)


@defect("client-place-forgotten", "I4")
class PlaceForgotten(User):
    """After coming back, an app asks for nothing that it has missed."""

    async def connect(self, **how: object) -> bool:
        return await super().connect(**{**how, "since": None})  # type: ignore[arg-type]


@defect("client-place-mistaken", "I4")
class PlaceMistaken(Memory):
    """An app believes to have read one event less than it has."""

    @property
    def read_up_to(self) -> StreamPosition | None:
        there = super().read_up_to
        return there and (there[0], max(there[1] - 1, 0))


@defect("client-gap-skipped", "J1")
class GapSkipped(Memory):
    """An app that misses an event believes to have received it."""

    @property
    def read_up_to(self) -> StreamPosition | None:
        there = super().read_up_to
        return there and (there[0], self._furthest)


@defect("client-handshake-without-limit", "J1")
class HandshakeWithoutLimit(Connection):
    """An app waits for the answer to its handshake for ever."""

    @property
    def connect_limit_s(self) -> float:
        return 3600.0


@defect("client-thread-forgotten", "I4")
class ThreadForgotten(Memory):
    """After coming back, an app begins another conversation."""

    def greeted(self, ready: facts.Ready) -> None:
        super().greeted(ready)
        self.thread_id = None

    def _accepted(self, fact: facts.Accepted) -> None:
        super()._accepted(fact)
        self.thread_id = None


@defect("client-pool-shared", "I5", "E5")
class PoolShared(ConnectionPool):
    """Any user who asks is given any connection in the pool."""

    def find(self, user_id: str) -> Pooled | None:
        return next(iter(self._pooled), None)


@defect("client-pool-forgets", "I5")
class PoolForgets(ConnectionPool):
    """Nothing that was put aside is ever found again."""

    def find(self, user_id: str) -> Pooled | None:
        return None
