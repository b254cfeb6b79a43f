"""How each service runs as a process: its socket, its log, its signals, its readiness."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import resource
import signal
import socket
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, TypeVar

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from support.reference.config import Config, ConfigError
from support.reference.wire import Listener, Socket, tuned

SUPERVISED = "GREENLIGHT_REFERENCE_SUPERVISED"
SEND_BUFFER_BYTES = 128 * 1024
C = TypeVar("C", bound=Config)
log = logging.getLogger(__name__)


async def nothing() -> None:
    """Do nothing, at the beginning or the end."""


@dataclass
class Service:
    """An application and how it wants to be served. Times in seconds, sizes in bytes."""

    app: Callable[..., Awaitable[None]]
    config: Config
    start: Callable[[], Awaitable[None]] = nothing
    drain: Callable[[], Awaitable[None]] = nothing
    stop: Callable[[], Awaitable[None]] = nothing
    listener: type[H11Protocol] = Listener
    socket: type[Socket] | None = None
    listener_settings: dict[str, Any] = field(default_factory=dict)
    socket_settings: dict[str, Any] = field(default_factory=dict)
    heartbeat_s: float = 20.0
    message_bytes: int = 65_536


class Server(uvicorn.Server):
    """Uvicorn with an end that keeps answering while it drains, and with exit code 0."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self.service = service
        self.stopping = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and tell the supervisor on which port."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stopping.set)
        if os.environ.get(SUPERVISED):
            loop.add_reader(sys.stdin.fileno(), self.on_supervisor)
        await self.service.start()
        await super().startup(sockets)
        assert sockets
        print(json.dumps({"ready": sockets[0].getsockname()[1]}), flush=True)

    def on_supervisor(self) -> None:
        """Stop when the supervisor is gone: its end of our standard input has closed."""
        if not os.read(sys.stdin.fileno(), 1024):
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
            self.stopping.set()

    async def main_loop(self) -> None:
        """Serve until a stop is requested."""
        while not self.stopping.is_set():
            await self.on_tick(0)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), 1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain while still answering, then end."""
        log.info("draining")
        await self.service.drain()
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await self.service.stop()
        log.info("stopped")

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        """Leave signals to the handlers of ``startup``."""
        yield

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop, as for any other signal."""
        self.stopping.set()


def environment(kind: type[C]) -> C:
    """Return the configuration of this process; raise ConfigError with what is wrong."""
    return kind.from_environment(os.environ)


def run(make: Callable[[], Service]) -> int:
    """Serve what ``make`` returns until a signal; return the exit code.

    What prevents a start is logged in one line: the supervisor shows it to people.
    """
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    try:
        service = make()
        listening = bound(service.config)
    except ConfigError as error:
        log.error("%s", error)
        return 2
    except (OSError, sqlite3.Error) as error:
        log.error("cannot start: %s", error)
        return 2
    allow_many_files()
    asyncio.run(serve(service, listening))
    return 0


def allow_many_files() -> None:
    """Raise the soft limit of open files to the hard one: every connection is a file."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def bound(config: Config) -> socket.socket:
    """Return a socket bound where the configuration says; raise OSError when it is taken."""
    # Named, because asyncio turns Nagle's algorithm off only where it can see that this is TCP.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if os.environ.get(SUPERVISED):
        # The supervisor holds the port, without listening, so that a restart gets it back.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    # The kernel's buffer counts too when a client does not read: keep it small.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    sock.bind((config.host, config.port))
    return sock


async def serve(service: Service, listening: socket.socket) -> None:
    """Serve until a stop is requested."""
    config = uvicorn.Config(
        service.app,
        loop="asyncio",
        http=tuned(service.listener, **service.listener_settings),
        ws=tuned(service.socket, **service.socket_settings) if service.socket else "none",
        ws_max_size=service.message_bytes,
        ws_ping_interval=service.heartbeat_s,
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
    )
    server = Server(config, service)
    gc.freeze()
    await server.serve(sockets=[listening])
