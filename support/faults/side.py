"""A side: one of the two sockets of a link, as asyncio's transports report on it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from support.faults.cut import cut
from support.faults.stage import End

if TYPE_CHECKING:
    from support.faults.link import Link
    from support.faults.pump import Pump


class Side(asyncio.Protocol):
    """One of the two ends: `out` takes what it says, `into` is what it is told."""

    def __init__(self, link: Link, out: Pump, into: Pump) -> None:
        self.transport: asyncio.Transport | None = None
        self.lost = False
        self.doomed = False  # is to be reset as soon as it stands
        self._said_fin = False
        self._link, self._out, self._into = link, out, into

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        if self.doomed:
            cut(self.transport)
            return
        if not self._link.over:
            self._into.opened()
        self._link.opened(self)

    def data_received(self, data: bytes) -> None:
        if not self._link.over:
            self._out.data(data)

    def eof_received(self) -> bool:
        if not self._link.over and not self._said_fin:
            self._said_fin = True  # asyncio reports it again when reading is resumed
            self._out.ended(End.FIN)
        return True  # the other direction may go on

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if exc is not None and not self._link.over:
            self._out.ended(End.RST)
        self._link.lost()

    def pause_writing(self) -> None:
        self._into.hold(self)

    def resume_writing(self) -> None:
        self._into.release(self)
