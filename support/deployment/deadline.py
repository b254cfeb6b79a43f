"""A deadline for a whole HTTP exchange.

The timeouts of `requests` and `http.client` bound the wait for the next byte: a server that sends
one byte every half second is never too late for them, in the status line, a header or the body.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import Any

from requests.adapters import HTTPAdapter


class Deadline:
    """While inside, ends the connections in use after `limit_s`; `over` tells whether it did.

    The reader then finds their end, and has to ask `over` why.
    """

    def __init__(self, limit_s: float, sockets: Callable[[], Iterable[socket.socket]]) -> None:
        self.over = False
        self._sockets = sockets
        self._timer = threading.Timer(limit_s, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()

    def _end(self) -> None:
        self.over = True
        for line in self._sockets():
            with suppress(OSError):  # it has ended by itself
                # Not the method of an SSLSocket, which would forget its encryption while it reads.
                socket.socket.shutdown(line, socket.SHUT_RDWR)


class RememberingAdapter(HTTPAdapter):
    """As the adapter of `requests`; `sockets()` are those of the connections it has opened."""

    def __init__(self) -> None:
        self._opened: list[Any] = []
        self._connected: list[socket.socket] = []
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        """As that of `requests`, from a pool that tells what it opens."""
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        connect = pool.ConnectionCls

        def opened(*args: Any, **options: Any) -> Any:
            connection = connect(*args, **options)
            begin = connection.connect

            def connecting() -> None:
                begin()
                # A body without a length is read after the connection has released its socket.
                self._connected.append(connection.sock)

            connection.connect = connecting
            self._opened.append(connection)
            return connection

        pool.ConnectionCls = opened
        return pool

    def sockets(self) -> list[socket.socket]:
        """The sockets that are open now."""
        connecting = [c.sock for c in list(self._opened) if c.sock is not None]
        return [*connecting, *self._connected]
