"""A pump: one direction of a link, from a sender through the stages of faults to a receiver."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from support.faults.cut import cut
from support.faults.frame_reader import FrameReader
from support.faults.stage import HELD_BYTES, Stage
from support.faults.types import Carrier, Data, Direction, End, Endpoint, Receiver, as_bytes


class Pump:
    """Bytes come in by `data`, pass framed stages, then the others, and go out by `feed`.

    Stages stand in the order their faults were added. Without any, bytes are written at once.
    """

    def __init__(
        self, link: Carrier, direction: Direction, source: Endpoint, sink: Endpoint
    ) -> None:
        self.direction = direction
        self._link, self._source, self._sink = link, source, sink
        self._reader = FrameReader()
        self._stages: list[Stage] = []
        self._first: Receiver = self
        self._early: list[bytes | End] = []  # what came before the receiver was connected
        self._early_bytes = 0
        self._busy = False
        self._holders: set[object] = set()
        self._loop = asyncio.get_running_loop()

    @property
    def number(self) -> int:
        """Of the connection, from 1."""
        return self._link.number

    def data(self, data: bytes) -> None:
        """The sender sent `data`."""
        if self._link.over:
            return
        self._busy = True
        try:
            for piece in self._reader.feed(data):
                self._first.feed(piece)
            if self._reader.is_other:
                self._link.not_a_websocket()
        except Exception as error:
            self._link.failed(error)
        finally:
            self._busy = False
        if self._reader.holding:
            self._stop_holding_frames()

    def ended(self, how: End) -> None:
        """The sender ended."""
        if not self._link.over:
            with self.guarded():
                self.stop_reading_frames()
                self._first.end(how)

    def stop_reading_frames(self) -> None:
        """What comes from now on is bytes."""
        if held := self._reader.stop():
            self._first.feed(held)

    def feed(self, data: Data) -> None:
        """The way out: write to the receiver, or keep it until there is one."""
        if self._link.over:
            return
        transport = self._sink.transport
        if transport is None:
            self._keep(as_bytes(data))
        elif not transport.is_closing():
            transport.write(as_bytes(data))
            self._link.last_forwarded = self._loop.time()

    def end(self, how: End) -> None:
        """The way out: end towards the receiver as the sender has ended."""
        if self._link.over:
            return
        transport, source = self._sink.transport, self._source.transport
        if transport is None:
            self._early.append(how)
            if how is End.RST:
                self._link.abort()
        elif transport.is_closing():
            if source is not None:
                source.abort()  # nobody is left to receive it
        elif how is End.RST:
            cut(transport)
        else:
            # The receiver may have reset the connection at this very moment: then no FIN arrives.
            with suppress(OSError):
                transport.write_eof()
            self._link.fin_sent(self.direction)

    def opened(self) -> None:
        """The receiver is connected: hand over what was kept."""
        early, self._early = self._early, []
        for item in early:
            if isinstance(item, End):
                self.end(item)
            else:
                self.feed(item)
        self.release("early")

    def insert(self, stage: Stage) -> None:
        """Let a fault's stage work from the next byte on."""
        self._stages.append(stage)
        self._relink()

    def remove(self, stage: Stage) -> None:
        """Take out a stage that holds nothing (any more). Idempotent."""
        if stage not in self._stages:
            return
        self._stages.remove(stage)
        self.release(stage)
        self._relink()
        if self._reader.holding and not self._busy:  # otherwise behind what is on its way
            self._stop_holding_frames()

    def hold(self, who: object) -> None:
        """Stop reading until `who` releases."""
        self._holders.add(who)
        transport = self._source.transport
        if transport is not None and not transport.is_closing():
            transport.pause_reading()

    def release(self, who: object) -> None:
        """`who` has room again; read on if all have. Idempotent."""
        if who not in self._holders:
            return
        self._holders.discard(who)
        transport = self._source.transport
        if not self._holders and transport is not None and not transport.is_closing():
            transport.resume_reading()

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """An error of a predicate or callback ends the link and is raised by `Proxy.close`."""
        try:
            yield
        except Exception as error:
            self._link.failed(error)

    def _keep(self, data: bytes) -> None:
        self._early.append(data)
        self._early_bytes += len(data)
        if self._early_bytes > HELD_BYTES:
            self.hold("early")

    def _stop_holding_frames(self) -> None:
        if any(stage.framed for stage in self._stages):
            return
        if held := self._reader.stop_holding():
            with self.guarded():
                self._first.feed(held)

    def _relink(self) -> None:
        chain = sorted(self._stages, key=lambda stage: not stage.framed)  # stable
        following: Receiver = self
        for stage in reversed(chain):
            stage.next = following
            following = stage
        self._first = following
        if chain and chain[0].framed:
            self._reader.holding = True
