"""Ids of other forms. The contract says what they name, not what they look like."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable

from support.reference.agent import Agent
from support.reference.connection import Connection
from support.reference.messages import UserMessage
from support.reference.plan import Call
from support.reference.runs import Runs
from support.reference.store import Run, Store
from support.reference.users import Users
from support.reference.variants.catalogue import lawful


def _with_ids(name: str, summary: str, make: Callable[[str], str]) -> None:
    """Register a variant in which ``make(kind)`` makes every id."""

    class OtherRuns(Runs):
        def new_id(self) -> str:
            return make("run")

        def new_thread_id(self) -> str:
            return make("thread")

    class OtherUsers(Users):
        def new_id(self) -> str:
            return make("user")

    class OtherStore(Store):
        def new_epoch(self) -> str:
            return make("epoch")

    class OtherConnection(Connection):
        def new_id(self) -> str:
            return make("connection")

    class OtherAgent(Agent):
        def call_id(self, run: Run, call: Call) -> str:
            return f"{call.number}/{run.run_id[::-1]}"

    OtherRuns.__doc__ = summary
    for part in (OtherRuns, OtherUsers, OtherStore, OtherConnection, OtherAgent):
        lawful(name)(part)


_with_ids(
    "ids-with-colons",
    "Ids have dots, colons and slashes in them",
    lambda kind: f"urn:{kind}:2026.{secrets.token_urlsafe(6)}:{secrets.token_urlsafe(6)}/v1",
)
_with_ids("ids-uuid", "Ids are UUIDs", lambda kind: str(uuid.uuid4()))
_with_ids("ids-long", "Ids are long random strings", lambda kind: secrets.token_urlsafe(96))


@lawful("threads-counted")
class CountedThreads(Runs):
    """Threads are counted for each user, so that two users have threads of the same name"""

    def find_or_add(self, user_id: str, message: UserMessage) -> tuple[Run, bool]:
        query = "SELECT COUNT(DISTINCT thread_id) FROM runs WHERE user_id=?"
        self.threads_before = self.store.db.execute(query, (user_id,)).fetchone()[0]
        return super().find_or_add(user_id, message)

    def new_thread_id(self) -> str:
        return f"thread-{self.threads_before + 1}"


@lawful("threads-counted")
class ThreadsOfEachUser(Store):
    """A thread belongs to everyone who has run something in a thread of that name"""

    def owns_thread(self, user_id: str, thread_id: str) -> bool:
        query = "SELECT 1 FROM runs WHERE thread_id=? AND user_id=?"
        return self.db.execute(query, (thread_id, user_id)).fetchone() is not None
