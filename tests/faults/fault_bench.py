"""What the tests of the faults share: a loop with a deadline, raw ends of connections."""

from __future__ import annotations

import asyncio
import functools
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import Any

from support.faults import Proxy, cut

LIMIT_S = 30.0
SOON_S = 10.0


Test = Callable[..., Coroutine[Any, Any, None]]


def on_loop(test: Test) -> Callable[..., None]:
    """Run an async test on a loop of its own, within a deadline; no task may be left over."""

    async def bounded(*args: Any, **kwargs: Any) -> None:
        try:
            async with asyncio.timeout(LIMIT_S):
                await test(*args, **kwargs)
        finally:
            while _dialled:
                peer = _dialled.pop()
                peer.transport.abort()
                await peer.ended()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"left over: {left}"

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(bounded(*args, **kwargs))

    return run


async def soon(what: Coroutine[Any, Any, Any], within_s: float = SOON_S) -> Any:
    """What it returns, within `within_s` seconds."""
    return await asyncio.wait_for(what, within_s)


async def until(condition: Callable[[], object]) -> bool:
    """True once `condition` holds; raises `TimeoutError` when it does not within `SOON_S`."""
    async with asyncio.timeout(SOON_S):
        while not condition():
            await asyncio.sleep(0)
    return True


class Peer(asyncio.Protocol):
    """One end of a raw connection: what it received and how it ended, all as events."""

    def __init__(self, echo: bool = False, connected: Callable[[Peer], None] | None = None) -> None:
        self.received = bytearray()
        self.chunks: list[bytes] = []
        self.times: list[float] = []
        self.over: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        self.fin = asyncio.Event()
        self.transport: asyncio.Transport
        self._connected, self._echo = connected, echo
        self._changed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if self._connected is not None:
            self._connected(self)

    def data_received(self, data: bytes) -> None:
        self.received += data
        self.chunks.append(data)
        self.times.append(asyncio.get_running_loop().time())
        self._changed.set()
        if self._echo:
            self.transport.write(data)

    def eof_received(self) -> bool:
        self.fin.set()
        self._changed.set()
        return not self._echo

    def connection_lost(self, exc: Exception | None) -> None:
        self.over.set_result(exc)
        self.fin.set()
        self._changed.set()

    def send(self, data: bytes) -> None:
        """Send, and wait for nothing."""
        self.transport.write(data)

    def send_fin(self) -> None:
        """Send no more."""
        self.transport.write_eof()

    async def receives(self, count: int, within_s: float = SOON_S) -> bytes:
        """Everything received, once it is at least `count` bytes."""
        async with asyncio.timeout(within_s):
            while len(self.received) < count:
                assert not self.over.done(), f"ended after {len(self.received)} bytes"
                self._changed.clear()
                await self._changed.wait()
        return bytes(self.received)

    async def echoes(self, data: bytes = b"x") -> bool:
        """True once `data`, sent to an echo, has come back."""
        wanted = len(self.received) + len(data)
        self.send(data)
        return (await self.receives(wanted)).endswith(data)

    async def ended(self) -> Exception | None:
        """How it ended: None without an error."""
        return await asyncio.wait_for(asyncio.shield(self.over), SOON_S)

    async def is_reset(self) -> bool:
        """Whether it ended with RST."""
        return isinstance(await self.ended(), ConnectionResetError)

    def vanish(self) -> None:
        """End with RST."""
        cut(self.transport)


class Service:
    """A raw server: echoes, or only listens. `peers` are its connections."""

    def __init__(self, echo: bool) -> None:
        self.peers: list[Peer] = []
        self.port = 0
        self._echo = echo

    def accept(self) -> Peer:
        return Peer(self._echo, self.peers.append)

    async def peer(self, index: int = 0) -> Peer:
        """The connection number `index`, once it is there."""
        await until(lambda: len(self.peers) > index)
        return self.peers[index]


@asynccontextmanager
async def proxied(echo: bool = True, **options: Any) -> AsyncIterator[tuple[Service, Proxy]]:
    """A raw service, and a proxy before it."""
    service = Service(echo)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(service.accept, "127.0.0.1", 0, backlog=2048)
    service.port = server.sockets[0].getsockname()[1]
    try:
        async with Proxy("127.0.0.1", service.port, **options) as proxy:
            yield service, proxy
    finally:
        server.close()
        for peer in service.peers:
            peer.transport.abort()
        for peer in service.peers:
            await peer.ended()


@asynccontextmanager
async def connected(echo: bool = True, **options: Any) -> AsyncIterator[tuple[Proxy, Peer, Peer]]:
    """A proxy, the user connected through it, and the service's end of that connection."""
    async with proxied(echo, **options) as (service, proxy):
        alice = await dial(proxy)
        yield proxy, alice, await service.peer()


async def dial(proxy: Proxy) -> Peer:
    """Connect to the proxy; ended with the test at the latest."""
    _, peer = await asyncio.get_running_loop().create_connection(Peer, proxy.host, proxy.port)
    _dialled.append(peer)
    return peer


async def is_refused(proxy: Proxy) -> bool:
    """Whether a new connection is reset, while it is made or afterwards."""
    try:
        return await (await dial(proxy)).is_reset()
    except ConnectionResetError:
        return True


@contextmanager
def deaf_port() -> Iterator[int]:
    """A port of loopback on which connecting takes for ever: its queue is full."""
    with ExitStack() as stack:
        deaf = stack.enter_context(socket.socket())
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for _ in range(4):
            caller = stack.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(deaf.getsockname())
        port: int = deaf.getsockname()[1]
        yield port


def closed_port() -> int:
    """A port of loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


_dialled: list[Peer] = []
