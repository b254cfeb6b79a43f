"""A side: one of the two sockets of a link, as asyncio's transports report on it."""

from __future__ import annotations

import asyncio
from typing import cast

from support.faults.pump import Pump
from support.faults.types import Carrier, End


class Side(asyncio.Protocol):
    """One of the two ends: `outbound` takes what it sends, `inbound` brings what it is sent."""

    inbound: Pump
    outbound: Pump

    def __init__(self, link: Carrier) -> None:
        self.transport: asyncio.Transport | None = None
        self.lost = False
        self._link = link
        self._fin_received = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        if not self._link.over:
            self.inbound.opened()
        self._link.connected(self)

    def data_received(self, data: bytes) -> None:
        self.outbound.data(data)

    def eof_received(self) -> bool:
        if not self._fin_received:
            self._fin_received = True  # asyncio reports it again when reading is resumed
            self.outbound.ended(End.FIN)
        return True  # the other direction may go on

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if exc is not None:
            self.outbound.ended(End.RST)
        self._link.disconnected()

    def pause_writing(self) -> None:
        self.inbound.hold(self)

    def resume_writing(self) -> None:
        self.inbound.release(self)
