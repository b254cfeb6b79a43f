"""The deployment under test: found or started, its build read, and left again at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from support.approval import UNKNOWN_BUILD
from support.client import KeptAccounts, SignIn, ensure_own_secret, record_mentions
from support.config import Environment
from support.config.own import own_service
from support.deployment import Deployment
from support.deployment.http import Answer
from support.journal import Journal, records
from support.report.formatting import mask

POLL_S = 0.05


class UnderTest:
    """The run's deployment or, during a scenario that asks for one, a bundled service of its own.

    `build` is what the deployment said at the start; `lost` says in a sentence why the run cannot
    go on, and is empty while it can.
    """

    def __init__(self, environment: Environment, run_dir: Path, journal: Journal) -> None:
        self.build = "unknown"
        self.lost = ""
        self._environment = environment
        self._run_dir = run_dir
        self._journal = journal
        self._open: list[tuple[Deployment, SignIn]] = []

    @property
    def deployment(self) -> Deployment:
        """The deployment of the moment. Raises `LookupError` before `open()`."""
        return self._last()[0]

    @property
    def sign_in(self) -> SignIn:
        """How its users sign in. Raises `LookupError` before `open()`."""
        return self._last()[1]

    @property
    def is_open(self) -> bool:
        """True once the deployment has been found."""
        return bool(self._open)

    @property
    def is_own_service(self) -> bool:
        """True while a scenario has a service of its own."""
        return len(self._open) > 1

    @property
    def name(self) -> str:
        """What is, or was to be, under test."""
        return self.deployment.name if self._open else self._environment.target_name

    @property
    def capabilities(self) -> tuple[str, ...] | None:
        """What the deployment offers, sorted; None before `open()`."""
        return tuple(sorted(self.deployment.capabilities)) if self._open else None

    def open(self) -> None:
        """Find the deployment, or start the reference. Raises `DeploymentError` with the cause."""
        self._add(self._environment, self._kept_accounts)
        self.deployment.ensure_reachable()
        ensure_own_secret(self.deployment, self.sign_in)
        self.build = self._read_build("start") or UNKNOWN_BUILD

    def begin_scenario(self, tags: Sequence[str]) -> None:
        """Start a service of the scenario's own where its tags ask for one."""
        if own := own_service(self._environment, tags):
            self._add(own)

    def end_scenario(self) -> None:
        """Stop the scenario's own service, if there is one. Idempotent."""
        if self.is_own_service:
            deployment, _ = self._open.pop()
            deployment.close()

    def read_build_again(self) -> None:
        """Record the build at the end of the run, unless the deployment was lost."""
        if self._open and not self.lost:
            self._read_build("end")

    def close(self) -> None:
        """Stop what was started. The deployment can still be named afterwards. Idempotent."""
        if self._open:
            self.deployment.close()

    def _add(
        self,
        environment: Environment,
        kept: Callable[[Deployment], KeptAccounts | None] = lambda _: None,
    ) -> None:
        redactor = self._journal.redactor
        deployment = Deployment(environment, self._run_dir, redactor, self._fetched)
        sign_in = SignIn(deployment, redactor.add_secret, kept(deployment))
        self._open.append((deployment, sign_in))

    def _fetched(self, path: str, answer: Answer) -> None:
        """Record whose data anyone can read there."""
        record_mentions(self._journal, f"GET {path}", answer.whole)

    def _kept_accounts(self, deployment: Deployment) -> KeptAccounts | None:
        """The accounts of earlier runs there. Raises `DeploymentError` if the file is unusable."""
        path, auth = self._environment.kept_accounts, deployment.auth_http
        if path is None or auth is None:
            return None
        rest_s = self._environment.patience.run_budget_s
        kept = KeptAccounts(path.absolute(), auth.base, rest_s, self._run_dir.name)
        for password in kept.passwords():
            self._journal.redactor.add_secret(password, "password")
        return kept

    def _last(self) -> tuple[Deployment, SignIn]:
        if not self._open:
            raise LookupError("the deployment has not been opened")
        return self._open[-1]

    def _read_build(self, moment: Literal["start", "end"]) -> str:
        """Record which build the deployment says it is; empty where it does not say."""
        version = mask(self.deployment.build())
        deadline = self._journal.now() + self._environment.patience.http_s
        expected = moment == "end" and self.build != UNKNOWN_BUILD
        while expected and not version and self._journal.now() < deadline:
            time.sleep(POLL_S)
            version = mask(self.deployment.build())
        self._journal.record(
            records.DeploymentBuild,
            moment=moment,
            version=version,
            target=mask(self.deployment.name),
            told=self.deployment.tells_build,
        )
        return version
