"""The listening socket: can be closed and opened again on the same port."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable

BACKLOG = 4096  # the kernel takes its own limit if that is lower


class Listener:
    """Listens on a free port of 127.0.0.1 and hands over every socket it accepts."""

    def __init__(self, accepted: Callable[[socket.socket], None]) -> None:
        self._accepted = accepted
        self._loop = asyncio.get_running_loop()
        # Bound but never listening: while we refuse, nobody else can be given the port.
        self._keeper = _bound(0)
        address: tuple[str, int] = self._keeper.getsockname()
        self.host, self.port = address
        self._listening: socket.socket | None = None
        self._shut_by: set[object] = set()
        self._open()

    def shut(self, who: object) -> None:
        """Connections are refused by the kernel until `who` and all others admit them again."""
        self._shut_by.add(who)
        self._close()

    def admit(self, who: object) -> None:
        """`who` does not mind any more. Raises `OSError` if the port is lost."""
        self._shut_by.discard(who)
        if not self._shut_by and self._listening is None:
            self._open()

    def close(self) -> None:
        """Give the port back. Idempotent."""
        self._close()
        self._keeper.close()

    def _open(self) -> None:
        self._listening = _bound(self.port)
        self._listening.listen(BACKLOG)
        self._loop.add_reader(self._listening, self._accept)

    def _close(self) -> None:
        if self._listening is not None:
            self._loop.remove_reader(self._listening)
            self._listening.close()
            self._listening = None

    def _accept(self) -> None:
        for _ in range(BACKLOG):
            if self._listening is None:  # closed by what was just accepted
                return
            try:
                accepted, _ = self._listening.accept()
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionAbortedError:
                continue
            accepted.setblocking(False)
            self._accepted(accepted)


def _bound(port: int) -> socket.socket:
    # The protocol is named because asyncio turns Nagle's algorithm off only where it is.
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setblocking(False)
    # Two sockets on one port, of which one listens: Linux wants this of both, BSD the other.
    reuse = socket.SO_REUSEADDR if sys.platform == "linux" else socket.SO_REUSEPORT
    made.setsockopt(socket.SOL_SOCKET, reuse, 1)
    made.bind(("127.0.0.1", port))
    return made
