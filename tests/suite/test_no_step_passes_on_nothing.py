"""Where nothing has happened, no Then step passes: neither with nobody there nor with idle people.

The steps are the real ones, the checks, the session's `verify` and the journal too; only the people
are stand-ins who do nothing, and whose waits are over at once.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from behave.runner_util import load_step_modules
from behave.step_registry import registry

from support.checks.unmet import Unmet
from support.client import Run, User
from support.client.access import ACCESS
from support.client.resume_positions import RESUME_POSITIONS
from support.config import load_environment
from support.dialects import load_dialect
from support.faults import NETWORK_PROFILES
from support.journal import Journal
from support.run import parameter_types
from support.run.figures import FIGURES, OPERATIONS
from support.run.groups import Few, Group, Many
from support.run.health_reports import HEALTH_REPORTS
from support.run.parameter_types import Moment, WholeRun
from support.run.session import Session
from support.run.tls_weaknesses import TLS_WEAKNESSES

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = load_environment({"environment": "local"})
DIALECT = load_dialect(ENVIRONMENT.dialect)
BY_TYPE: dict[Any, Any] = {float: 1.0, int: 1}
BY_NAME = {
    "event": "agent_started",
    "access": ACCESS["a browser"],
    "part": "store",
    "figure": FIGURES["p95 event latency"],
    "moment": Moment("right after", "agent_started"),
    "operation": OPERATIONS["recoveries"],
    "report": HEALTH_REPORTS["an outage"],
    "run": WholeRun(uses_tool=True),
    "weakness": TLS_WEAKNESSES["outdated version of TLS"],
    "network": NETWORK_PROFILES["a network that loses an event"],
    "position": RESUME_POSITIONS["a position in another stream"],
    "resource": "run",
}


class Idle:
    """Whatever is asked of it, nothing comes of it, at once."""

    def __getattr__(self, name: str) -> Idle:
        return Idle()

    def __call__(self, *_: object, **__: object) -> Idle:
        return Idle()

    def __await__(self) -> Iterator[None]:
        return iter(())


class Nobody(Idle):
    """A person who has never done anything."""

    def __init__(self, name: str) -> None:
        self.key, self.name = f"s01/{name}", name
        self.canary, self.online, self.message_limit = "canary", None, 1024
        ready = SimpleNamespace(messages_per_s=10, connections_per_user=20)
        self.connections = [SimpleNamespace(ready=ready, is_open=False)]
        self.deployment = SimpleNamespace(
            dialect=DIALECT, environment=ENVIRONMENT, capabilities=DIALECT.capabilities
        )
        self.outbox = SimpleNamespace(limit=10)
        self.runs = [Run(f"q{n}", "plain", "Good morning!", f"note {n}") for n in range(3)]
        self.current_run = self.runs[-1]


class Nowhere(Session):
    """A session in which nothing has happened."""

    def __init__(self, folder: Path, people: list[Nobody]) -> None:
        self.environment = load_environment({"environment": "local"})
        self.journal = Journal(folder / "journal.jsonl")
        self._found: list[str] = []
        self._many: Many | None = None
        self._nobodies = people
        dialect = load_dialect(self.environment.dialect)
        self.under_test = SimpleNamespace(  # type: ignore[assignment]
            deployment=SimpleNamespace(dialect=dialect, lacking=lambda _: None)
        )
        self._network = SimpleNamespace(proxy=self._no_network)  # type: ignore[assignment]
        self.probes = self.control = Idle()  # type: ignore[assignment]

    async def _no_network(self, **_: object) -> Any:
        return SimpleNamespace(used_faults={}, seed=0)

    @property
    def people(self) -> list[User]:
        return self._nobodies  # type: ignore[return-value]

    def person(self, name: str) -> User:
        return Nobody(name)  # type: ignore[return-value]


def then_steps() -> list[Any]:
    """Every Then step there is."""
    parameter_types.register_types(lambda: pytest.fail("no step is matched here"))
    load_step_modules([str(ROOT / "steps")])
    return list(registry.steps["then"])


STEPS = then_steps()


def arguments(step: Any, people: list[User]) -> dict[str, Any]:
    """What the step takes beside the context."""
    given: dict[str, Any] = {}
    for name, parameter in list(inspect.signature(step.func).parameters.items())[1:]:
        kind = parameter.annotation
        if kind in (User, list[User]):
            given[name] = Nobody(name.title()) if kind is User else people
        elif kind is Group:
            given[name] = Few(people, ENVIRONMENT)
        else:
            given[name] = BY_TYPE.get(kind) or BY_NAME[name]
    return given


@pytest.mark.parametrize("people", [0, 2], ids=["nobody", "idle people"])
@pytest.mark.parametrize("step", STEPS, ids=[step.pattern for step in STEPS])
def test_no_then_step_passes_on_nothing(step: Any, people: int, tmp_path: Path) -> None:
    session = Nowhere(tmp_path, [Nobody(f"Person{number}") for number in range(people)])
    context = SimpleNamespace(
        session=session, heartbeat_s=1.0, quiet_s=1.0, slow_handshakes=Idle(), attempts=0
    )
    # A step that is about somebody else finds nobody: that is no pass, either.
    with pytest.raises(Unmet if people else (Unmet, LookupError, ValueError, StopIteration)):
        _carry_out(step, context)
    session.journal.close()


class Silent(Many):
    """Many users of whom nothing was ever seen."""

    def __init__(self) -> None:
        self.count = 1000

    async def finish(self) -> None:
        pass


ISOLATION = "no user has received anything of another"
FOR_MANY = [
    step
    for step in STEPS
    if step.pattern == ISOLATION
    or Group in {p.annotation for p in inspect.signature(step.func).parameters.values()}
]


@pytest.mark.parametrize("step", FOR_MANY, ids=[step.pattern for step in FOR_MANY])
def test_no_then_step_about_many_users_passes_on_nothing(step: Any, tmp_path: Path) -> None:
    session = Nowhere(tmp_path, [])
    session._many = many = Silent()
    given = {n: many if isinstance(v, Few) else v for n, v in arguments(step, []).items()}
    with pytest.raises(Unmet):
        _carry_out(step, SimpleNamespace(session=session, attempts=0), given)
    session.journal.close()


def _carry_out(step: Any, context: Any, given: dict[str, Any] | None = None) -> None:
    done = step.func(context, **(given or arguments(step, context.session.people)))
    if inspect.iscoroutine(done):
        asyncio.run(done)


def test_the_steps_are_found() -> None:
    assert len(STEPS) > 60
