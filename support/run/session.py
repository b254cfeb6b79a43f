"""One run of the suite: the deployment, the journal, the loop, and each scenario in turn."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import wraps
from pathlib import Path
from typing import Any

import msgspec
from hamcrest import assert_that

from support.approval import display_name, scenario_id
from support.checks.finding import Check, Finding, failed
from support.checks.invariants import invariant_failures
from support.checks.latency import latency_within
from support.checks.load import crowd_failures
from support.checks.matchers import holds
from support.checks.outage import recovered_from_outage
from support.checks.unmet import Unmet
from support.client import BackgroundLoop, User, watch_lag
from support.client.members import EVERYONE, members
from support.client.reconnect import ConnectionPool
from support.client.sign_in import FRESH_ACCOUNTS
from support.config import Environment, LeftOut, NotOffered, NotSafe, seal_key
from support.deployment import Deployment, run_budget_s
from support.faults import Fault, NetworkProfile, Proxy
from support.journal import Journal, records
from support.measures.distribution import Figure
from support.report.charts import scenario_chart
from support.report.formatting import mask, redact_with
from support.report.labels import category_of
from support.report.transcript import transcript
from support.run.control import RESTART_S, PartControl
from support.run.groups import MOST_CLIENTS, Few, Group, Many
from support.run.network import Network
from support.run.people import LEAVE_S, People
from support.run.probes import Probes
from support.run.under_test import UnderTest

#: When a step is given up: a last resort, since every wait in it has a shorter deadline of its own.
#: Where runs are slow it is as long as so many of them in turn.
STEP_S = 300.0
RUNS_IN_A_STEP = 30


class Session:
    """Opened once before all scenarios, closed after them; `begin`/`end` stand around each.

    `under_test` is the deployment, `control` what an operator does to it, `probes` what is
    measured of it, `pool` the connections kept for reuse.
    """

    def __init__(
        self, environment: Environment, run_dir: Path, journal: Journal, *, service: int = 0
    ) -> None:
        """`service` is the number of the bundled service where a run has several.

        Raises `DeploymentError` for a seal key that is too short.
        """
        self.environment = environment
        self.run_dir = run_dir
        self.journal = journal
        redact_with(self.journal.redactor.redact)
        for label, secret in environment.secrets().items():
            self.journal.redactor.add_secret(secret, label)
        self.seal_key = seal_key()
        self.journal.redactor.add_secret(self.seal_key, "seal key")
        self.loop = BackgroundLoop()
        self.under_test = UnderTest(environment, run_dir, self.journal)
        self.probes = Probes(self.journal, self.under_test, service)
        self.control = PartControl(self.journal, self.under_test, self.probes)
        self.pool = ConnectionPool()
        self._people = People(self.journal, self.under_test, self.loop)
        self._network = Network(self.journal, self.under_test, environment.chaos.seed)
        self._many: Many | None = None
        self._found: list[str] = []
        self._not_offered: list[NotOffered] = []
        self._step_left_out = ""
        self._count = 0

    @property
    def deployment(self) -> Deployment:
        """The deployment under test. Raises `LookupError` before `open()`."""
        return self.under_test.deployment

    @property
    def step_limit_s(self) -> float:
        """How long a step may take before it is given up."""
        patience = self.environment.patience
        planned_s = max(patience.soak, patience.idle_hold or 0.0)
        return max(STEP_S, RUNS_IN_A_STEP * patience.run_budget_s, planned_s + STEP_S / 2)

    def open(self) -> None:
        """Find the deployment, or start the reference. Raises `DeploymentError` with the cause."""
        self.journal.record(
            records.Opened,
            wall=self.journal.wall,
            target=self.under_test.name,
            environment=self.environment.name,
            dialect=self.environment.dialect,
            run_budget_s=run_budget_s(self.environment),
        )
        self.under_test.open()
        for setting, (asked, most) in self.environment.reduced.items():
            why = f"safe mode uses {most:,} instead of {asked:,}"
            self.journal.record(records.LeftOut, what=setting, why=why)
        asyncio.run_coroutine_threadsafe(watch_lag(self.probes.lag), self.loop.loop)
        self.probes.memory()

    def close(self) -> None:
        """Disconnect everyone, stop what was started, close the journal. Idempotent."""
        with ExitStack() as last:
            last.callback(self.journal.close)
            last.callback(self.under_test.close)
            last.callback(self.under_test.end_scenario)
            last.callback(self.loop.close)
            last.callback(self._end_many, let_finish=False)
            self._people.leave()
            self.probes.memory()
            self.under_test.read_build_again()

    # --- around each scenario

    def next_is(self, number: int) -> None:
        """The next scenario has that number in the run; without it they are counted."""
        self._count = number - 1

    def begin(self, scenario: Any) -> None:
        """Open a scenario in the journal; skip it when the deployment lacks what it needs."""
        self._count += 1
        name = f"s{self._count:03d}"
        self._found, self._not_offered, self._many = [], [], None
        self._people.begin_scenario(name)
        self.journal.begin_scenario(name)
        self.under_test.sign_in.begin_scenario(fresh=FRESH_ACCOUNTS in scenario.effective_tags)
        tags = tuple(sorted(str(tag) for tag in scenario.effective_tags))
        self.journal.record(
            records.ScenarioStarted,
            scenario_id=scenario_id(scenario),
            name=mask(display_name(scenario)),
            category=category_of(scenario),
            tags=tags,
            under_load="load" in tags,
        )
        needed = [tag.removeprefix("needs.") for tag in tags if tag.startswith("needs.")]
        missing = [why for name in needed if (why := self.deployment.lacking(name)) is not None]
        for why in missing:
            self.leave_out(scenario, why)
        if not missing:
            self.under_test.begin_scenario(tags)

    def not_offered(self, scenario: Any, missing: NotOffered, *, claim: bool) -> None:
        """A step needs what the deployment lacks.

        One of several claims is noted; without any that can be assessed, the scenario is left out.
        """
        if not claim or isinstance(missing, NotSafe):
            self.leave_out(scenario, missing)
            return
        self._not_offered.append(missing)
        self._step_left_out = str(missing)
        claims = sum(step.step_type == "then" for step in scenario.all_steps)
        if len(self._not_offered) == claims:
            self.leave_out(scenario, missing)

    def leave_out(self, scenario: Any, missing: NotOffered) -> None:
        """Skip a scenario for what the deployment lacks, or for what safe mode does not do."""
        if isinstance(missing, NotSafe):
            self.journal.record(records.LeftOut, what=missing.kind, why=str(missing))
        scenario.left_out_by = missing.cause
        scenario.skip(reason=str(missing))

    def step_ended(self, step: Any) -> None:
        """Note how a step ended."""
        self.journal.record(
            records.StepEnded,
            text=mask(f"{step.keyword} {step.name}"),
            status=step.status.name,
            took_ms=step.duration * 1000,
            not_assessed=mask(self._step_left_out),
        )
        self._step_left_out = ""

    def end(self, scenario: Any) -> None:
        """Close a scenario: last fences, everyone disconnects, then the invariants are checked.

        Raises `Unmet` when an invariant fails in a scenario that had passed so far, or when what it
        stopped does not come back: the next scenario is not to blame for that.
        """
        try:
            self._end(scenario)
        finally:
            self.under_test.end_scenario()

    def _end(self, scenario: Any) -> None:
        cut_short = bool(getattr(scenario, "cut_short", ""))
        passing = str(scenario.status.name) == "passed" and not cut_short
        people = self.people
        self._people.leave(let_finish=passing)
        self._end_many(let_finish=passing)
        if len(self.pool):
            self.loop.run(self.pool.close(), LEAVE_S)
        self.loop.run(self._network.close(), LEAVE_S)
        gone = self._started_again()
        self.probes.memory()
        history = self.journal.history()
        failures = invariant_failures(history, self._applies) if len(history) else {}
        failures |= crowd_failures(history)
        status = records.CUT_SHORT if cut_short else str(scenario.status.name)
        self.journal.record(records.ScenarioEnded, status=status)
        if passing and not failures:
            self._people.keep_accounts(people)
        if gone or status not in ("passed", "skipped", records.CUT_SHORT):
            self.under_test.lost = self.under_test.lost or self._loss()
        if passing and failures:
            raise Unmet(_summaries(failures), list(failures.values()), list(failures))
        if passing and gone:
            found = msgspec.structs.replace(failed(gone), check=recovered_from_outage.__name__)
            raise Unmet(gone, [found])

    def _started_again(self) -> str:
        """Start what the scenario left stopped; why it is not back even then, or empty."""
        if not self.control.start_stopped_parts():
            return ""
        gone = self.loop.run(self.control.recovered(), 2 * RESTART_S + LEAVE_S)
        return f"after it was started again, {gone}" if gone else ""

    def _end_many(self, *, let_finish: bool) -> None:
        if self._many is not None:
            if let_finish:
                self.loop.run(self._many.finish(), self.step_limit_s)
            self.loop.run(self._many.close(), LEAVE_S)

    def _applies(self, check: Check) -> bool:
        """True where the question has a meaning: an identity shared by all can leak nothing."""
        return check.needs != "own_identity" or self.deployment.lacking(check.needs) is None

    def _loss(self) -> str:
        if self.journal.broken:
            return f"The evidence could not be kept: {self.journal.broken}."
        gone = self.deployment.unreachable()
        return f"The deployment was lost in the middle of the run: {gone}." if gone else ""

    def ended(self, scenario: Any, result: str) -> None:
        """Note how a scenario ended when all of it was over: what outcomes must agree with."""
        self.journal.record(
            records.ScenarioResult, scenario_id=scenario_id(scenario), result=result
        )
        if self.under_test.is_open:
            known = {one.scenario for one in self.environment.policy.accepted_failures}
            failed = result == "failed" and display_name(scenario) not in known
            self.deployment.misses.scenario_ended(failed=failed)

    # --- what steps ask for

    def person(self, name: str) -> User:
        """The user of that name in this scenario; somebody new when first named."""
        return self._people.user(name)

    def members(self, group: str) -> Group:
        """Those whom a feature calls `group`."""
        if group == EVERYONE and self._many is not None:
            return self._many
        met = [user.name for user in self.people]
        names = members(group, self.environment, met)
        if len(names) <= MOST_CLIENTS:
            return Few([self.person(name) for name in names], self.environment)
        if self._many is None or self._many.count != len(names):
            self._many = Many(len(names), self.under_test, self.journal, self.run_dir)
        return self._many

    @property
    def everyone(self) -> Group:
        """Everyone met in this scenario."""
        return self.members(EVERYONE)

    async def network_over(self, profile: NetworkProfile) -> tuple[Proxy, list[Fault]]:
        """The network of this scenario, and the faults that `profile` adds to it.

        Raises `NotSafe` for one that stalls handshakes, where safe mode forbids those.
        """
        for needed in profile.needs:
            if (lacking := self.deployment.lacking(needed)) is not None:
                raise lacking
        proxy = await self.network(reads_messages=profile.reads_messages)
        faults = profile.faults(self.deployment.dialect, self.environment.chaos)
        if any(fault.name == "stalled_handshake" for fault in faults):
            self.deployment.safety.guard("slow_handshakes")
        return proxy, faults

    @property
    def questions_asked(self) -> int:
        """How many questions everyone of this scenario has asked together."""
        return sum(len(user.runs) for user in self.people)

    @property
    def people(self) -> list[User]:
        """Everyone met in this scenario, in order."""
        return self._people.everyone()

    async def network(self, *, reads_messages: bool = False) -> Proxy:
        """The network between users and deployment in this scenario.

        One that `reads_messages` raises `NotOffered` where TLS hides them from it.
        """
        return await self._network.proxy(reads_messages=reads_messages)

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

    def verify(self, check: Check, *, smaller: LeftOut | None = None) -> None:
        """Assert that `check` holds over this scenario so far; raises `Unmet` when it does not.

        Raises `NotOffered` where nobody can say because of what the deployment does not offer, and
        `smaller` where too little was seen because this environment asks for less than it takes.
        """
        lacking = self.deployment.lacking(check.needs) if check.needs else None
        if lacking is not None and not self._applies(check):
            raise lacking
        matcher = holds(check)
        try:
            assert_that(self.journal, matcher)
        except AssertionError as error:
            found = matcher.finding
            if found is not None and found.state == "unknown":
                if found.cause == "not_offered":
                    raise NotOffered(found.summary) from None
                if lacking is not None:
                    raise lacking from None
                if found.cause == "too_few_samples" and smaller is not None:
                    raise smaller from None
            raise Unmet(str(error), (found,) if found else ()) from None
        if lacking is not None:  # it passes, but there was nothing to look at
            raise lacking
        if matcher.finding is not None:
            self._found.append(f"{matcher.finding.question}: {matcher.finding.summary}")

    def verify_all(self, checks: Sequence[Check]) -> None:
        """As `verify`, for each of `checks`; without any, nothing is proven."""
        if not checks:
            raise Unmet("no user has been named before", ())
        for check in checks:
            self.verify(check)

    def verify_each(
        self, ask: Callable[[User], Check], users: Sequence[User] | None = None
    ) -> None:
        """As `verify`, for each of `users`, or everyone; for nobody, nothing is proven."""
        self.verify_all([ask(person) for person in (self.people if users is None else users)])

    def story(self) -> str:
        """The scenario as it happened, line by line, and what the checks found in it."""
        lines = [f"✔ {line}" for line in self._found]
        lines += [f"? not assessed: {missing}" for missing in self._not_offered]
        found = "".join(f"\n  {line}" for line in lines) or "\n  nothing yet"
        return f"{transcript(self.journal.history().records)}\nWhat was found{found}\n"

    def picture(self) -> str:
        """The scenario as it happened, as SVG; empty when nobody tried to connect."""
        return scenario_chart(self.journal.history())


def as_plain_step(
    session: Callable[[], Session], step: Callable[..., Any], *, claim: bool = False
) -> Callable[..., None]:
    """A step as a plain function; a coroutine function runs on the session's loop.

    What the deployment does not offer makes the scenario skipped, with the reason; where it is one
    `claim` of several, the others are still assessed.
    """

    @wraps(step)
    def run(context: Any, *args: Any, **kwargs: Any) -> None:
        try:
            if inspect.iscoroutinefunction(step):
                session().loop.run(step(context, *args, **kwargs), session().step_limit_s)
            else:
                step(context, *args, **kwargs)
        except NotOffered as missing:
            session().not_offered(context.scenario, missing, claim=claim)

    return run


def _summaries(failures: dict[str, Finding]) -> str:
    return "\n".join(f"{name}: {finding.summary}" for name, finding in failures.items())
