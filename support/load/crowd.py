"""A crowd of users, carried out: accounts, workers, phases, and the records of all of it."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from support.client.sign_in import SignIn
from support.client.tokens import Mint
from support.config import NotOffered
from support.deployment import Deployment
from support.journal import Journal, records
from support.journal.canaries import new_canary
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
from support.load.messages import Account, Do, Setup
from support.load.plan import Shard, shards
from support.load.versions import versions

SILENT_S = 3.0
PROGRESS_S = 1.0
SLACK_S = 30.0
STOP_S = 15.0  # what a worker that is told to stop may take
KNOWN_TO_ALL = 2_000  # up to so many users, every worker knows everybody's secret

Progress = Callable[[records.LoadProgress], object]


async def accounts(
    plan: LoadPlan, deployment: Deployment, sign_in: SignIn, journal: Journal
) -> list[Account]:
    """Tokens for everybody: signed by us where the secret is known, else issued one by one.

    Raises `LoadRefused` where a user gets none.
    """
    found = []
    mint = Mint(deployment) if "forge_tokens" in deployment.capabilities else None
    lasts_s = plan.ramp_s + plan.duration_s + 600
    for number in range(1, plan.users + 1):
        if mint is not None:
            user_id = str(uuid.uuid4())
            claims = mint.claims(user_id)
            claims["exp"] = max(claims["exp"], int(deployment.clock.now() + lasts_s))
            found.append(Account(number, user_id, mint.sign(claims), new_canary()))
            continue
        try:
            held = await sign_in.new_person(f"load/User{number}", journal)
        except NotOffered as missing:
            raise LoadRefused(f"only {number - 1} of {plan.users} users: {missing}") from None
        if held is None:
            raise LoadRefused(f"user {number} of {plan.users} could not sign in")
        found.append(Account(number, held.user_id, held.access, new_canary()))
    return found


def ensure_possible(plan: LoadPlan, deployment: Deployment) -> None:
    """Raise `LoadRefused` for a dialect that the engine cannot speak."""
    data = deployment.dialect.data
    if deployment.safety.on:
        raise LoadRefused("safe mode puts no load on a deployment")
    if data.before or data.after:
        raise LoadRefused(
            "users of this dialect make HTTP calls before they connect: the load engine makes none"
        )
    for name in ("ask", "subscribe", "resume"):
        send = data.send.get(name)
        if send is not None and send.message is None:
            raise LoadRefused(
                "questions of this dialect are HTTP calls, which the engine does not make"
            )
    if "header" not in data.handshake.ways:
        raise LoadRefused("tokens of this dialect do not travel in a header")
    if data.signature is not None:
        raise LoadRefused("handshakes of this dialect are signed, which the engine does not do")
    if plan.kind not in data.prompts:
        raise LoadRefused(f"the dialect has no {plan.kind} prompt")
    if plan.drops and "resume" not in deployment.capabilities:
        raise LoadRefused("this kind of backend cannot resume, so nobody can be dropped")


def remarks(deployment: Deployment) -> tuple[str, ...]:
    """What to know before a load begins: what its dialect makes weaker or more expensive."""
    dialect, found = deployment.dialect, []
    if not dialect.round_trips:
        found.append(
            "this dialect has no ordered round trip: a stream counts as ended after"
            f" {dialect.data.fence.quiet_s:g} s of silence, which is weaker"
        )
    if dialect.wire.typed is None:
        found.append(
            "the messages of this dialect are read by its rules, not by the compiled reader, which"
            " takes about ten times the CPU for each: plan fewer users for a worker"
        )
    return tuple(found)


class Crowd:
    """A load run. `run()` records everything, and raises `LoadRefused` before anything began."""

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
    ) -> None:
        self.plan = plan
        self.workers: Sequence[Worker] = ()
        self._deployment, self._sign_in = deployment, sign_in
        self._journal, self._log_dir = journal, log_dir
        self._progress = progress
        self._workers = workers or LocalWorkers()
        self._shards = shards(plan)
        self._pulses: dict[int, messages.Pulse] = {}
        self._recent: list[ShardReport] = []
        self._lost: dict[str, str] = {}
        self._begun: Counter[str] = Counter()
        self._drained: set[int] = set()
        self._done: set[int] = set()
        self._stopped = ""
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """All of it: start, load, last round trips, reports."""
        ensure_possible(self.plan, self._deployment)
        held = await accounts(self.plan, self._deployment, self._sign_in, self._journal)
        try:
            self.workers = await self._workers.start(len(self._shards), self._log_dir)
            await self._ready()
            for shard, worker in zip(self._shards, self.workers, strict=True):
                worker.send(self._setup(shard, held))
            self._record_begin()
            await self._carry_out()
        finally:
            await self._workers.close()

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

    # --- the phases

    async def _carry_out(self) -> None:
        for worker in self.workers:
            worker.heard_at = asyncio.get_running_loop().time()  # it waited for the others to start
            worker.send(Do("go"))
            if self._stopped:
                worker.send(Do("stop"))
        listening = [asyncio.create_task(self._listen(n)) for n in range(len(self.workers))]
        telling = asyncio.create_task(self._tell())
        budget_s = self._deployment.environment.patience.run_budget_s
        try:
            await self._all(self._drained, self.plan.ramp_s + self.plan.duration_s + budget_s)
            for number, worker in enumerate(self.workers):
                if str(number) not in self._lost:
                    worker.send(Do("fence"))
            await self._all(self._done, self._deployment.environment.patience.connect_s)
        finally:
            for task in (telling, *listening):
                task.cancel()
            self._tell_once()
            self._journal.record(
                records.LoadEnded,
                lost=self._lost,
                begun=dict(self._begun),
                stopped=self._stopped,
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
            self._recent.append(ShardReport(response_us=message.response_us))
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
            await asyncio.sleep(PROGRESS_S)
            self._tell_once()

    def _tell_once(self) -> None:
        pulses = self._pulses.values()
        recent, self._recent = merge_all(self._recent), []
        self._progress(
            self._journal.record(
                records.LoadProgress,
                connected=sum(p.connected for p in pulses),
                asked=sum(p.asked for p in pulses),
                answered=sum(p.answered for p in pulses),
                events=sum(p.events for p in pulses),
                violations=sum(p.violations for p in pulses),
                p95_ms=quantile_ms(recent.response_us, 0.95),
            )
        )
