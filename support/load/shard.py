"""A shard, carried out by one worker: everybody comes, asks, is fenced, and leaves."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from support.config.secret_names import secrets_among
from support.deployment.deployment import socket_address
from support.deployment.tls import client_context, is_secure
from support.dialects import load_dialect
from support.journal import Redactor
from support.journal.shard_report import ShardReport, since
from support.load.judge import KEPT, UserJudge
from support.load.lag import LagWatch
from support.load.messages import (
    Account,
    Ask,
    Chat,
    Done,
    FromWorker,
    Interval,
    Phase,
    Pulse,
    Setup,
    Wrong,
)
from support.load.ownership import KEPT_IDS, Ownership
from support.load.pace import arrivals, drop_times
from support.load.tally import Tally
from support.load.user import LoadUser
from support.load.wire import Line, dial

PULSE_S = 0.5
AT_ONCE = 50  # handshakes under way in one worker
MOST_VIOLATIONS = 1_000  # then the shard stops: it is rejected anyway
EVERY_FRAME = 200  # up to so many users, every frame is looked through for secrets in disguise
SAMPLE = 64  # above it, one in so many, and every suspicious one
LEAVE_S = 3.0
LEAST_KEPT = 20


def kept_runs(users: int) -> int:
    """How many ended runs a worker remembers of each of so many users: its memory is bounded."""
    return max(min(KEPT, KEPT_IDS // users), LEAST_KEPT)


class ShardRun:
    """Users of one shard, and what they share."""

    def __init__(self, setup: Setup, tell: Callable[[FromWorker], object]) -> None:
        self.plan = setup.shard.plan
        self.dialect = load_dialect(setup.dialect)
        self.variables = self.dialect.data.variables | setup.variables
        self.redactor = Redactor()
        self.tally = Tally()
        self.run_budget_s, self.connect_s = setup.run_budget_s, setup.connect_s
        self.kind = self.plan.kind
        self.examine_every = 1 if self.plan.users <= EVERY_FRAME else SAMPLE
        self._setup, self._tell = setup, tell
        self._positions = "positions" in self.dialect.capabilities
        self._tls = client_context(Path(setup.ca_file) if setup.ca_file else None)
        self._ownership = Ownership()
        self._violations = 0
        self._asking = False
        self._idle: deque[LoadUser] = deque()
        self._runs: deque[str] = deque()
        self._to_ask: Counter[LoadUser] = Counter()
        self._waiting: deque[float] = deque()
        self._chance = random.Random(self.plan.seed)
        self._door = asyncio.Semaphore(AT_ONCE)
        self._cpu = 0.0
        self._began_work: float | None = None
        self._worked_s = self.plan.done_s
        self._reported = ShardReport()
        self._stopped = asyncio.Event()
        self._lag = LagWatch(lambda late_s: self.tally.time("lag_us", late_s))
        self._beside: list[asyncio.Task[None]] = []
        self.number = setup.shard.number
        for account in (*setup.accounts, *setup.others):
            self.redactor.add_canary(account.canary, account.name)
            self.redactor.add_identifier(account.user_id, "user", account.name)
        self.redactor.add_secrets((account.token for account in setup.accounts), "token")
        for name, secret in secrets_among(self.variables).items():
            self.redactor.add_secret(secret, name)
        self.users = [LoadUser(account, self) for account in setup.accounts]

    # --- what users share

    @property
    def expected_end(self) -> str:
        """How a run of the kind that is asked for now should end."""
        return "failed" if self.kind in self.dialect.data.failures else "succeeded"

    async def dial(
        self, path: str, headers: dict[str, str], protocols: list[str], owner: LoadUser
    ) -> Line:
        """An open WebSocket. Raises `Refused`."""
        url = socket_address(self._setup.base, self._setup.own_path, path)
        return await dial(
            url,
            headers,
            protocols,
            owner,
            tls=self._tls if is_secure(url) else None,
            within_s=self.connect_s,
            most_bytes=self._setup.most_bytes,
        )

    def excused(self, what: str, allowed_s: float, within_s: float) -> bool:
        """True, and counted, where this process may itself have been too late for it."""
        excused = self._lag.may_explain(allowed_s, within_s)
        if excused:
            self.tally.count("excused", what)
        return excused

    def judge(self, user: LoadUser) -> UserJudge:
        """A new judge of that user."""
        account: Account = user.account

        def report(pattern: str, text: str) -> None:
            self._violations += 1
            self.tally.count("patterns", pattern)
            if self._violations == MOST_VIOLATIONS:
                self.stop()
            if self._violations <= MOST_VIOLATIONS:
                clean = self.redactor.redact(text)
                self._tell(Wrong(account.name, pattern, clean, user.shown))

        return UserJudge(
            account.name,
            account.user_id,
            self._ownership,
            report,
            positions=self._positions,
            kept=kept_runs(self.plan.users),
        )

    def given(self, run_id: str | None, name: str) -> None:
        """That run belongs to the user of that name: its id is looked for in what others get."""
        self.redactor.add_identifier(run_id, "run", name)
        self._runs.append(run_id or "")
        if len(self._runs) > KEPT_IDS:
            self.redactor.forget_identifier(self._runs.popleft())

    def idle(self, user: LoadUser) -> None:
        """The user may ask again: at once what is overdue, or when they have thought enough."""
        if user.gone or not user.here or self._stopped.is_set():
            return
        if self._to_ask[user]:
            self._to_ask[user] -= 1
            self._ask_now(user)
            return
        if not self._asking:
            return
        if self.plan.open_model:
            if self._waiting:
                user.ask(self._waiting.popleft())
            else:
                self._idle.append(user)
            return
        pause_s = self.plan.think_s * self._chance.uniform(0.5, 1.5)
        asyncio.get_running_loop().call_later(pause_s, self._ask_again, user)

    def _ask_again(self, user: LoadUser) -> None:
        if self._asking and user.here and user.question is None:
            self._ask_now(user)

    def _ask_now(self, user: LoadUser) -> None:
        self.tally.add("due")
        user.ask(time.monotonic())

    # --- the phases

    async def carry_out(self, phase: Phase) -> None:
        """All of it; returns when everybody is done, or has had their time."""
        if isinstance(phase, Ask):
            await self._ask(phase)
        elif isinstance(phase, Chat):
            await self._chat(phase)
        elif phase.phase == "drop":
            await asyncio.gather(*(user.lose_connection() for user in self.users))
        elif phase.phase == "come_back":
            await asyncio.gather(*(user.come_back() for user in self.users))
        elif phase.phase == "settle":
            await self._drain()
        else:
            await self._all_come()
            if phase.phase == "go":
                await self._load()

    async def _all_come(self) -> None:
        """Everybody connects within the ramp."""
        self._beside += [asyncio.create_task(work) for work in (self._lag.run(), self._pulse())]
        gap_s = self.plan.ramp_s / max(len(self.users), 1)
        await asyncio.gather(*(self._come(u, n * gap_s) for n, u in enumerate(self.users)))

    async def _load(self) -> None:
        if not self._stopped.is_set():
            await self._work()
        await self._drain()

    async def _chat(self, phase: Chat) -> None:
        self.plan = msgspec.structs.replace(
            self.plan, duration_s=phase.duration_s, think_s=phase.think_s, steps=phase.steps
        )
        await self._load()

    async def _ask(self, phase: Ask) -> None:
        here = [user for user in self.users if user.here]
        self.kind = phase.kind
        self._to_ask = Counter(dict.fromkeys(here, phase.times - 1))
        for user in here:
            self._ask_now(user)
        await self._drain(answered=phase.answered)

    def stop(self) -> None:
        """Ask nothing more: what is under way is ended, and everybody is fenced as usual."""
        self._asking = False
        self._stopped.set()

    async def _come(self, user: LoadUser, after_s: float) -> None:
        await asyncio.sleep(after_s)
        async with self._door:
            if await user.come():
                self.tally.add("connected")
            else:
                user.gone = True

    async def _work(self) -> None:
        self._asking = True
        start = time.monotonic() - self.plan.done_s
        self._began_work = start
        drops = [
            asyncio.create_task(self._drop(user, start + at))
            for number, at in drop_times(self.plan, self._setup.shard.users).items()
            if at >= self.plan.done_s
            for user in self.users
            if user.account.number == number
        ]
        if self.plan.open_model:
            self._idle.extend(user for user in self.users if user.here)
            asking = asyncio.create_task(self._arrivals(start))
        else:
            asking = asyncio.create_task(asyncio.sleep(0))
            self._begin_steps()
        with suppress(TimeoutError):
            async with asyncio.timeout(self.plan.left_s):
                await self._stopped.wait()
        self._worked_s = self.worked_s if self._stopped.is_set() else self.plan.duration_s
        self._began_work, self._asking = None, False
        asking.cancel()
        if self._stopped.is_set():
            for drop in drops:
                drop.cancel()
        await asyncio.gather(asking, *drops, return_exceptions=True)
        for task in (asking, *drops):
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error

    async def _drop(self, user: LoadUser, at: float) -> None:
        await asyncio.sleep(at - time.monotonic())
        await user.drop()

    def _begin_steps(self) -> None:
        """In the closed model: everybody begins in their step, a thought after it starts."""
        loop, here = asyncio.get_running_loop(), [user for user in self.users if user.here]
        step_s = self.plan.duration_s / self.plan.steps
        for number, user in enumerate(here):
            wait_s = max(number * self.plan.steps // len(here) * step_s - self.plan.done_s, 0.0)
            wait_s += self._chance.uniform(0, self.plan.think_s)
            loop.call_later(wait_s, self._ask_again, user)

    async def _arrivals(self, start: float) -> None:
        for at in arrivals(self.plan):
            due = start + at
            if (early_s := due - time.monotonic()) > 0:
                await asyncio.sleep(early_s)
            self.tally.add("due")
            while self._idle and not self._idle[0].here:
                self._idle.popleft()
            if self._idle:
                self.tally.time("late_us", time.monotonic() - due)
                self._idle.popleft().ask(due)
            else:
                self._waiting.append(due)

    async def _drain(self, *, answered: bool = True) -> None:
        """Wait for answers and for returning users, each for at most `run_budget_s`."""
        began = time.monotonic()

        def awaited(user: LoadUser) -> bool:
            if user.here:
                return self._is_open(user, answered=answered)
            away = user.returning is not None and not user.returning.done()
            return away and time.monotonic() - began < self.run_budget_s

        while any(awaited(user) for user in self.users):
            await asyncio.sleep(0.02)

    def _is_open(self, user: LoadUser, *, answered: bool = True) -> bool:
        question, within_s = user.question, self.run_budget_s
        return question is not None and question.is_open(answered=answered, within_s=within_s)

    async def fence(self) -> None:
        """The last round trip of everybody; what is open after it is judged as it is."""
        await asyncio.gather(*(user.fence(self.connect_s) for user in self.users if user.here))
        for user in self.users:
            user.finish()
            self.tally.add("fenced", user.fenced)

    async def close(self) -> None:
        """Everybody leaves."""
        await asyncio.gather(*(user.leave(LEAVE_S) for user in self.users))
        for task in self._beside:
            task.cancel()

    def report(self) -> FromWorker:
        """What is left of it all."""
        return Done(self._seen())

    @property
    def worked_s(self) -> float:
        """How much of the planned duration is over."""
        if self._began_work is None:
            return self._worked_s
        return min(time.monotonic() - self._began_work, self.plan.duration_s)

    def interval(self) -> FromWorker:
        """What was seen since the last one."""
        seen, before = self._seen(), self._reported
        self._reported = seen
        return Interval(worked_s=self.worked_s, report=since(seen, before))

    def _seen(self) -> ShardReport:
        pending = sum(self._is_open(user) for user in self.users)
        returning = sum(u.dropped_at is not None and not u.gone for u in self.users)
        return self.tally.report(
            self._cpu,
            users=self.plan.users,
            violations=self._violations,
            pending=pending,
            returning=returning,
        )

    async def _pulse(self) -> None:
        cpu, at = time.process_time(), time.monotonic()
        reported_at = at
        while True:
            await asyncio.sleep(PULSE_S)
            now_cpu, now = time.process_time(), time.monotonic()
            if self._asking:
                self._cpu = max(self._cpu, (now_cpu - cpu) / (now - at))
            cpu, at = now_cpu, now
            self._tell(self.progress())
            if now - reported_at >= self.plan.interval_s:
                reported_at = now
                self._tell(self.interval())

    def progress(self) -> FromWorker:
        """How far everybody is."""
        return Pulse(
            connected=sum(user.here for user in self.users),
            asked=self.tally.counted("asked"),
            answered=self.tally.answered,
            events=self.tally.events.total(),
            violations=self._violations,
            response_us=self.tally.take_recent(),
        )
