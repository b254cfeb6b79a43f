"""The listening socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

BACKLOG = 4096  # the kernel takes its own limit if that is lower


class Listener:
    """Listens on a free port of 127.0.0.1 and hands over every socket it accepts."""

    def __init__(self, accepted: Callable[[socket.socket], None]) -> None:
        self._accepted = accepted
        self._loop = asyncio.get_running_loop()
        # The protocol is named because asyncio turns Nagle's algorithm off only where it is.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setblocking(False)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(BACKLOG)
        address: tuple[str, int] = self._socket.getsockname()
        self.host, self.port = address
        self._loop.add_reader(self._socket, self._accept)

    def close(self) -> None:
        """Give the port back. Idempotent."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
            self._socket.close()

    def _accept(self) -> None:
        while self._socket.fileno() >= 0:  # may be closed by what was just accepted
            try:
                accepted, _ = self._socket.accept()
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionAbortedError:
                continue
            accepted.setblocking(False)
            self._accepted(accepted)
