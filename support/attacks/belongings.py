"""What belongs to a user, and how somebody else tries to use it (IDOR)."""

from __future__ import annotations

from typing import Protocol

from support.attacks import authorization
from support.client import User


class Belonging(Protocol):
    """Something of a user's. `questions` are asked at most in an attempt to use it."""

    questions: int

    async def use(self, attacker: User, victim: User) -> None:
        """Try to use what belongs to `victim`."""


class Name:
    """The victim's user id: the attacker sends it in every field that can name a user."""

    questions = 5

    async def use(self, attacker: User, victim: User) -> None:
        await authorization.claim_to_be(attacker, victim)


class Runs:
    """The victim's runs, under way or finished: the attacker tries to cancel each."""

    questions = 0

    async def use(self, attacker: User, victim: User) -> None:
        await authorization.cancel_runs_of(attacker, victim)


class Conversation:
    """The victim's conversation: the attacker tries to continue it, and to recall from it."""

    questions = 8

    async def use(self, attacker: User, victim: User) -> None:
        await victim.finished()
        await authorization.write_into_conversation_of(attacker, victim)


class Stream:
    """The victim's stream of events: the attacker tries to resume it."""

    questions = 0

    async def use(self, attacker: User, victim: User) -> None:
        await authorization.resume_stream_of(attacker, victim)


class RequestId:
    """The id of the victim's last question: the attacker asks one of their own with it."""

    questions = 1

    async def use(self, attacker: User, victim: User) -> None:
        attacker.deployment.dialect.ensure_users_share_request_ids()
        await attacker.ask("plain", request_id=victim.current_run.request_id)


BELONGINGS: dict[str, Belonging] = {
    "name": Name(),
    "runs": Runs(),
    "conversation": Conversation(),
    "stream": Stream(),
    "request id": RequestId(),
}
