"""The proxy: stands between users and the service, and lets faults work on their connections."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import TypeVar

from support.faults.cut import reset_on_close
from support.faults.fault import Fault
from support.faults.link import Link
from support.faults.listener import Listener
from support.faults.types import Fired

F = TypeVar("F", bound=Fault)
OnFired = Callable[[Fired], object]
OnArrived = Callable[[int, bool], object]

CONNECT_S = 3.0
CLOSE_S = 1.0


class Proxy:
    """Forwards connections to `host`:`port`, untouched as long as no fault is added.

    Lives on the event loop it is started on; all its methods are called there. `seed` decides every
    random choice of its faults. `on_fired` is called when a fault fires (of one that
    works on every byte, the first time on each connection and direction); it must not block, and
    may add and remove faults. `on_arrived(number, admitted)` is called for every connection that
    comes, refused ones included; `accepted` counts them. A user is reset when the service cannot be
    reached within `connect_s`.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        seed: int = 0,
        on_fired: OnFired | None = None,
        on_arrived: OnArrived | None = None,
        connect_s: float = CONNECT_S,
    ) -> None:
        self.service = (host, port)
        self.seed = seed
        self.accepted = 0
        self._on_fired = on_fired
        self._on_arrived = on_arrived
        self._connect_s = connect_s
        self._listener: Listener | None = None
        self._links: dict[int, Link] = {}
        self._faults: list[Fault] = []
        self._used: list[Fault] = []
        self._errors: list[Exception] = []
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def host(self) -> str:
        """Where it listens; raises `RuntimeError` before `start`."""
        return self._listening.host

    @property
    def port(self) -> int:
        """The port it was given; raises `RuntimeError` before `start`."""
        return self._listening.port

    @property
    def links(self) -> list[Link]:
        """The connections of now, oldest first."""
        return list(self._links.values())

    @property
    def faults(self) -> list[Fault]:
        """What is at work, in the order it was added."""
        return list(self._faults)

    @property
    def used_faults(self) -> dict[str, int | None]:
        """The names of all faults that were ever added, and how often each may fire."""
        return {fault.name: fault.times for fault in self._used}

    async def start(self) -> None:
        """Listen on a free port of 127.0.0.1. Raises `OSError` if there is none."""
        if self._listener is None:
            self._listener = Listener(self._accept)

    async def close(self) -> None:
        """End every connection, task and socket, within 1 s. Idempotent.

        Raises the first error that a predicate or callback raised while the proxy ran, and
        `TimeoutError` if something did not end.
        """
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for link in self.links:
            link.abort()
        async with asyncio.timeout(CLOSE_S):
            await self._empty.wait()
        self.reset()
        if self._errors:
            raise self._errors.pop(0)

    async def __aenter__(self) -> Proxy:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def add(self, fault: F) -> F:
        """Let `fault` work from now on; returns it. Raises `ValueError` if it already does."""
        fault.added(self, len(self._used) + 1)
        self._used.append(fault)
        self._faults.append(fault)
        if fault.scope != "new":
            for link in self.links:
                if link.is_open:
                    fault.attach(link)
        return fault

    def add_all(self, faults: Iterable[Fault]) -> None:
        """Let all of `faults` work from now on, in that order."""
        for fault in faults:
            self.add(fault)

    def remove(self, fault: Fault) -> None:
        """Let `fault` work no more: what it held back goes out, in order. Idempotent."""
        if fault in self._faults:
            self._faults.remove(fault)
            fault.removed()

    def reset(self) -> None:
        """Remove every fault, the last added first."""
        for fault in reversed(self.faults):
            self.remove(fault)

    @asynccontextmanager
    async def with_fault(self, fault: F) -> AsyncIterator[F]:
        """`fault` works as long as the block runs."""
        self.add(fault)
        try:
            yield fault
        finally:
            self.remove(fault)

    def announce(self, fired: Fired) -> None:
        """Called by a fault that has fired."""
        if self._on_fired is not None:
            try:
                self._on_fired(fired)
            except Exception as error:
                self._errors.append(error)

    def link_opened(self, link: Link) -> None:
        """A user has connected: the faults that are for new connections begin."""
        for fault in self.faults:
            if fault.scope != "open" and not link.over:
                fault.attach(link)

    def link_closed(self, link: Link) -> None:
        """Both sockets of a link are closed."""
        if self._links.pop(link.number, None) is not None:
            for fault in self._faults:
                fault.link_closed(link)
        if not self._links:
            self._empty.set()

    def link_failed(self, link: Link, error: Exception) -> None:
        """Kept for `close` to raise."""
        self._errors.append(error)

    @property
    def _listening(self) -> Listener:
        if self._listener is None:
            raise RuntimeError("the proxy is not running")
        return self._listener

    def _accept(self, accepted: socket.socket) -> None:
        self.accepted += 1
        admitted = all(fault.admits(self.accepted) for fault in self.faults)
        if self._on_arrived is not None:
            self._on_arrived(self.accepted, admitted)
        if not admitted:
            reset_on_close(accepted)
            accepted.close()
            return
        link = self._links[self.accepted] = Link(self.accepted, self)
        self._empty.clear()
        link.start(accepted, *self.service, self._connect_s)
