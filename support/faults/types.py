"""What the parts of the proxy know of one another, so that none of them imports its owner."""

from __future__ import annotations

import asyncio
import enum
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

from support.faults.frames import Frame

Direction = Literal["to_service", "to_user"]
BOTH: tuple[Direction, Direction] = ("to_service", "to_user")

Data = bytes | Frame


class End(enum.Enum):
    """How a sender ended: with FIN (it sends no more) or with RST (the connection is gone)."""

    FIN = "FIN"
    RST = "RST"


@dataclass(frozen=True, slots=True)
class Fired:
    """A fault has fired: its name, what it did in words, and to which direction (None: to both)."""

    name: str
    detail: str
    direction: Direction | None


class Receiver(Protocol):
    """What comes next in a pump: another stage, or the way out."""

    def feed(self, data: Data) -> None:
        """Take what was sent."""

    def end(self, how: End) -> None:
        """Take the end of what was sent."""


class Channel(Receiver, Protocol):
    """A pump, as its stages know it."""

    @property
    def number(self) -> int:
        """Of the connection, from 1."""

    @property
    def direction(self) -> Direction:
        """Where its data goes."""

    def hold(self, who: object) -> None:
        """Stop reading until `who` releases."""

    def release(self, who: object) -> None:
        """`who` has room again. Idempotent."""

    def guarded(self) -> AbstractContextManager[None]:
        """Errors inside end the connection instead of the event loop's callback."""


class Endpoint(Protocol):
    """One of the two sockets of a link, as a pump knows it."""

    @property
    def transport(self) -> asyncio.Transport | None:
        """None until it is connected."""


class Carrier(Protocol):
    """A link, as its pumps and sides know it."""

    number: int
    over: bool
    last_forwarded: float

    def connected(self, side: Endpoint) -> None:
        """One of its two sockets is connected."""

    def disconnected(self) -> None:
        """One of its two sockets is closed."""

    def fin_sent(self, direction: Direction) -> None:
        """A FIN went out in `direction`."""

    def not_a_websocket(self) -> None:
        """What passes is no WebSocket."""

    def failed(self, error: Exception) -> None:
        """A predicate or callback raised `error`."""

    def abort(self) -> None:
        """Close both sockets at once."""


class Counter(Protocol):
    """A fault, as its stages know it."""

    @property
    def spent(self) -> bool:
        """True once it has fired as often as it may."""

    def count(self, detail: str, direction: Direction | None, *, announce: bool) -> None:
        """It has fired."""


class Network(Protocol):
    """The proxy, as its faults know it."""

    seed: int

    def announce(self, fired: Fired) -> None:
        """A fault has fired."""


def as_bytes(data: Data) -> bytes:
    """The bytes on the wire."""
    return data.raw if isinstance(data, Frame) else data
