"""A shard on a worker of a dask cluster: runs as one task, and is spoken to beside it."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections import defaultdict
from collections.abc import AsyncIterator

from distributed import get_worker

from support.load.messages import FromWorker, encode
from support.load.worker import carry

#: The coordinator says something at least this often; when it does not, it is gone.
ALIVE_S = 1.0
GONE_S = 10.0
ALIVE, OVER = b"", b"\0"

_inboxes: defaultdict[str, queue.SimpleQueue[bytes]] = defaultdict(queue.SimpleQueue)
_lock = threading.Lock()


def deliver(shard: str, lines: list[bytes]) -> None:
    """Hand lines to a shard, which may not have begun yet. Called by the coordinator."""
    with _lock:
        inbox = _inboxes[shard]
    for line in lines:
        inbox.put(line)


def carry_shard(shard: str, topic: str, number: int) -> None:
    """The task: a whole shard. What it says are events of `topic`, with its `number`."""
    worker = get_worker()
    with _lock:
        inbox = _inboxes[shard]

    def tell(message: FromWorker) -> None:
        worker.log_event(topic, (number, encode(message).decode()))

    async def lines() -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        while True:
            try:
                line = await loop.run_in_executor(None, inbox.get, True, GONE_S)
            except queue.Empty:
                return  # the coordinator is gone: nobody asks for this load any more
            if line == OVER:
                return
            if line != ALIVE:
                yield line

    try:
        carry(lines, tell)
    finally:
        with _lock:
            _inboxes.pop(shard, None)
