"""How long everyone chats, by the names that features use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from support.config import Environment
from support.run.groups import THINK_S
from support.run.probes import whole_rounds
from support.run.session import Session

LOOKS = 100  # at the memory of the service, during a soak


class Stretch(Protocol):
    """A time of chatting, as long as a setting of the environment says."""

    async def chat(self, session: Session) -> None:
        """Everyone of the scenario chats; the memory of the service is measured meanwhile."""

    def questions(self, environment: Environment) -> int:
        """How many questions each asks at most, one after another."""


class LongTime:
    """So many questions each, all at the same pace."""

    async def chat(self, session: Session) -> None:
        runs = session.environment.sizes.long_runs
        await session.probes.long_conversation(session.everyone, runs)

    def questions(self, environment: Environment) -> int:
        return whole_rounds(environment.sizes.long_runs)


@dataclass(frozen=True)
class Soak:
    """From a part of all users to everyone, in so many equal steps."""

    steps: int

    async def chat(self, session: Session) -> None:
        lasts_s = session.environment.patience.soak
        chatting = session.everyone.chat_in_steps(lasts_s, self.steps)
        await session.probes.watched(chatting, every_s=lasts_s / LOOKS)

    def questions(self, environment: Environment) -> int:
        return round(environment.patience.soak / THINK_S)


STRETCHES: Mapping[str, Stretch] = {
    "for a long time": LongTime(),
    "for a soak in 4 rising steps": Soak(steps=4),
}
