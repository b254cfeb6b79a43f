"""Messages that break a rule, by the names that features use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from support.attacks.overload import Beside, send_bombs
from support.attacks.protocol_violations import VIOLATIONS, violate_protocol
from support.client import User
from support.dialects import broken_inputs


class Message(Protocol):
    """What a user sends against the rules."""

    async def send(self, user: User, watched: Beside) -> None:
        """Send it, and wait for the answer or for the end of the connection.

        What may cost the service much memory is sent while that is `watched`.
        """


@dataclass(frozen=True)
class BrokenInput:
    """A message of that name which the dialect does not allow."""

    name: str

    async def send(self, user: User, watched: Beside) -> None:
        await user.misbehave(self.name)


@dataclass(frozen=True)
class BrokenFrames:
    """Frames that violate the WebSocket protocol in the way of that name."""

    name: str

    async def send(self, user: User, watched: Beside) -> None:
        await violate_protocol(user, self.name)


@dataclass(frozen=True)
class Bombs:
    """So many compressed messages, one after another, each a thousand times larger inside."""

    count: int

    async def send(self, user: User, watched: Beside) -> None:
        await watched(send_bombs(user, self.count))


MESSAGES: dict[str, Message] = {
    **{name: BrokenInput(name) for name in sorted(broken_inputs())},
    **{name: BrokenFrames(name) for name in VIOLATIONS},
    "3 compressed messages that expand a thousandfold": Bombs(3),
}
