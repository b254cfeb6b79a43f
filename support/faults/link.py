"""A link: one accepted connection of a user and the one to the service that belongs to it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Protocol

from support.faults.cut import cut
from support.faults.pump import Pump
from support.faults.side import Side
from support.faults.stage import Stage
from support.faults.types import Direction, Endpoint


class Owner(Protocol):
    """The proxy, as its links know it."""

    def link_opened(self, link: Link) -> None:
        """The user's side is connected; nothing has been read from it."""

    def link_closed(self, link: Link) -> None:
        """Both sockets are closed."""

    def link_failed(self, link: Link, error: Exception) -> None:
        """A predicate or callback raised `error`."""


class Link:
    """A user's connection through the proxy. `number` counts from 1 in order of acceptance.

    `last_forwarded` is when a byte last went through, in s of the loop's clock.
    `over` is true once both ends are being closed.
    """

    def __init__(self, number: int, owner: Owner) -> None:
        self.number = number
        self.over = False
        self.last_forwarded = asyncio.get_running_loop().time()
        self.user, self.service = user, service = Side(self), Side(self)
        out = Pump(self, "to_service", source=user, sink=service)
        back = Pump(self, "to_user", source=service, sink=user)
        self.pumps: dict[Direction, Pump] = {"to_service": out, "to_user": back}
        user.outbound = service.inbound = out
        service.outbound = user.inbound = back
        self._owner = owner
        self._fins: set[Direction] = set()
        self._opening: asyncio.Task[None] | None = None
        self._close_late: Callable[[asyncio.Transport], None] = cut

    @property
    def is_open(self) -> bool:
        """True while a fault that is added now can work on it."""
        return self.user.transport is not None and not self.over

    def start(self, accepted: socket.socket, host: str, port: int, within_s: float) -> None:
        """Take the user's socket, then connect to the service; the user is reset if that fails."""
        self._opening = asyncio.create_task(self._open(accepted, host, port, within_s))
        self._opening.add_done_callback(lambda _: self._opening_ended(accepted))

    def insert(self, stage: Stage) -> None:
        """Let a fault's stage work in its direction from the next byte on."""
        self.pumps[stage.pump.direction].insert(stage)

    def remove(self, stage: Stage) -> None:
        """Take out a stage that holds nothing (any more). Idempotent."""
        self.pumps[stage.pump.direction].remove(stage)

    def reset(self) -> None:
        """RST to both ends (RFC 9293 3.10.5)."""
        self._stop(cut)

    def abort(self) -> None:
        """Close both sockets at once; waits for nothing."""
        self._stop(lambda transport: transport.abort())
        for side in (self.user, self.service):
            if side.transport is not None and not side.lost:
                side.transport.abort()
        if self._opening is not None:
            self._opening.cancel()

    def fin_sent(self, direction: Direction) -> None:
        """A FIN went out in `direction`; after both, the link closes behind what was written."""
        self._fins.add(direction)
        if len(self._fins) == 2:
            self._stop(lambda transport: transport.close())

    def not_a_websocket(self) -> None:
        """One direction turned out to carry no WebSocket, so neither does. Idempotent."""
        for pump in self.pumps.values():
            pump.stop_reading_frames()

    def failed(self, error: Exception) -> None:
        """A predicate or callback raised `error`: the link ends, the owner keeps the error."""
        self._owner.link_failed(self, error)
        self.abort()

    def connected(self, side: Endpoint) -> None:
        """One side is connected."""
        if self.over:
            assert side.transport is not None
            self._close_late(side.transport)  # it was on its way when the other was ended
        elif side is self.user:
            with self.pumps["to_service"].guarded():
                self._owner.link_opened(self)

    def disconnected(self) -> None:
        """One side's socket is closed."""
        if self._opening is not None and not self._opening.done():
            return
        if all(side.lost or side.transport is None for side in (self.user, self.service)):
            self.over = True
            self._owner.link_closed(self)

    async def _open(self, accepted: socket.socket, host: str, port: int, within_s: float) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.connect_accepted_socket(lambda: self.user, accepted)
            if not self.over:
                async with asyncio.timeout(within_s):
                    await loop.create_connection(lambda: self.service, host, port)
        except OSError:  # a TimeoutError included: the service cannot be reached
            self.reset()
        except Exception as error:
            self.failed(error)

    def _stop(self, close: Callable[[asyncio.Transport], None]) -> None:
        if self.over:
            return
        self.over, self._close_late = True, close
        for side in (self.user, self.service):
            if side.transport is not None and not side.lost:
                close(side.transport)

    def _opening_ended(self, accepted: socket.socket) -> None:
        if self.user.transport is None:
            accepted.close()
        self.disconnected()
