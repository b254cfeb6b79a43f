"""Real WebSocket servers and users for the tests of the faults."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve

from support.faults import Proxy


async def echo_messages(connection: ServerConnection) -> None:
    """A WebSocket server that says back every message."""
    async for message in connection:
        await connection.send(message)


@asynccontextmanager
async def socket_target(
    handler: Callable[[ServerConnection], Coroutine[Any, Any, None]] = echo_messages,
    **options: Any,
) -> AsyncIterator[int]:
    """A real WebSocket server; its port."""
    async with serve(handler, "127.0.0.1", 0, ping_interval=None, **options) as server:
        yield next(iter(server.sockets)).getsockname()[1]


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
    handler: Callable[[ServerConnection], Coroutine[Any, Any, None]] = echo_messages,
    *,
    seed: int = 0,
    max_size: int | None = 1 << 20,
) -> AsyncIterator[tuple[Proxy, ClientConnection]]:
    """A real server, a proxy before it, and a user who is connected through that."""
    async with (
        socket_target(handler, max_size=max_size) as port,
        Proxy("127.0.0.1", port, seed=seed) as proxy,
        socket_user(proxy, max_size=max_size) as alice,
    ):
        yield proxy, alice


def anonymous_tls(protocol: int) -> ssl.SSLContext:
    """TLS without a certificate, so that none has to lie about."""
    made = ssl.SSLContext(protocol)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.maximum_version = ssl.TLSVersion.TLSv1_2
    made.set_ciphers("AECDH-AES256-SHA:@SECLEVEL=0")
    return made
