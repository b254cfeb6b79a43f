"""Workers of a dask cluster, on this machine or on many. With `dask_worker`, all that knows dask.

Each worker carries one shard, as one task that is pinned to it: lost, it is not repeated elsewhere.
Nothing here relies on the settings of the cluster: what a worker does not say is missing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from distributed import Client, Security

from support.load.certificates import CA, CERTIFICATE, KEY
from support.load.cluster import START_S, LoadRefused, Worker
from support.load.dask_worker import ALIVE, ALIVE_S, OVER, carry_shard, deliver
from support.load.messages import Failed, FromWorker, Hello, ToWorker, encode, from_worker

CLOSE_S = 3.0


def ensure_encrypted(address: str) -> None:
    """Raise `LoadRefused` for an address at which others could listen, or give orders."""
    parts = urlsplit(address)
    if parts.scheme == "tls" and parts.hostname and parts.port:
        return
    if parts.scheme != "tcp" or not parts.hostname or not parts.port:
        raise LoadRefused(f"--cluster: local, or tls://HOST:PORT, not {address!r}")
    with suppress(ValueError):
        if ipaddress.ip_address(parts.hostname).is_loopback:
            return
    raise LoadRefused(
        "--cluster: tls:// is needed beyond this machine, because tokens travel to the workers and"
        " a cluster carries out whatever it is sent (greenlight load-certificates makes"
        " certificates)"
    )


def security(certificates: Path | None) -> Security | None:
    """The certificates in that folder. Raises `LoadRefused` where there are none."""
    if certificates is None:
        return None
    files = {name: certificates / name for name in (CA, CERTIFICATE, KEY)}
    for file in files.values():
        if not file.is_file():
            raise LoadRefused(f"there is no {file} (see greenlight load-certificates)")
    return Security(
        tls_ca_file=str(files[CA]),
        tls_client_cert=str(files[CERTIFICATE]),
        tls_client_key=str(files[KEY]),
        require_encryption=True,
    )


class DaskWorker:
    """One worker of the cluster, with its shard."""

    def __init__(self, client: Client, address: str, name: str, shard: str) -> None:
        self.name, self.address, self.pid = name, address, 0
        self.heard_at = asyncio.get_running_loop().time()
        self._client, self._shard = client, shard
        self._said: asyncio.Queue[FromWorker | None] = asyncio.Queue()
        self._lines: asyncio.Queue[bytes] = asyncio.Queue()
        self._sending = asyncio.create_task(self._deliver())

    def send(self, message: ToWorker) -> None:
        """Say something to it; nothing, once it is gone."""
        self._lines.put_nowait(encode(message))

    async def next(self) -> FromWorker | None:
        """What it says next; None once it is gone."""
        return await self._said.get()

    def said(self, message: FromWorker | None) -> None:
        """It says something, or None: it is gone."""
        self.heard_at = asyncio.get_running_loop().time()
        if isinstance(message, Hello):
            self.pid = message.pid
        self._said.put_nowait(message)

    async def _deliver(self) -> None:
        """Hand over what is to be said, in order, and at least a sign of life."""
        while True:
            lines = [ALIVE]
            with suppress(TimeoutError):
                async with asyncio.timeout(ALIVE_S):
                    lines = [await self._lines.get()]
            while not self._lines.empty():
                lines.append(self._lines.get_nowait())
            await self._hand_over(lines)

    async def _hand_over(self, lines: list[bytes]) -> None:
        with suppress(OSError):  # a worker that is gone says nothing more, and that is noticed
            await self._client.run(
                deliver, self._shard, lines, workers=[self.address], on_error="ignore"
            )

    async def end(self) -> None:
        """Carry no load any more."""
        self._sending.cancel()
        with suppress(TimeoutError, asyncio.CancelledError):
            async with asyncio.timeout(CLOSE_S):
                await self._hand_over([OVER])


class DaskWorkers:
    """Workers of the cluster whose scheduler is at `address`: `tls://…`, or `tcp://127.0.0.1:…`."""

    def __init__(self, address: str, certificates: Path | None = None) -> None:
        ensure_encrypted(address)
        self._address = address
        self._security = security(certificates)
        self._topic = f"greenlight-load-{uuid.uuid4().hex}"
        self._client: Client | None = None
        self._workers: list[DaskWorker] = []
        self._watching: list[asyncio.Task[None]] = []

    async def start(self, count: int, log_dir: Path) -> Sequence[Worker]:
        """A shard's task on so many workers of the cluster. Raises `LoadRefused`."""
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # we say it ourselves
        try:
            client = await Client(
                self._address,
                security=self._security,
                asynchronous=True,
                set_as_default=False,
                timeout=START_S / 3,
            )
        except (OSError, TimeoutError, ValueError, TypeError) as error:
            raise LoadRefused(f"the scheduler {self._address} cannot be used: {error}") from error
        self._client = client
        there = sorted((await client.scheduler.identity(n_workers=-1))["workers"])
        if len(there) < count:
            raise LoadRefused(
                f"the cluster has {len(there)} workers, and {count} are asked for (--workers)"
            )
        client.subscribe_topic(self._topic, self._heard)
        client.subscribe_topic("all", self._happened)
        for number, address in enumerate(there[:count]):
            shard = f"{self._topic}-{number}"
            worker = DaskWorker(client, address, f"worker {number + 1}", shard)
            self._workers.append(worker)
            task = client.submit(
                carry_shard,
                shard,
                self._topic,
                number,
                key=shard,
                workers=[address],
                allow_other_workers=False,
                retries=0,
                pure=False,
            )
            self._watching.append(asyncio.create_task(self._watch(task, worker)))
        return self._workers

    async def close(self) -> None:
        """End every shard that still runs, and leave the cluster as it was."""
        if self._client is None:
            return
        for watch in self._watching:
            watch.cancel()
        await asyncio.gather(*(worker.end() for worker in self._workers))
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(CLOSE_S):
                await self._client.close()

    def _heard(self, event: tuple[float, tuple[int, str]]) -> None:
        number, line = event[1]
        self._workers[number].said(from_worker.decode(line))

    def _happened(self, event: tuple[float, Any]) -> None:
        """The scheduler tells what becomes of its workers."""
        said = event[1]
        if isinstance(said, dict) and said.get("action") == "remove-worker":
            for worker in self._workers:
                if worker.address == said.get("worker"):
                    worker.said(None)

    async def _watch(self, task: Any, worker: DaskWorker) -> None:
        """Say that a worker is gone whose task has failed."""
        try:
            await task
        except Exception as error:
            worker.said(Failed(f"its task ended: {type(error).__name__}: {error}"))
