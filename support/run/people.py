"""The people of a scenario: met by name, in order, and disconnected at its end."""

from __future__ import annotations

import asyncio

from support.client import BackgroundLoop, User, group
from support.journal import Journal
from support.run.under_test import UnderTest

LEAVE_S = 20.0
MOST_CLEARING_S = 60.0


class People:
    """Users with fresh ids for every scenario."""

    def __init__(self, journal: Journal, under_test: UnderTest, loop: BackgroundLoop) -> None:
        self._journal = journal
        self._under_test = under_test
        self._loop = loop
        self._scenario = ""
        self._users: dict[str, User] = {}

    def begin_scenario(self, name: str) -> None:
        """From now on everyone is somebody new, with a key that starts with `name`."""
        self._scenario, self._users = name, {}

    def user(self, name: str) -> User:
        """The user of that name in this scenario; somebody new when first named.

        Raises `LookupError` before the deployment has been opened.
        """
        if name not in self._users:
            target = self._under_test
            key = f"{self._scenario}/{name}"
            self._users[name] = User(key, target.deployment, self._journal, target.sign_in)
        return self._users[name]

    def everyone(self) -> list[User]:
        """Everyone met in this scenario, in order."""
        return list(self._users.values())

    def keep_accounts(self, users: list[User]) -> None:
        """Keep the accounts of `users` for later runs, where nothing of theirs is under way."""
        for user in users:
            if user.credentials is not None and user.is_at_rest:
                self._under_test.sign_in.keep(user.credentials, user.canary)

    def leave(self, *, let_finish: bool = False) -> None:
        """Disconnect everyone; with `let_finish`, after their runs and a last fence. Idempotent."""
        users, self._users = self.everyone(), {}
        if users and not self._loop.loop.is_closed():
            self._loop.run(_leave(users, let_finish), LEAVE_S + self._clearing_s(len(users)))

    def _clearing_s(self, users: int) -> float:
        """How long it may take to remove what so many users have made on the deployment."""
        deployment = self._under_test.deployment
        if not deployment.dialect.data.after:
            return 0.0
        return min(users * deployment.environment.patience.connect_s, MOST_CLEARING_S)


async def _leave(users: list[User], let_finish: bool) -> None:
    await asyncio.gather(*(user.auto_reconnect.stop() for user in users))
    if let_finish:
        await group.settle(users)
        await group.fence(users)
    await asyncio.gather(*(user.close() for user in users))
