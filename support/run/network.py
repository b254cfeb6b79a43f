"""The network of a scenario: a proxy between users and deployment, made when first asked for."""

from __future__ import annotations

from urllib.parse import urlsplit

from support.config import NotOffered
from support.faults import Fired, Proxy
from support.journal import Journal, records
from support.run.under_test import UnderTest


class Network:
    """Faults and arrivals at the proxy are recorded."""

    def __init__(self, journal: Journal, under_test: UnderTest, seed: int) -> None:
        self._journal = journal
        self._under_test = under_test
        self._seed = seed
        self._proxy: Proxy | None = None

    async def proxy(self, *, reads_messages: bool) -> Proxy:
        """The proxy of this scenario, started.

        Raises `NotOffered` for one that `reads_messages` where TLS hides them from it.
        """
        parts = urlsplit(self._under_test.deployment.socket_url)
        if reads_messages and parts.scheme == "wss":
            raise NotOffered("behind TLS a network cannot single out messages")
        if self._proxy is None:
            self._proxy = Proxy(
                parts.hostname or "",
                parts.port or (443 if parts.scheme == "wss" else 80),
                seed=self._seed,
                on_fired=self._fired,
                on_arrived=self._arrived,
            )
            await self._proxy.start()
        return self._proxy

    async def close(self) -> None:
        """Remove the proxy with all its faults. Idempotent."""
        proxy, self._proxy = self._proxy, None
        if proxy is not None:
            await proxy.close()

    def _fired(self, fired: Fired) -> None:
        self._journal.record(
            records.Fault,
            name=fired.name,
            detail=fired.detail,
            direction=fired.direction or "",
            connection="",
            user="",
        )

    def _arrived(self, number: int, let_in: bool) -> None:
        self._journal.record(records.Arrived, number=number, let_in=let_in)
