"""Small WebSocket servers of the tests, each on a free port, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve


@contextmanager
def serving(
    talk: Callable[[ServerConnection], None],
    process: Callable[[ServerConnection, Request], Response | None] | None = None,
) -> Iterator[str]:
    """The address at which `talk` serves every connection until it is over."""

    def until_closed(socket: ServerConnection) -> None:
        try:
            talk(socket)
        except ConnectionClosed:
            return

    with serve(until_closed, "127.0.0.1", 0, process_request=process) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
