"""What is measured or read about the deployment and this machine, and recorded in the journal."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Sequence
from typing import Any

from support.client import watch_lag
from support.config import NotOffered
from support.journal import Journal, records
from support.run.groups import Group
from support.run.polling import POLL_S, until
from support.run.under_test import UnderTest

ROUNDS = 15
WATCH_S = 0.1
RISE_S = 10.0  # until connections that are open are counted: a gauge may be brought up to date late


def whole_rounds(questions: int) -> int:
    """So many questions, rounded up to the same number in each round of a long conversation."""
    each = -(-questions // ROUNDS)
    return -(-questions // each) * each


class Probes:
    """Looks at the deployment from outside; records what it sees and judges nothing.

    `service` is the number of the bundled service where a run has several.
    """

    def __init__(self, journal: Journal, under_test: UnderTest, service: int = 0) -> None:
        self._journal = journal
        self._under_test = under_test
        self._service = service

    def memory(self) -> None:
        """Record the deployment's memory in bytes, where it publishes it."""
        target = self._under_test
        if not target.is_open or target.lost or "metrics" not in target.deployment.capabilities:
            return
        value = target.deployment.memory_bytes()
        if value is not None:
            own = target.is_own_service
            self._sample("own_service_memory_bytes" if own else "target_memory_bytes", value)

    def connections(self) -> float | None:
        """Record, and return, how many connections the deployment counts now.

        Raises `NotOffered` where it publishes no count.
        """
        if self._under_test.deployment.dialect.data.http.connections_metric is None:
            raise NotOffered("this kind of backend does not publish how many connections it has")
        value = self._under_test.deployment.connections()
        if value is not None:
            self._sample("target_connections", value)
        return value

    def connections_before(self) -> None:
        """Record how many connections the deployment counts, if it publishes that."""
        if self._under_test.deployment.dialect.data.http.connections_metric is not None:
            self.connections()

    async def connections_rise(self) -> None:
        """Record how many connections the deployment counts until it is more than at first.

        Gives up after `RISE_S`; nothing is recorded where no count is published.
        """
        if self._under_test.deployment.dialect.data.http.connections_metric is None:
            return
        first = self._counted()[:1]

        def risen() -> bool:
            value = self.connections()
            return value is None or first < [value]

        await until(risen, RISE_S, self._poll_s())

    async def connections_fall(self, within_s: float) -> None:
        """Record the deployment's connection count until it is back at its first value.

        And lower than while connections were open, which may have been counted late; a count that
        was 0 all the while cannot fall.
        """
        first, *later = self._counted() or [0.0]
        most = max(later, default=math.inf)

        def fallen() -> bool:
            value = self.connections()
            return value is None or (value <= first and (value < most or most == 0))

        await until(fallen, within_s, self._poll_s())

    def _counted(self) -> list[float]:
        samples = self._journal.history().of(records.Sample)
        return [s.value for s in samples if s.name == "target_connections"]

    def health(self) -> bool:
        """Record what the health endpoint says now; True for healthy."""
        answer, healthy, status = self._under_test.deployment.health()
        self._journal.record(
            records.Health,
            http=answer.status,
            healthy=healthy,
            status=status,
            detail=answer.detail,
            took_ms=answer.took_ms,
        )
        return answer.status == 200 and healthy

    async def health_becomes(self, healthy: bool, within_s: float) -> bool:
        """Record the health until it is as asked (True), or time is up."""
        return await until(lambda: self.health() is healthy, within_s, self._poll_s())

    async def tls(self) -> None:
        """Record certificates, and what is answered to outdated versions of TLS and without any."""
        deployment = self._under_test.deployment
        for kind, inspect in (
            (records.TlsCertificate, deployment.inspect_certificates),
            (records.TlsOffer, deployment.try_outdated_tls),
            (records.PlaintextAttempt, deployment.try_plaintext),
        ):
            self._record_all(kind, await asyncio.to_thread(inspect))

    async def long_conversation(self, users: Group, runs: int) -> None:
        """Everyone asks `whole_rounds(runs)` questions; memory is measured between the rounds."""
        await asyncio.to_thread(self.memory)
        questions = -(-runs // ROUNDS)
        for _ in range(whole_rounds(runs) // questions):
            await users.ask_rounds(questions)
            await asyncio.to_thread(self.memory)

    async def watched(self, doing: Awaitable[object], every_s: float = WATCH_S) -> None:
        """Record the deployment's memory and this machine's lag before, during and after it."""
        await asyncio.to_thread(self.memory)
        lag = asyncio.create_task(watch_lag(self.lag, every_s))
        task = asyncio.ensure_future(doing)
        try:
            while not task.done():
                await asyncio.wait([task], timeout=every_s)
                await asyncio.to_thread(self.memory)
        finally:
            lag.cancel()
        await task

    def lag(self, worst_ms: float) -> None:
        """Record by how much the receiving loop was late, in milliseconds."""
        self._sample("loop_lag_ms", round(worst_ms, 3))

    def _sample(self, name: str, value: float) -> None:
        self._journal.record(records.Sample, name=name, value=value, service=self._service)

    def _record_all(self, kind: type[records.Record], seen: Sequence[Any]) -> None:
        for what in seen:
            self._journal.record(kind, **vars(what))

    def _poll_s(self) -> float:
        return self._under_test.deployment.safety.poll_s(POLL_S)
