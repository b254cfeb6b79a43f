"""Real WebSocket servers and users for the tests of the faults."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from fault_bench import soon
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve

from support.faults import Fault, Proxy

Handler = Callable[[ServerConnection], Coroutine[Any, Any, None]]


async def echo_messages(connection: ServerConnection) -> None:
    """A WebSocket server that sends back every message."""
    async for message in connection:
        await connection.send(message)


@asynccontextmanager
async def socket_proxied(
    handler: Handler = echo_messages, *, proxy: dict[str, Any] | None = None, **options: Any
) -> AsyncIterator[Proxy]:
    """A real WebSocket server, and a proxy before it."""
    async with serve(handler, "127.0.0.1", 0, ping_interval=None, **options) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with Proxy("127.0.0.1", port, **(proxy or {})) as made:
            yield made


@asynccontextmanager
async def socket_user(proxy: Proxy, **options: Any) -> AsyncIterator[ClientConnection]:
    """A real WebSocket user of the proxy."""
    options = {"compression": None, "ping_interval": None, "close_timeout": 0.2, **options}
    connection = await connect(f"ws://{proxy.host}:{proxy.port}", proxy=None, **options)
    try:
        yield connection
    finally:
        connection.transport.abort()
        await connection.wait_closed()


@asynccontextmanager
async def conversation(
    handler: Handler = echo_messages, *, max_size: int | None = 1 << 20, **proxy: Any
) -> AsyncIterator[tuple[Proxy, ClientConnection]]:
    """A real server, a proxy before it, and a user who is connected through that."""
    async with (
        socket_proxied(handler, proxy=proxy, max_size=max_size) as made,
        socket_user(made, max_size=max_size) as alice,
    ):
        yield made, alice


async def counted(alice: ClientConnection, count: int) -> list[str]:
    """What a user receives of an echo of 0, 1, 2 … and a last "end" which is not damaged."""
    for turn in range(count):
        await alice.send(str(turn))
    await alice.send("end")
    received: list[str] = []
    while "end" not in received:
        received.append(str(await soon(alice.recv())))
    return received


async def under(fault: Fault, count: int, seed: int = 0) -> list[str]:
    """The same, on a new connection under `fault`."""
    async with conversation(seed=seed) as (proxy, alice):
        proxy.add(fault)
        return await counted(alice, count)


def not_the_end(payload: bytes) -> bool:
    """Every message but the last."""
    return payload != b"end"


def anonymous_tls(protocol: int) -> ssl.SSLContext:
    """TLS without a certificate, so that none has to lie about."""
    made = ssl.SSLContext(protocol)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.maximum_version = ssl.TLSVersion.TLSv1_2
    made.set_ciphers("AECDH-AES256-SHA:@SECLEVEL=0")
    return made
