"""One run of the suite: the deployment, the journal, the loop, and the people of each scenario."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import ExitStack
from functools import wraps
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from hamcrest import assert_that

from support.approval import UNKNOWN_BUILD, display_name, scenario_id
from support.checks import Check, Finding, Unmet, holds, invariant_failures, latency_within
from support.client import (
    BackgroundLoop,
    Connection,
    SignIn,
    User,
    announce,
    ensure_own_secret,
    group,
    watch_lag,
)
from support.client.reconnect import Pool
from support.config import Environment, NotOffered, NotSafe, seal_key
from support.config.own import own_service
from support.deployment import Deployment
from support.deployment.control import Action, Part
from support.faults import Fired, Proxy
from support.journal import Journal, records
from support.measures import Figure
from support.report.allure.labels import category_of
from support.report.charts import scenario_chart
from support.report.formatting import mask, redact_with
from support.report.transcript import transcript

T = TypeVar("T")

FAREWELL_S = 20.0
RESTART_S = 30.0
POLL_S = 0.05
ROUNDS = 15
WATCH_S = 0.1


def whole_rounds(questions: int) -> int:
    """So many questions, or a few more: as many in each round of a long conversation."""
    each = -(-questions // ROUNDS)
    return -(-questions // each) * each


class Session:
    """Opened once before all scenarios, closed after them; `begin`/`end` stand around each."""

    def __init__(self, environment: Environment, run_dir: Path) -> None:
        """Open the journal.

        Raises `JournalError` when the folder can not be written, `DeploymentError` for a seal key
        that is none.
        """
        self.environment = environment
        self.run_dir = run_dir
        self.journal = Journal(run_dir / "journal.jsonl")
        redact_with(self.journal.redactor.redact)
        for label, secret in environment.secrets().items():
            self.journal.redactor.add_secret(secret, label)
        self.seal_key = seal_key()
        self.journal.redactor.add_secret(self.seal_key, "seal key")
        self.loop = BackgroundLoop()
        self.lost = ""
        self.build = "unknown"
        self._deployment: Deployment | None = None
        self._sign_in: SignIn | None = None
        self._shared: tuple[Deployment, SignIn | None] | None = None
        self._people: dict[str, User] = {}
        self._found: list[str] = []
        self._count = 0
        self._down: set[Part] = set()
        self._network: Proxy | None = None
        self.pool = Pool()

    @property
    def deployment(self) -> Deployment:
        """The deployment under test. Raises `LookupError` before `open()`."""
        if self._deployment is None:
            raise LookupError("the deployment has not been opened")
        return self._deployment

    @property
    def target_name(self) -> str:
        """What is, or was to be, under test."""
        if self._deployment is not None:
            return self._deployment.name
        return self.environment.target_name

    @property
    def offers(self) -> tuple[str, ...] | None:
        """The capabilities of the deployment; None before `open()`."""
        return (
            tuple(sorted(self._deployment.capabilities)) if self._deployment is not None else None
        )

    def open(self) -> None:
        """Find the deployment, or start the reference. Raises `DeploymentError` with the cause."""
        self.journal.append(
            records.Opened(
                t=self.journal.now(),
                wall=self.journal.wall,
                target=self.target_name,
                environment=self.environment.name,
                dialect=self.environment.dialect,
                run_budget_s=self.environment.patience.run_budget_s,
            )
        )
        self._deployment = deployment = Deployment(
            self.environment, self.run_dir, self.journal.redactor
        )
        self._sign_in = SignIn(deployment, self.journal.redactor.add_secret)
        deployment.ensure_reachable()
        ensure_own_secret(deployment, self._sign_in)
        self.build = self._read_build("start") or UNKNOWN_BUILD
        for setting, (asked, most) in self.environment.reduced.items():
            why = f"safe mode uses {most:,} instead of {asked:,}"
            self.journal.append(records.LeftOut(t=self.journal.now(), what=setting, why=why))
        asyncio.run_coroutine_threadsafe(watch_lag(self._lagged), self.loop.loop)
        self.measure_memory()

    def close(self) -> None:
        """Let everybody leave, stop what was started, close the journal. Idempotent."""
        with ExitStack() as last:
            last.callback(self.journal.close)
            last.callback(self._close_target)
            last.callback(self._go_back)
            last.callback(self.loop.close)
            if self._people:
                self._everybody_leaves()
            self.measure_memory()
            if self._deployment is not None and not self.lost:
                self._read_build("end")

    def _read_build(self, moment: Literal["start", "end"]) -> str:
        """Ask the deployment what it is, and record it; empty where it does not say."""
        version = mask(self.deployment.build())
        deadline = self.journal.now() + self.environment.patience.http_s
        expected = moment == "end" and self.build != UNKNOWN_BUILD
        while expected and not version and self.journal.now() < deadline:
            time.sleep(POLL_S)
            version = mask(self.deployment.build())
        self.journal.append(
            records.DeploymentBuild(
                t=self.journal.now(),
                moment=moment,
                version=version,
                target=mask(self.deployment.name),
                told=self.deployment.tells_build,
            )
        )
        return version

    # --- around each scenario

    def begin(self, scenario: Any) -> None:
        """Open a scenario in the journal; skip it when the deployment lacks what it needs."""
        self._count += 1
        name = f"s{self._count:03d}"
        self._people, self._found = {}, []
        self.journal.begin_scenario(name)
        if self._sign_in is not None:
            self._sign_in.begin_scenario()
        tags = tuple(sorted(str(tag) for tag in scenario.effective_tags))
        self.journal.append(
            records.ScenarioStarted(
                t=self.journal.now(),
                scenario_id=scenario_id(scenario),
                name=mask(display_name(scenario)),
                category=category_of(scenario),
                tags=tags,
                under_load="load" in tags,
            )
        )
        offered = True
        for tag in tags:
            needed = tag.removeprefix("needs.")
            missing = self.deployment.lacking(needed) if needed != tag else None
            if missing is not None:
                self.leave_out(scenario, missing)
                offered = False
        own = own_service(self.environment, tags) if offered else None
        if own is not None:
            self._move_to(own)

    def leave_out(self, scenario: Any, missing: NotOffered) -> None:
        """Skip a scenario for what the deployment lacks, or for what safe mode does not do."""
        if isinstance(missing, NotSafe):
            left_out = records.LeftOut(t=self.journal.now(), what=missing.kind, why=str(missing))
            self.journal.append(left_out)
        scenario.left_out_by = missing.cause
        scenario.skip(reason=str(missing))

    def _close_target(self) -> None:
        if self._deployment is not None:
            self._deployment.close()

    def _move_to(self, environment: Environment) -> None:
        """Until `_go_back`, everything is about a bundled service of this scenario's own."""
        own = Deployment(environment, self.run_dir, self.journal.redactor)
        self._shared = self.deployment, self._sign_in
        self._deployment = own
        self._sign_in = SignIn(own, self.journal.redactor.add_secret)

    def _go_back(self) -> None:
        """Stop the scenario's own service, if it has one. Idempotent."""
        if self._shared is not None:
            own, (self._deployment, self._sign_in) = self.deployment, self._shared
            self._shared = None
            own.close()

    def end(self, scenario: Any) -> None:
        """Close a scenario: last fences, everybody leaves, then the standing checks.

        Raises `AssertionError` when a standing check fails over a scenario that had passed so far.
        """
        try:
            self._end(scenario)
        finally:
            self._go_back()

    def _end(self, scenario: Any) -> None:
        cut_short = bool(getattr(scenario, "cut_short", ""))
        passing = str(scenario.status.name) == "passed" and not cut_short
        self._everybody_leaves(let_finish=passing)
        if len(self.pool):
            self.loop.run(self.pool.close(), FAREWELL_S)
        network, self._network = self._network, None
        if network is not None:
            self.loop.run(network.close(), FAREWELL_S)
        for part in sorted(self._down):
            self.control("start", part)
        self.measure_memory()
        history = self.journal.history()
        failures = invariant_failures(history) if len(history) else {}
        status = records.CUT_SHORT if cut_short else str(scenario.status.name)
        self.journal.append(records.ScenarioEnded(t=self.journal.now(), status=status))
        if passing and failures:
            raise Unmet(_told(failures), list(failures.values()), list(failures))
        if status not in ("passed", "skipped", records.CUT_SHORT):
            self.lost = self.lost or self._loss()

    def ended(self, scenario: Any, result: str) -> None:
        """Note how a scenario ended when all of it was over: what outcomes must agree with."""
        self.journal.append(
            records.ScenarioResult(
                t=self.journal.now(), scenario_id=scenario_id(scenario), result=result
            )
        )

    def person(self, name: str) -> User:
        """Somebody of this scenario; met for the first time, somebody new with that name."""
        if self._sign_in is None:
            raise LookupError("the deployment has not been opened")
        if name not in self._people:
            key = f"s{self._count:03d}/{name}"
            self._people[name] = User(key, self.deployment, self.journal, self._sign_in)
        return self._people[name]

    def group(self, count: int) -> list[User]:
        """`count` new people without much of a name."""
        return [self.person(f"Person{number}") for number in range(1, count + 1)]

    def label_of(self, user: User) -> str:
        """What stands in the journal where `user`'s secret was."""
        return self.journal.redactor.redact(user.canary)

    @property
    def failure_code(self) -> str:
        """By what an impossible request fails; empty where that is not known."""
        return self.deployment.dialect.data.failures.get("failing", "")

    def latency(self, figure: Figure) -> Check:
        """The check that event latency is within the limit of this environment's policy."""
        limit_ms: float = getattr(self.environment.policy, f"{figure}_latency_ms")
        return latency_within(self.journal.wall, figure, limit_ms)

    @property
    def people(self) -> list[User]:
        """Everybody met in this scenario, in order."""
        return list(self._people.values())

    def verify(self, check: Check) -> None:
        """Assert that `check` holds over this scenario so far; its finding goes into the story."""
        matcher = holds(check)
        try:
            assert_that(self.journal, matcher)
        except AssertionError as error:
            found = (matcher.finding,) if matcher.finding else ()
            raise Unmet(str(error), found) from None
        if matcher.finding is not None:
            self._found.append(f"{matcher.finding.question}: {matcher.finding.summary}")

    def verify_each(self, ask: Callable[[User], Check]) -> None:
        """As `verify`, of everybody; where there is nobody, nothing is proven."""
        people = self.people
        if not people:
            raise Unmet("nobody is there of whom this could be said", ())
        for person in people:
            self.verify(ask(person))

    def story(self) -> str:
        """The scenario as it happened, line by line, and what the checks found in it."""
        found = "".join(f"\n  ✔ {line}" for line in self._found) or "\n  nothing yet"
        return f"{transcript(self.journal.history().records)}\nWhat was found{found}\n"

    def picture(self) -> str:
        """The scenario as it happened, as SVG; empty when nobody tried to connect."""
        return scenario_chart(self.journal.history())

    # --- doing to the network and to the deployment

    async def network(self, *, reads_messages: bool = False) -> Proxy:
        """The network between users and deployment in this scenario; made when first asked for.

        One that `reads_messages` raises `NotOffered` where TLS hides them from it.
        """
        parts = urlsplit(self.deployment.socket_url)
        if reads_messages and parts.scheme == "wss":
            raise NotOffered("behind TLS a network can not single out messages")
        if self._network is None:
            port = parts.port or (443 if parts.scheme == "wss" else 80)
            seed = self.environment.chaos.seed
            host = parts.hostname or ""
            self._network = Proxy(
                host, port, seed=seed, on_fired=self._fired, on_arrived=self._arrived
            )
            await self._network.start()
        return self._network

    def _fired(self, fired: Fired) -> None:
        fault = records.Fault(
            t=self.journal.now(),
            name=fired.name,
            detail=fired.detail,
            direction=fired.direction or "",
            connection="",
            user="",
        )
        self.journal.append(fault)

    def _arrived(self, number: int, let_in: bool) -> None:
        self.journal.append(records.Arrived(t=self.journal.now(), number=number, let_in=let_in))

    def control(self, action: Action, part: Part = "chat") -> None:
        """Stop, start or kill a part of the deployment, and wait for it. Raises
        `DeploymentError`."""
        controller = self.deployment.controller
        if controller is None or part not in controller.parts:
            raise NotOffered(f"no control commands were given for the {part} service")
        began = self.journal.now()
        self.journal.append(records.Control(t=began, action=action, part=part))
        self._down.discard(part)
        if action != "start":
            self._down.add(part)
        controller.carry_out(action, part)
        took_ms = (self.journal.now() - began) * 1000
        done = records.Control(
            t=self.journal.now(), action=action, part=part, done=True, took_ms=took_ms
        )
        self.journal.append(done)

    async def switch(self, action: Action, part: Part) -> None:
        """As `control`, without holding up the loop."""
        await asyncio.to_thread(self.control, action, part)

    async def restart(self, how: Literal["stop", "kill"] = "stop") -> None:
        """Shut the chat backend down in good order, or kill it, and start it again.

        Returns once it answers.
        """
        await asyncio.to_thread(self.control, how)
        await asyncio.to_thread(self.control, "start")
        await self._soon(lambda: not self.deployment.unreachable(), RESTART_S)

    async def sign_in_answers(self) -> None:
        """Wait until the auth service can be reached again."""
        await self._soon(lambda: not self.deployment.unreachable(), RESTART_S)

    async def announce(self, message: str) -> int | None:
        """Send an announcement to everybody, as an operator; the HTTP status is returned."""
        return await asyncio.to_thread(announce, self.deployment, message)

    # --- measuring

    def ask_health(self) -> bool:
        """Record what the health endpoint says now; True for a good word."""
        answer, healthy, status = self.deployment.health()
        self.journal.append(
            records.Health(
                t=self.journal.now(),
                http=answer.status,
                healthy=healthy,
                status=status,
                detail=answer.detail,
                took_ms=answer.took_ms,
            )
        )
        return answer.status == 200 and healthy

    async def health_becomes(self, healthy: bool, within_s: float) -> None:
        """Ask for health until it says so, or time is up."""

        def said() -> bool:
            return self.ask_health() is healthy

        await self._soon(said, within_s)

    async def inspect_certificates(self) -> None:
        """Record what encrypted addresses show of themselves."""
        seen = await asyncio.to_thread(self.deployment.inspect_certificates)
        self._record_all(records.TlsCertificate, seen)

    async def offer_outdated_tls(self) -> None:
        """Record what encrypted addresses answer to outdated versions."""
        seen = await asyncio.to_thread(self.deployment.try_outdated_tls)
        self._record_all(records.TlsOffer, seen)

    async def try_plaintext(self) -> None:
        """Record what is answered without encryption."""
        seen = await asyncio.to_thread(self.deployment.try_plaintext)
        self._record_all(records.PlaintextAttempt, seen)

    def _record_all(self, kind: type[records.Record], seen: Sequence[Any]) -> None:
        for what in seen:
            self.journal.append(kind(t=self.journal.now(), **vars(what)))

    def measure_memory(self) -> None:
        """Record the deployment's memory, where it tells."""
        if self._deployment is None or "metrics" not in self._deployment.capabilities or self.lost:
            return
        name = "target_memory_bytes" if self._shared is None else "own_service_memory_bytes"
        value = self._deployment.memory_bytes()
        if value is not None:
            self.journal.append(records.Sample(t=self.journal.now(), name=name, value=value))

    async def long_conversation(self) -> None:
        """Everybody asks on and on, in rounds; the deployment's memory is measured between them."""
        await group.fence(self.people)
        await asyncio.to_thread(self.measure_memory)
        runs = self.environment.sizes.long_runs
        questions = -(-runs // ROUNDS)
        for _ in range(whole_rounds(runs) // questions):
            await group.ask(self.people, questions)
            await asyncio.to_thread(self.measure_memory)
        await group.fence(self.people)

    async def watched(self, doing: Awaitable[object]) -> None:
        """Record the deployment's memory and our own lateness before, during and after `doing`."""
        await asyncio.to_thread(self.measure_memory)
        lag = asyncio.create_task(watch_lag(self._lagged, WATCH_S))
        task = asyncio.ensure_future(doing)
        try:
            while not task.done():
                await asyncio.wait([task], timeout=WATCH_S)
                await asyncio.to_thread(self.measure_memory)
        finally:
            lag.cancel()
        await task

    def count_connections(self) -> float | None:
        """Record, and return, how many connections the deployment counts now."""
        value = self.deployment.connections()
        if value is not None:
            sample = records.Sample(t=self.journal.now(), name="target_connections", value=value)
            self.journal.append(sample)
        return value

    async def connections_fall(self, within_s: float) -> None:
        """Look at the deployment's count until it is back where it was first, or time is up."""
        gauge = self.journal.history().of(records.Sample)
        first = next((s.value for s in gauge if s.name == "target_connections"), None)

        def fallen() -> bool:
            value = self.count_connections()
            return value is None or first is None or value <= first

        await self._soon(fallen, within_s)

    async def _soon(self, condition: Callable[[], bool], within_s: float) -> None:
        """Ask again and again: what is told by HTTP alone can not be waited for otherwise."""
        deadline = self.journal.now() + within_s
        while not await asyncio.to_thread(condition) and self.journal.now() < deadline:
            await asyncio.sleep(self.deployment.safety.poll_s(POLL_S))

    def _lagged(self, worst_ms: float) -> None:
        self.journal.append(
            records.Sample(t=self.journal.now(), name="loop_lag_ms", value=round(worst_ms, 3))
        )

    def _loss(self) -> str:
        if self.journal.broken:
            return f"The evidence could not be kept: {self.journal.broken}."
        gone = self.deployment.unreachable()
        return f"The deployment was lost in the middle of the run: {gone}." if gone else ""

    def _everybody_leaves(self, *, let_finish: bool = False) -> None:
        people, self._people = list(self._people.values()), {}
        if people and not self.loop.loop.is_closed():
            self.loop.run(_farewell(people, let_finish), FAREWELL_S)


async def _farewell(people: list[User], let_finish: bool) -> None:
    await asyncio.gather(*(user.auto_reconnect.stop() for user in people))
    if let_finish:
        await group.settle(people)
        await group.fence(people)
    connections: list[Connection] = [c for user in people for c in user.connections]
    await asyncio.gather(*(c.leave() for c in connections))
    await asyncio.gather(*(user.door.close() for user in people))
    await asyncio.gather(*(user.handshakes.give_up() for user in people))


def on_loop(
    session: Callable[[], Session], step: Callable[..., Coroutine[Any, Any, None]]
) -> Callable[..., None]:
    """An async step as a plain one that runs on the session's loop.

    What the deployment does not offer makes the scenario skipped, with the reason.
    """

    @wraps(step)
    def run(context: Any, *args: Any, **kwargs: Any) -> None:
        try:
            session().loop.run(step(context, *args, **kwargs))
        except NotOffered as missing:
            session().leave_out(context.scenario, missing)

    return run


def _told(failures: dict[str, Finding]) -> str:
    return "\n".join(f"{name}: {finding.summary}" for name, finding in failures.items())
