"""``python -m support.reference.spawner LISTENER``: starts services by forking, not anew.

It imports them once and does nothing else but fork: no thread, no event loop and no database is
ever open here, so a forked process is as good as a fresh one, half a second of processor time
earlier. LISTENER is the number of an inherited listening Unix socket. Each connection asks for one
process: a JSON request with the three standard streams attached, then the end of what is sent. The
answers are its process id and, once it has ended, its status. All ends with standard input.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

PRELOADED = ("support.reference.auth", "support.reference.chat")
STREAMS = 3
REQUEST_BYTES = 65_536


class Request(NamedTuple):
    """The module whose `main` is called, with these arguments if there are any."""

    module: str
    arguments: list[str]
    environment: dict[str, str]


class Spawner:
    """Forks what connections ask for, until standard input ends."""

    def __init__(self, listener: socket.socket) -> None:
        self.listener = listener
        self.waits = selectors.DefaultSelector()
        self.waits.register(listener, selectors.EVENT_READ, self.serve_next)
        self.waits.register(sys.stdin.fileno(), selectors.EVENT_READ)

    def run(self) -> None:
        """Serve until standard input ends."""
        while True:
            for key, _ in self.waits.select():
                if key.data is None:
                    return
                key.data()

    def serve_next(self) -> None:
        """Fork the process that the next connection asks for."""
        connection, _ = self.listener.accept()
        streams: list[int] = []
        try:
            request = received(connection, streams)
            pid = os.fork()
            if pid == 0:
                become(request, streams)
            connection.send(f"{pid}\n".encode())
        except (OSError, ValueError, TypeError):  # who asked has gone, and nothing was started
            connection.close()
            return
        finally:
            for stream in streams:
                os.close(stream)
        watch = os.pidfd_open(pid)

        def ended() -> None:
            self.waits.unregister(watch)
            os.close(watch)
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            with suppress(OSError), connection:
                connection.send(f"{status}\n".encode())

        self.waits.register(watch, selectors.EVENT_READ, ended)


def received(connection: socket.socket, streams: list[int]) -> Request:
    """Return what is asked for; the standard streams are added to ``streams``."""
    content, given, _, _ = socket.recv_fds(connection, REQUEST_BYTES, STREAMS)
    streams += given
    while more := connection.recv(REQUEST_BYTES):
        content += more
    return Request(*json.loads(content))


def become(request: Request, streams: Sequence[int]) -> None:
    """In the forked process: be what is asked for, and end. Never returns."""
    status = 1
    try:
        os.setsid()  # a Ctrl+C at the terminal reaches the supervisor alone
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        os.closerange(STREAMS, os.sysconf("SC_OPEN_MAX"))
        os.environ.clear()
        os.environ.update(request.environment)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        main = importlib.import_module(request.module).main
        status = main(request.arguments) if request.arguments else main()
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(OSError):
            sys.stdout.flush()
        os._exit(status)


def main(arguments: Sequence[str]) -> int:
    """Import everything and serve; return the exit code."""
    os.umask(0o077)  # stores and logs hold what people wrote
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends with those who use it
    for name in PRELOADED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=int(arguments[0])) as listener:
        Spawner(listener).run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
