"""A process that the spawner has forked, as its supervisor sees it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from collections.abc import Mapping, Sequence
from typing import BinaryIO

#: Where the spawner listens; without it every process is started anew.
SPAWNER = "GREENLIGHT_REFERENCE_SPAWNER"


class Spawned:
    """What `Child` needs of a process, as `asyncio.subprocess.Process` has it."""

    def __init__(
        self, pid: int, stdin: int, stdout: asyncio.StreamReader, answers: asyncio.StreamReader
    ) -> None:
        self.pid = pid
        self.stdout = stdout
        self.returncode: int | None = None
        self._stdin = stdin  # its end tells the process that nobody supervises it any more
        self._ended = asyncio.create_task(self._end(answers))

    async def _end(self, answers: asyncio.StreamReader) -> int:
        status = await answers.readline()
        os.close(self._stdin)
        self.returncode = int(status or -signal.SIGKILL)  # a spawner that has gone says nothing
        return self.returncode

    async def wait(self) -> int:
        """Return the exit code once the process has ended."""
        return await asyncio.shield(self._ended)

    def send_signal(self, number: int) -> None:
        """Raise ProcessLookupError when the process has ended."""
        if self.returncode is not None:
            raise ProcessLookupError
        os.kill(self.pid, number)

    def kill(self) -> None:
        """End the process at once."""
        self.send_signal(signal.SIGKILL)


async def spawn(arguments: Sequence[str], environment: Mapping[str, str], log: BinaryIO) -> Spawned:
    """Have ``python -m arguments…`` forked, with ``log`` for its standard error.

    Raises OSError where there is no spawner.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(os.environ[SPAWNER])
        stdin, stdout = os.pipe(), os.pipe()
        module, *rest = arguments
        request = json.dumps([module, rest, dict(environment)]).encode()
        try:
            sent = socket.send_fds(connection, [request], [stdin[0], stdout[1], log.fileno()])
            connection.sendall(request[sent:])
            connection.shutdown(socket.SHUT_WR)
        finally:
            os.close(stdin[0])
            os.close(stdout[1])
    except BaseException:
        connection.close()
        raise
    loop = asyncio.get_running_loop()
    said = asyncio.StreamReader()
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(said), os.fdopen(stdout[0], "rb", 0)
    )
    answers = asyncio.StreamReader()
    await loop.connect_accepted_socket(lambda: asyncio.StreamReaderProtocol(answers), connection)
    if not (pid := await answers.readline()):
        raise OSError("the spawner has ended")
    return Spawned(int(pid), stdin[1], said, answers)
