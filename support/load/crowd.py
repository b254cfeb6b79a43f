"""A crowd of users, carried out: accounts, workers, phases, and the records of all of it."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from support.client.sign_in import SignIn
from support.deployment import Deployment
from support.journal import Journal, records
from support.journal.facts import REQUIRED_EVENTS
from support.journal.load_plan import LoadPlan
from support.journal.shard_report import ShardReport, merge_all, quantile_ms
from support.load import messages
from support.load.cluster import (
    SPARE_FILES,
    START_S,
    LoadRefused,
    LocalWorkers,
    Worker,
    Workers,
)
from support.load.messages import Account, Do, Phase, Setup
from support.load.needs import accounts, ensure_possible, remarks
from support.load.plan import Shard, shards
from support.load.versions import versions

SILENT_S = 3.0
RECENT = 10  # progress records whose answers the live p95 is of
SLACK_S = 30.0
STOP_S = 15.0  # what a worker that is told to stop may take
KNOWN_TO_ALL = 2_000  # up to so many users, every worker knows everybody's secret

Progress = Callable[[records.LoadProgress], object]


class Crowd:
    """A load run, which records everything: as a whole by `run()`, or phase by phase.

    Phase by phase: `open()`, any number of `do()`, `finish()`, and in any case `close()`.
    """

    def __init__(
        self,
        plan: LoadPlan,
        deployment: Deployment,
        sign_in: SignIn,
        journal: Journal,
        log_dir: Path,
        *,
        progress: Progress = lambda _: None,
        workers: Workers | None = None,
        earlier: Sequence[records.LoadEarlier] = (),
    ) -> None:
        self.plan = plan
        self.workers: Sequence[Worker] = ()
        self._deployment, self._sign_in = deployment, sign_in
        self._journal, self._log_dir = journal, log_dir
        self._progress = progress
        self._workers = workers or LocalWorkers()
        self._earlier = earlier
        self._shards = shards(plan)
        self._pulses: dict[int, messages.Pulse] = {}
        self._answers: list[ShardReport] = []  # since the last progress
        self._recent: deque[ShardReport] = deque(maxlen=RECENT)
        self._lost: dict[str, str] = {}
        self._begun: Counter[str] = Counter()
        self._drained: set[int] = set()
        self._done: set[int] = set()
        self._stopped = ""
        self._open = False
        self._beside: list[asyncio.Task[None]] = []
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """The whole plan: start, load, last round trips, reports."""
        try:
            await self.open()
            await self.do(Do("go"), self.plan.ramp_s + self.plan.left_s + self._run_budget_s)
            await self.finish()
        finally:
            await self.close()

    async def open(self) -> None:
        """Accounts for everybody, and a worker for every shard. Raises `LoadRefused`."""
        ensure_possible(self.plan, self._deployment)
        held = await accounts(self.plan, self._deployment, self._sign_in, self._journal)
        self.workers = await self._workers.start(len(self._shards), self._log_dir)
        await self._ready()
        for shard, worker in zip(self._shards, self.workers, strict=True):
            worker.send(self._setup(shard, held))
        self._record_begin()
        self._open = True
        for worker in self.workers:
            worker.heard_at = asyncio.get_running_loop().time()  # it waited for the others to start
        self._beside = [asyncio.create_task(self._listen(n)) for n in range(len(self.workers))]
        self._beside.append(asyncio.create_task(self._tell()))

    @property
    def connected(self) -> int:
        """How many users are connected, by what the workers said last."""
        return sum(pulse.connected for pulse in self._pulses.values())

    async def do(self, phase: Phase, within_s: float) -> None:
        """Returns when every worker has carried it out, is lost, or has had its time."""
        self._drained.clear()
        for worker in self.workers:
            worker.send(phase)
            if self._stopped:
                worker.send(Do("stop"))
        await self._all(self._drained, within_s)
        self._tell_once()

    async def finish(self) -> None:
        """Last round trips, and reports."""
        for number, worker in enumerate(self.workers):
            if str(number) not in self._lost:
                worker.send(Do("fence"))
        await self._all(self._done, self._deployment.environment.patience.connect_s)

    async def close(self) -> None:
        """Everything ends; what has no report by now is missing. Idempotent."""
        if self._open:
            self._open = False
            for task in self._beside:
                task.cancel()
            self._tell_once()
            self._journal.record(
                records.LoadEnded, lost=self._lost, begun=dict(self._begun), stopped=self._stopped
            )
        await self._workers.close()

    @property
    def _run_budget_s(self) -> float:
        return self._deployment.environment.patience.run_budget_s

    def stop(self, why: str) -> None:
        """End early; what was seen so far is kept, and proves nothing good."""
        self._stopped = self._stopped or why
        for worker in self.workers:
            worker.send(Do("stop"))
        self._changed.set()

    async def _ready(self) -> None:
        """Every worker is up, of the same versions, and may open enough files."""
        ours = versions()
        for shard, worker in zip(self._shards, self.workers, strict=True):
            try:
                async with asyncio.timeout(START_S):
                    hello = await worker.next()
            except TimeoutError:
                raise LoadRefused(f"{worker.name} did not start within {START_S:g} s") from None
            if not isinstance(hello, messages.Hello):
                why = hello.why if isinstance(hello, messages.Failed) else "see load-worker-*.log"
                raise LoadRefused(f"{worker.name} did not start: {why}")
            for name, version in ours.items():
                if hello.versions.get(name) != version:
                    theirs = hello.versions.get(name, "none")
                    raise LoadRefused(
                        f"{worker.name} has {name} {theirs}, and this machine {version}:"
                        " install the same version everywhere"
                    )
            if hello.files < shard.plan.users + SPARE_FILES:
                raise LoadRefused(
                    f"{worker.name} may open {hello.files:,} files, and needs"
                    f" {shard.plan.users + SPARE_FILES:,}: raise the limit (ulimit -n), or use"
                    " more workers"
                )

    def _setup(self, shard: Shard, held: list[Account]) -> Setup:
        environment = self._deployment.environment
        mine = [account for account in held if account.number in shard.users]
        others = held if len(held) <= KNOWN_TO_ALL else []
        base, own_path = self._deployment.socket_parts
        return Setup(
            shard=shard,
            accounts=mine,
            others=[
                msgspec.structs.replace(other, token="")
                for other in others
                if other.number not in shard.users
            ],
            dialect=environment.dialect,
            base=base,
            own_path=own_path,
            variables=environment.variables,
            ca_file=str(environment.ca_file) if environment.ca_file else None,
            connect_s=environment.patience.connect_s,
            run_budget_s=environment.patience.run_budget_s,
            most_bytes=environment.max_frame_bytes,
        )

    def _record_begin(self) -> None:
        lacks = self._deployment.dialect.data.runs.lacks
        self._journal.record(
            records.LoadBegan,
            plan=self.plan,
            shards=len(self._shards),
            expects=tuple(kind for kind in REQUIRED_EVENTS if kind not in lacks),
            versions=versions(),
            remarks=remarks(self._deployment),
        )
        for part in self._earlier:
            self._journal.record(
                records.LoadEarlier, run=part.run, worked_s=part.worked_s, report=part.report
            )

    async def _all(self, those: set[int], within_s: float) -> None:
        """Every worker is among those, or lost."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_s + SLACK_S
        was_stopped = bool(self._stopped)
        while True:
            missing = [
                n for n in range(len(self.workers)) if n not in those and str(n) not in self._lost
            ]
            if not missing:
                return
            if self._stopped and not was_stopped:
                was_stopped, deadline = True, min(deadline, loop.time() + STOP_S)
            for number in missing:
                if loop.time() - self.workers[number].heard_at > SILENT_S:
                    self._lose(number, f"silent for more than {SILENT_S:g} s")
                elif loop.time() > deadline:
                    self._lose(number, "its time was up")
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    await self._changed.wait()

    def _lose(self, number: int, how: str) -> None:
        if str(number) in self._lost or number in self._done:
            return
        self._lost[str(number)] = how
        if not self._stopped:
            self.stop(f"{self.workers[number].name} was lost: {how}")
        self._changed.set()

    async def _listen(self, number: int) -> None:
        worker = self.workers[number]
        while (message := await worker.next()) is not None:
            self._take(number, message)
            self._changed.set()
        self._lose(number, "its process ended")

    def _take(self, number: int, message: messages.FromWorker) -> None:
        if isinstance(message, messages.Begun):
            self._begun[str(message.shard)] += 1
        elif isinstance(message, messages.Pulse):
            self._pulses[number] = message
            self._answers.append(ShardReport(response_us=message.response_us))
        elif isinstance(message, messages.Interval):
            self._journal.record(
                records.LoadInterval,
                shard=number,
                worked_s=message.worked_s,
                report=message.report,
            )
        elif isinstance(message, messages.Wrong):
            self._journal.record(
                records.LoadViolation,
                shard=number,
                user=message.user,
                pattern=message.pattern,
                text=message.text,
                frame=message.frame,
            )
        elif isinstance(message, messages.Drained):
            self._drained.add(number)
        elif isinstance(message, messages.Done):
            self._journal.record(
                records.LoadShard,
                shard=number,
                worker=self.workers[number].name,
                attempt=self._begun[str(number)],
                report=message.report,
            )
            self._done.add(number)
        elif isinstance(message, messages.Failed):
            self._lose(number, message.why)

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(self.plan.progress_s)
            self._tell_once()

    def _tell_once(self) -> None:
        pulses = self._pulses.values()
        self._recent.append(merge_all(self._answers))
        self._answers, recent = [], merge_all(self._recent)
        self._progress(
            self._journal.record(
                records.LoadProgress,
                connected=self.connected,
                asked=sum(p.asked for p in pulses),
                answered=sum(p.answered for p in pulses),
                events=sum(p.events for p in pulses),
                violations=sum(p.violations for p in pulses),
                p95_ms=quantile_ms(recent.response_us, 0.95),
            )
        )
