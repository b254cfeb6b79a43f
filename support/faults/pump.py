"""A pump: one direction of a link, from a sender through the stages of faults to a receiver."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from support.faults.cut import cut
from support.faults.frame_reader import FrameReader
from support.faults.frames import Frame
from support.faults.stage import HELD_BYTES, End, Receiver, Stage, as_bytes

if TYPE_CHECKING:
    from support.faults.fault import Direction
    from support.faults.link import Link
    from support.faults.side import Side


class Pump:
    """Bytes come in by `data`, pass framed stages, then the others, and go out by `feed`.

    Stages stand in the order their faults were added. Without any, bytes are written on at once.
    """

    def __init__(self, link: Link, direction: Direction) -> None:
        self.link = link
        self.direction = direction
        self._reader = FrameReader()
        self._stages: list[Stage] = []
        self._first: Receiver = self
        self._early: list[bytes | End] = []
        self._early_bytes = 0
        self._busy = False
        self._stoppers: set[object] = set()
        self._loop = asyncio.get_running_loop()

    @property
    def source(self) -> Side:
        """Who is read from."""
        return self.link.user if self.direction == "to_target" else self.link.target

    @property
    def sink(self) -> Side:
        """Who is written to."""
        return self.link.target if self.direction == "to_target" else self.link.user

    def data(self, data: bytes) -> None:
        """The sender said this."""
        self._busy = True
        try:
            for piece in self._reader.feed(data):
                self._first.feed(piece)
            if self._reader.is_other:
                self.link.not_a_websocket()
        except Exception as error:
            self.link.broke(error)
        finally:
            self._busy = False
        if self._reader.holding:
            self._hold_frames_no_longer()

    def ended(self, how: End) -> None:
        """The sender ended."""
        with self.guarded():
            self.stop_reading_frames()
            self._first.end(how)

    def stop_reading_frames(self) -> None:
        """What comes from now on is bytes."""
        if held := self._reader.stop():
            self._first.feed(held)

    def feed(self, data: bytes | Frame) -> None:
        """The way out: write to the receiver, or keep it until there is one."""
        if self.link.over:
            return
        transport = self.sink.transport
        if transport is None:
            self._keep(as_bytes(data))
        elif not transport.is_closing():
            transport.write(as_bytes(data))
            self.link.passed = self._loop.time()

    def end(self, how: End) -> None:
        """The way out: end towards the receiver as the sender has ended."""
        if self.link.over:
            return
        transport, source = self.sink.transport, self.source.transport
        if transport is None:
            self._early.append(how)
            if how is End.RST:
                self.link.abort()
        elif transport.is_closing():
            if source is not None:
                source.abort()  # nobody is left to hear it
        elif how is End.RST:
            cut(transport)
        else:
            # The receiver may have reset the line in this very moment: nobody hears the FIN then.
            with suppress(OSError):
                transport.write_eof()
            self.link.delivered_end(self)

    def opened(self) -> None:
        """There is a receiver: hand over what was kept."""
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
        """Take a stage out that holds nothing (any more)."""
        if stage not in self._stages:
            return
        self._stages.remove(stage)
        self.release(stage)
        self._relink()
        if self._reader.holding and not self._busy:  # otherwise behind what is on its way
            self._hold_frames_no_longer()

    def hold(self, who: object) -> None:
        """Stop reading until `who` releases."""
        self._stoppers.add(who)
        transport = self.source.transport
        if transport is not None and not transport.is_closing():
            transport.pause_reading()

    def release(self, who: object) -> None:
        """`who` has room again; read on if all have. Idempotent."""
        if who not in self._stoppers:
            return
        self._stoppers.discard(who)
        transport = self.source.transport
        if not self._stoppers and transport is not None and not transport.is_closing():
            transport.resume_reading()

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """An error of a predicate or callback ends the link and is raised by `Proxy.close`."""
        try:
            yield
        except Exception as error:
            self.link.broke(error)

    def _keep(self, data: bytes) -> None:
        self._early.append(data)
        self._early_bytes += len(data)
        if self._early_bytes > HELD_BYTES:
            self.hold("early")

    def _hold_frames_no_longer(self) -> None:
        if any(stage.framed for stage in self._stages):
            return
        if held := self._reader.let_go():
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
