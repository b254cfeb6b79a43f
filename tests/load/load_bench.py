"""References of their own for load runs, and a way to carry one out and read what it left."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from support.client import SignIn
from support.config import load_environment
from support.deployment import Deployment
from support.journal import History, Journal, read_journal
from support.journal.load_plan import Limits, LoadPlan
from support.load.cluster import Workers
from support.load.crowd import Crowd
from support.measures.load import LoadFigures, loads

#: On a machine that is busy with other tests, nobody may take the generator for the limit.
PATIENT = Limits(lag_ms=5_000, late_ms=5_000, cpu=64.0)

During = Callable[[Crowd, Deployment], Awaitable[None]]


@dataclass
class Ran:
    """A load run that is over."""

    crowd: Crowd
    history: History

    @property
    def figures(self) -> LoadFigures:
        """What it came to."""
        (found,) = loads(self.history)
        return found


class Bench:
    """Starts references and puts loads on them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: list[Deployment] = []
        self._count = 0

    def run(
        self,
        plan: LoadPlan,
        *,
        before: Callable[[Deployment], object] = lambda _: None,
        during: During | None = None,
        workers: Workers | None = None,
        **flags: str,
    ) -> Ran:
        """Carry the plan out against a reference of its own; `during` runs beside it.

        `before` is called when the deployment is there.
        """
        self._count += 1
        folder = self._folder / str(self._count)
        folder.mkdir()
        journal = Journal(folder / "journal.jsonl")
        environment = load_environment({"environment": "local", **flags})
        deployment = Deployment(environment, folder, journal.redactor)
        self._open.append(deployment)
        before(deployment)
        sign_in = SignIn(deployment, journal.redactor.add_secret)
        crowd = Crowd(plan, deployment, sign_in, journal, folder, workers=workers)

        async def both() -> None:
            beside = asyncio.create_task(during(crowd, deployment)) if during else None
            await crowd.run()
            if beside is not None:
                await beside

        try:
            asyncio.run(both())
        finally:
            journal.close()
        return Ran(crowd, History(list(read_journal(folder / "journal.jsonl"))))

    def close(self) -> None:
        """Stop every reference."""
        for deployment in self._open:
            deployment.close()
