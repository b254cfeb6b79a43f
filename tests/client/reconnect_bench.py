"""A reference service of one's own and people who use it: real processes, real sockets."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from pathlib import Path

from support.client import SignIn, User
from support.config import Environment
from support.config.environment import Reconnect
from support.deployment import Deployment
from support.faults import Proxy
from support.journal import Journal

PATIENCE_S = 5.0


class Bench:
    """A deployment, a journal, and new people for every test."""

    def __init__(self, folder: Path) -> None:
        self.deployment = Deployment(Environment(), folder)
        self.journal = Journal(folder / "journal.jsonl")
        self._sign_in = SignIn(self.deployment, self.journal.redactor.add_secret)
        self._numbers = itertools.count(1)

    def person(self, name: str = "Alice", **plan: float) -> User:
        """A new user whose app reconnects by that plan."""
        self.journal.begin_scenario(f"s{next(self._numbers):03d}")
        self.deployment.environment.reconnect = Reconnect(**plan)
        return User(
            f"s{next(self._numbers):03d}/{name}", self.deployment, self.journal, self._sign_in
        )

    def network(self) -> Proxy:
        """A proxy before the deployment, not started yet."""
        host, port = self.deployment.chat_base.removeprefix("http://").split(":")
        return Proxy(host, int(port))

    def of(self, kind: type) -> list:
        """The records of that kind since the last person came."""
        return self.journal.history().of(kind)

    def play(self, *scene: Callable[[], Awaitable[None]]) -> None:
        """Run coroutine functions one after another on a loop of their own."""

        async def all_of_it() -> None:
            async with asyncio.timeout(30):
                for part in scene:
                    await part()

        asyncio.run(all_of_it())

    def close(self) -> None:
        """Stop the service."""
        self.deployment.close()
        self.journal.close()
