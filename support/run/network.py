"""The network of a scenario: a proxy between users and deployment, made when first asked for."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from support.client.group import RECONNECT_S
from support.config import Environment, NotOffered
from support.faults import Fired, Proxy
from support.journal import Journal, records
from support.measures.recovery import EXEMPT
from support.run.under_test import UnderTest


def ensure_time_to_return(environment: Environment, attempts: int, tags: Collection[str]) -> None:
    """Raise `LeftOut` where an app's own pauses before so many attempts take too long.

    Longer than is waited for it, or than leaves time within the limit of the recovery criterion,
    where drops in a scenario with these `tags` count.
    """
    environment.reconnect.ensure_pauses(attempts, RECONNECT_S)
    if EXEMPT.isdisjoint(tags):
        environment.reconnect.ensure_return(attempts, environment.policy.recovery_s)


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
