"""Users of whom a step speaks together: a few, each with a client of their own, or many.

Steps ask the same of both. Up to `MOST_CLIENTS` everybody has the functional client and their whole
journal; more are carried by the load engine, which judges each of them while it runs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from support.checks import (
    admitted,
    complete_run,
    crowd_answered,
    crowd_connected,
    crowd_isolated,
    crowd_recovered_within,
    crowd_resumed,
    crowd_streams_whole,
    events_isolated,
    every_question_answered,
    recovered_within,
    resumed_where_left,
    stream_complete,
)
from support.checks.finding import Check
from support.client import User, group, questions
from support.client.questions import Question
from support.config import Environment, NotOffered
from support.journal import Journal
from support.journal.load_plan import Limits, LoadPlan
from support.load.cluster import LoadRefused
from support.load.crowd import Crowd
from support.load.messages import Ask, Chat, Do
from support.load.needs import ensure_installed, ensure_possible
from support.run.under_test import UnderTest

MOST_CLIENTS = 200
USERS_OF_A_WORKER = 2_000
CONNECTS_PER_S = 100  # at least; a deployment may take longer for each
THINK_S = 1.0
#: What is claimed of users whose scenario says what they do: all is right, however long it takes.
UNTIMED = Limits(success=1.0, late_ms=1e9, lag_ms=1e9, cpu=1e9)


class Group(Protocol):
    """What steps do with users, and what they ask about them."""

    async def connect(self) -> None:
        """Everyone connects and subscribes."""

    async def ask(self, question: Question) -> None:
        """Everyone asks, without waiting for an answer."""

    async def ask_one_by_one(self, question: Question) -> None:
        """Everyone asks each question after the answer to the one before."""

    async def ask_rounds(self, times: int) -> None:
        """Everyone asks so many plain questions, one by one."""

    async def chat_in_steps(self, duration_s: float, steps: int) -> None:
        """Everyone asks again and again; they begin in as many steps, a part of them in each."""

    async def drop(self) -> None:
        """Everyone loses the connection."""

    async def reconnect(self) -> None:
        """Everyone reconnects and asks for what they missed."""

    async def finish(self) -> None:
        """Wait for the answers to everyone's last question."""

    async def fence(self) -> None:
        """A round trip of everyone."""

    async def settle(self) -> None:
        """Wait for all that is under way, and for a round trip of everyone."""

    def admitted(self) -> Sequence[Check]:
        """Is everyone connected?"""

    def answered(self, *, uses_tool: bool) -> Sequence[Check]:
        """Has everyone the complete run of their last question?"""

    def all_answered(self) -> Sequence[Check]:
        """Has everyone one complete run for each question?"""

    def streams_whole(self) -> Sequence[Check]:
        """Has everyone every event once, in order?"""

    def resumed(self) -> Sequence[Check]:
        """Has everyone resumed without a gap?"""

    def isolated(self) -> Check:
        """Has nobody received anything of another?"""

    def recovered(self, limit_s: float, share: float) -> Check:
        """Has that share of all had what they missed in time?"""


