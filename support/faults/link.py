"""A link: one accepted connection of a user and the one to the target that belongs to it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol

from support.faults.cut import cut
from support.faults.pump import Pump
from support.faults.side import Side

if TYPE_CHECKING:
    from support.faults.fault import Direction


class Owner(Protocol):
    """What a link tells its proxy."""

    def link_opened(self, link: Link) -> None:
        """The user's side stands; nothing has been read from it."""

    def link_done(self, link: Link) -> None:
        """Both sockets are closed."""

    def link_unreachable(self, link: Link, error: OSError) -> None:
        """The target could not be reached."""

    def link_broke(self, link: Link, error: Exception) -> None:
        """A predicate or callback failed."""


class Link:
    """A user's connection through the proxy. `number` counts from 1 in order of acceptance.

    `user_address` is host and port on the user's side, as its own socket names them.
    `passed` is when a byte last went through, by the loop's clock in s.
    `over` is true once both ends are being closed.
    """

    def __init__(self, number: int, owner: Owner) -> None:
        self.number = number
        self.user_address: tuple[str, int] = ("", 0)
        self.over = False
        self.passed = asyncio.get_running_loop().time()
        out, back = Pump(self, "to_target"), Pump(self, "to_user")
        self.pumps: dict[Direction, Pump] = {"to_target": out, "to_user": back}
        self.user = Side(self, out, back)
        self.target = Side(self, back, out)
        self._owner = owner
        self._plain = False
        self._ended: set[Pump] = set()
        self._blockers: set[object] = set()
        self._clear = asyncio.Event()
        self._clear.set()
        self._opening: asyncio.Task[None] | None = None
        self._way_out: Callable[[asyncio.Transport], None] = cut

    def start(self, accepted: socket.socket, host: str, port: int, within_s: float) -> None:
        """Take the user's socket, then connect to the target; cancelled if the link ends before."""
        self._opening = asyncio.create_task(self._open(accepted, host, port, within_s))
        self._opening.add_done_callback(lambda _: self._opening_ended(accepted))

    def block(self, who: object) -> None:
        """Do not connect to the target until `who` unblocks."""
        self._blockers.add(who)
        self._clear.clear()

    def unblock(self, who: object) -> None:
        """`who` does not mind any more."""
        self._blockers.discard(who)
        if not self._blockers:
            self._clear.set()

    def reset(self, directions: Iterable[Direction] = ("to_target", "to_user")) -> None:
        """RST to the receivers of `directions` (RFC 9293 3.10.5); one alone leaves the other open.

        An end that is left open is told nothing: it believes that the connection lives.
        """
        reached = set(directions)
        if len(reached) == 2:
            self._stop(cut)
        else:
            sink = self.pumps[reached.pop()].sink
            sink.doomed = True
            if sink.transport is not None:
                cut(sink.transport)

    def finish(self) -> None:
        """FIN to both ends, behind what was already written."""
        self._stop(lambda transport: transport.close())

    def abort(self) -> None:
        """Close both sockets at once; what the kernel sends is up to it. Waits for nothing."""
        self._stop(lambda transport: transport.abort())
        for side in (self.user, self.target):
            if side.transport is not None and not side.lost:
                side.transport.abort()
        if self._opening is not None:
            self._opening.cancel()

    def delivered_end(self, pump: Pump) -> None:
        """A FIN went out behind `pump`; after both, nothing is left to say."""
        self._ended.add(pump)
        if len(self._ended) == 2:
            self.finish()

    def not_a_websocket(self) -> None:
        """One direction turned out to carry no WebSocket, so neither does."""
        if not self._plain:
            self._plain = True
            for pump in self.pumps.values():
                pump.stop_reading_frames()

    def broke(self, error: Exception) -> None:
        """A predicate or callback failed: the link ends, the owner is told."""
        self._owner.link_broke(self, error)
        self.abort()

    def opened(self, side: Side) -> None:
        """One side stands."""
        if self.over:
            assert side.transport is not None
            self._way_out(side.transport)  # it was on its way when the other was ended
        elif side is self.user and side.transport is not None:
            address = side.transport.get_extra_info("peername") or ("", 0)
            self.user_address = (address[0], address[1])
            with self.pumps["to_target"].guarded():
                self._owner.link_opened(self)

    def lost(self) -> None:
        """One side's socket is closed."""
        self._done_if_closed()

    async def _open(self, accepted: socket.socket, host: str, port: int, within_s: float) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.connect_accepted_socket(lambda: self.user, accepted)
            await self._clear.wait()
            if self.over:
                return
            async with asyncio.timeout(within_s):
                await loop.create_connection(lambda: self.target, host, port)
        except OSError as error:
            if not self.over:
                self._owner.link_unreachable(self, error)
                self.reset()
        except Exception as error:
            self.broke(error)

    def _stop(self, how: Callable[[asyncio.Transport], None]) -> None:
        if self.over:
            return
        self.over, self._way_out = True, how
        if self._opening is not None and not self._clear.is_set():
            self._opening.cancel()
        for side in (self.user, self.target):
            if side.transport is not None and not side.lost:
                how(side.transport)

    def _opening_ended(self, accepted: socket.socket) -> None:
        if self.user.transport is None:
            accepted.close()
        self._done_if_closed()

    def _done_if_closed(self) -> None:
        if self._opening is not None and not self._opening.done():
            return
        if all(side.lost or side.transport is None for side in (self.user, self.target)):
            self.over = True
            self._owner.link_done(self)
