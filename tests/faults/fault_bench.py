"""What the tests of the faults stand on: a loop, deadlines, raw ends of connections."""

from __future__ import annotations

import asyncio
import functools
import socket
import struct
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from support.faults import Proxy

LIMIT_S = 10.0
SOON_S = 3.0


Test = Callable[..., Coroutine[Any, Any, None]]


def on_loop(test: Test) -> Callable[..., None]:
    """Run an async test on a loop of its own, within a deadline; no task may be left over."""

    async def bounded(*args: Any, **kwargs: Any) -> None:
        try:
            async with asyncio.timeout(LIMIT_S):
                await test(*args, **kwargs)
        finally:
            while _dialled:
                talk = _dialled.pop()
                talk.transport.abort()
                await talk.ended()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"left over: {left}"

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(bounded(*args, **kwargs))

    return run


async def soon(what: Coroutine[Any, Any, Any], within_s: float = SOON_S) -> Any:
    """What it gives back, within a few seconds."""
    return await asyncio.wait_for(what, within_s)


class Talk(asyncio.Protocol):
    """One end of a raw connection: what it heard, how it ended, all as events."""

    def __init__(self, echo: bool = False, stands: Callable[[], None] | None = None) -> None:
        self._stands = stands
        self.heard = bytearray()
        self.chunks: list[bytes] = []
        self.times: list[float] = []
        self.over: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        self.fin = asyncio.Event()
        self._news = asyncio.Event()
        self._echo = echo
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if self._stands is not None:
            self._stands()

    def data_received(self, data: bytes) -> None:
        self.heard += data
        self.chunks.append(data)
        self.times.append(asyncio.get_running_loop().time())
        self._news.set()
        if self._echo:
            self.transport.write(data)

    def eof_received(self) -> bool:
        self.fin.set()
        self._news.set()
        return not self._echo

    def connection_lost(self, exc: Exception | None) -> None:
        self.over.set_result(exc)
        self.fin.set()
        self._news.set()

    def say(self, data: bytes) -> None:
        """Send."""
        self.transport.write(data)

    async def hears(self, count: int, within_s: float = SOON_S) -> bytes:
        """Everything heard, once it is at least `count` bytes."""
        async with asyncio.timeout(within_s):
            while len(self.heard) < count:
                assert not self.over.done(), f"ended after {len(self.heard)} bytes"
                self._news.clear()
                await self._news.wait()
        return bytes(self.heard)

    async def ended(self, within_s: float = SOON_S) -> Exception | None:
        """How it ended: None without an error."""
        return await asyncio.wait_for(asyncio.shield(self.over), within_s)

    def vanish(self) -> None:
        """Go with RST."""
        sock = self.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


class Target:
    """A raw server: echoes, or only listens. `talks` are its connections."""

    def __init__(self, echo: bool) -> None:
        self.talks: list[Talk] = []
        self.port = 0
        self._echo = echo
        self._came = asyncio.Event()

    def accept(self) -> Talk:
        def stands() -> None:
            self.talks.append(talk)
            self._came.set()

        talk = Talk(self._echo, stands)
        return talk

    async def talk(self, index: int = 0) -> Talk:
        """The connection number `index`, once it is there."""
        async with asyncio.timeout(SOON_S):
            while len(self.talks) <= index:
                self._came.clear()
                await self._came.wait()
        return self.talks[index]


@asynccontextmanager
async def target(echo: bool = True) -> AsyncIterator[Target]:
    """A raw server on loopback."""
    made = Target(echo)
    server = await asyncio.get_running_loop().create_server(
        made.accept, "127.0.0.1", 0, backlog=2048
    )
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for talk in made.talks:
            talk.transport.abort()
        for talk in made.talks:
            await talk.ended()


@asynccontextmanager
async def user(proxy: Proxy) -> AsyncIterator[Talk]:
    """A raw user of the proxy."""
    talk = await dial(proxy)
    try:
        yield talk
    finally:
        talk.transport.abort()
        await talk.ended()
        _dialled.remove(talk)


async def dial(proxy: Proxy) -> Talk:
    """Connect to the proxy; ended with the test at the latest."""
    _, talk = await asyncio.get_running_loop().create_connection(Talk, proxy.host, proxy.port)
    _dialled.append(talk)
    return talk


async def is_reset(proxy: Proxy) -> bool:
    """Whether a new connection is reset, while it is made or afterwards."""
    try:
        return isinstance(await (await dial(proxy)).ended(), ConnectionResetError)
    except ConnectionResetError:
        return True


async def is_empty(proxy: Proxy) -> bool:
    """True once the proxy has no connection left."""
    async with asyncio.timeout(SOON_S):
        while proxy.links:
            await asyncio.sleep(0)
    return True


_dialled: list[Talk] = []