class Few(list[User]):
    """Users with a client of their own each."""

    def __init__(self, users: Sequence[User], environment: Environment) -> None:
        super().__init__(users)
        self._environment = environment

    async def connect(self) -> None:
        await group.connect(self)

    async def ask(self, question: Question) -> None:
        await questions.ask(self, question)

    async def ask_one_by_one(self, question: Question) -> None:
        await questions.ask_one_by_one(self, question, self._environment)

    async def ask_rounds(self, times: int) -> None:
        await group.ask(self, times)

    async def chat_in_steps(self, duration_s: float, steps: int) -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        while (elapsed_s := loop.time() - start) < duration_s:
            step = int(elapsed_s / duration_s * steps) + 1
            asking = group.ask(self[: -(-len(self) * step // steps)], 1)
            await asyncio.gather(asking, asyncio.sleep(THINK_S))

    async def drop(self) -> None:
        await group.drop(self)

    async def reconnect(self) -> None:
        await group.reconnect(self)

    async def finish(self) -> None:
        await group.finish(self)
        await group.fence(self)

    async def fence(self) -> None:
        await group.fence(self)

    async def settle(self) -> None:
        await group.settle(self)

    def admitted(self) -> Sequence[Check]:
        return [admitted(user.key) for user in self]

    def answered(self, *, uses_tool: bool) -> Sequence[Check]:
        return [complete_run(u.key, u.current_run.request_id, uses_tool=uses_tool) for u in self]

    def all_answered(self) -> Sequence[Check]:
        return [every_question_answered(user.key, at_least=len(user.runs)) for user in self]

    def streams_whole(self) -> Sequence[Check]:
        return [stream_complete(user.key) for user in self]

    def resumed(self) -> Sequence[Check]:
        return [resumed_where_left(user.key) for user in self]

    def isolated(self) -> Check:
        asked: Check = events_isolated([user.key for user in self])
        return asked

    def recovered(self, limit_s: float, share: float) -> Check:
        asked: Check = recovered_within([user.key for user in self], limit_s, share)
        return asked


class Many:
    """Users of the load engine, in processes of their own.

    What was seen of them is reported once, when nothing more is asked of them: by `finish`.
    """

    def __init__(self, count: int, under_test: UnderTest, journal: Journal, log_dir: Path) -> None:
        self.count = count
        self._under_test, self._journal, self._log_dir = under_test, journal, log_dir
        self._crowd: Crowd | None = None
        self._over = False

    async def connect(self) -> None:
        plan = LoadPlan(
            users=self.count,
            by_steps=True,
            workers=-(-self.count // USERS_OF_A_WORKER),
            limits=UNTIMED,
        )
        target, deployment = self._under_test, self._under_test.deployment
        try:
            ensure_installed()
            ensure_possible(plan, deployment)
        except LoadRefused as missing:
            raise NotOffered(str(missing)) from None
        self._crowd = Crowd(plan, deployment, target.sign_in, self._journal, self._log_dir)
        await self._crowd.open()
        await self._crowd.do(Do("come"), self.count / CONNECTS_PER_S + self._connect_s)
        if self._crowd.connected < self.count:
            await self.finish()  # the reports say why

    async def ask(self, question: Question) -> None:
        await self._ask(question, answered=False)

    async def ask_one_by_one(self, question: Question) -> None:
        await self._ask(question, answered=True)

    async def ask_rounds(self, times: int) -> None:
        await self._ask(Question(count=times), answered=True)

    async def chat_in_steps(self, duration_s: float, steps: int) -> None:
        chat = Chat(duration_s=duration_s, think_s=THINK_S, steps=steps)
        await self._opened.do(chat, duration_s + self._run_budget_s)

    async def drop(self) -> None:
        await self._opened.do(Do("drop"), self._connect_s)

    async def reconnect(self) -> None:
        await self._opened.do(Do("come_back"), self.count / CONNECTS_PER_S + self._connect_s)

    async def finish(self) -> None:
        if not self._over:
            self._over = True
            await self._opened.do(Do("settle"), self._run_budget_s)
            await self._opened.finish()
            await self.close()

    async def fence(self) -> None:
        await self.finish()

    async def settle(self) -> None:
        await self.finish()

    async def close(self) -> None:
        """Everybody leaves, and their processes end. Idempotent."""
        if self._crowd is not None:
            await self._crowd.close()

    def admitted(self) -> Sequence[Check]:
        return [crowd_connected()]

    def answered(self, *, uses_tool: bool) -> Sequence[Check]:
        return [crowd_answered(uses_tool=uses_tool)]

    def all_answered(self) -> Sequence[Check]:
        return [crowd_answered()]

    def streams_whole(self) -> Sequence[Check]:
        return [crowd_streams_whole()]

    def resumed(self) -> Sequence[Check]:
        return [crowd_resumed()]

    def isolated(self) -> Check:
        asked: Check = crowd_isolated()
        return asked

    def recovered(self, limit_s: float, share: float) -> Check:
        asked: Check = crowd_recovered_within(limit_s, share)
        return asked

    async def _ask(self, question: Question, *, answered: bool) -> None:
        """Raises `ValueError` for what the load engine cannot ask."""
        plain = Question(question.kinds, count=question.count, in_flight=question.in_flight)
        if question != plain or (question.count > 1 and not answered):
            raise ValueError(f"more than {MOST_CLIENTS} users cannot ask this")
        for kind in question.kinds:
            phase = Ask(kind, times=question.count, answered=answered)
            await self._opened.do(phase, question.count * self._run_budget_s)

    @property
    def _opened(self) -> Crowd:
        if self._crowd is None:
            raise LookupError("these users have not connected")
        return self._crowd

    @property
    def _connect_s(self) -> float:
        return self._under_test.deployment.environment.patience.connect_s

    @property
    def _run_budget_s(self) -> float:
        return self._under_test.deployment.environment.patience.run_budget_s
