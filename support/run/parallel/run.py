"""A run on several workers, from the plan to what a verdict needs of it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

from behave.exception import ConfigError

from support.approval import JOURNAL, UNKNOWN_BUILD, Outcome
from support.config import DeploymentError, Environment, seal_key
from support.deployment.spawner import reference_spawner
from support.journal import JournalError, Redactor, merge_journals
from support.report.allure.status import ending
from support.report.files import RunFolder
from support.report.formatting import redact_with
from support.run.gathered import Gathered
from support.run.parallel.durations import earlier_durations, remember_durations
from support.run.parallel.jobs import staged
from support.run.parallel.limits import Limits
from support.run.parallel.pool import Pool
from support.run.parallel.progress import shown
from support.run.parallel.schedule import Schedule
from support.run.parallel.worker import Running
from support.run.ran import Ran, outcome_of


def run_on_workers(
    runner: Running,
    environment: Environment,
    folder: RunFolder,
    planned: Mapping[str, Any],
    jobs: int,
    *,
    gate: bool,
) -> Ran:
    """Run the planned scenarios on `jobs` processes. No thread may run in this one yet.

    Raises `ConfigError` for a seal key that is too short.
    """
    key = _ready_to_print(environment)
    reports = folder.path.parent
    took = earlier_durations(reports)
    pool = Pool(
        runner=runner,
        environment=environment,
        run_dir=folder.path,
        scenarios=list(planned.values()),
        schedule=_schedule(
            planned,
            took,
            own_services=environment.uses_reference,
            staged=staged(runner.config) and gate,
        ),
        limits=Limits(environment, gate=gate),
        progress=shown(planned.values(), took, runner.config),
    )
    runner.allure.unseen_too = False  # a worker sees a part of the features only
    with reference_spawner() if environment.uses_reference else nullcontext():
        try:
            pool.start(jobs)
            pool.run()
        finally:
            pool.abandon()
            pool.progress.closed()
    outcomes = _outcomes(runner, pool)
    remember_durations(reports, took, outcomes)
    return Ran(
        gathered=_gathered(pool, key),
        outcomes=outcomes,
        failed=any(closed.failed for closed in pool.closed),
        aborted=pool.aborted,
        curtailed=pool.curtailed,
        broken=[text for closed in pool.closed for text in closed.broken],
        remarks=list(dict.fromkeys(text for closed in pool.closed for text in closed.remarks)),
    )


def _schedule(
    planned: Mapping[str, Any], took: Mapping[str, float], *, own_services: bool, staged: bool
) -> Schedule:
    """The planned scenarios by number, in an order that follows from how long they took before."""
    tags = {n: s.effective_tags for n, s in enumerate(planned.values(), 1)}
    expected_s = {n: took[i] for n, i in enumerate(planned, 1) if i in took}
    return Schedule(tags, expected_s, own_services=own_services, staged=staged)


def _ready_to_print(environment: Environment) -> str | None:
    """The seal key; from now on what this process prints holds no secret of the environment."""
    try:
        key = seal_key()
    except DeploymentError as error:
        raise ConfigError(str(error)) from error
    redactor = Redactor()
    for label, secret in environment.secrets().items():
        redactor.add_secret(secret, label)
    redactor.add_secret(key, "seal key")
    redact_with(redactor.redact)
    return key


def _outcomes(runner: Running, pool: Pool) -> list[Outcome]:
    """How each scenario ended; Allure gets a result for those that no worker has written one of."""
    outcomes = []
    begun = {process.running for process in pool.processes}
    for number, scenario in enumerate(pool.scenarios, 1):
        if number not in pool.outcomes:
            if number in begun:
                scenario.cut_short = pool.ends_early
            runner.allure.listener.report(scenario, ending(scenario))
        outcomes.append(pool.outcomes.get(number) or outcome_of(scenario))
    runner.allure.close()
    return outcomes


def _gathered(pool: Pool, key: str | None) -> Gathered:
    """The journals of all workers in one, and what they know of the deployment."""
    broken = next((c.journal_broken for c in pool.closed if c.journal_broken), "")
    errors = list(dict.fromkeys(text for closed in pool.closed for text in closed.errors))
    try:
        journals = [p.journal for p in pool.processes if p.journal.exists()]
        merge_journals(journals, pool.run_dir / JOURNAL)
    except JournalError as error:
        broken = broken or str(error)
        errors.append(f"The evidence could not be kept: {error}.")
    ready = next((p.ready for p in pool.processes if p.ready is not None), None)
    return Gathered(
        environment=pool.environment,
        run_dir=pool.run_dir,
        seal_key=key,
        target=ready.target if ready else pool.environment.target_name,
        build=ready.build if ready else UNKNOWN_BUILD,
        capabilities=ready.capabilities if ready else None,
        journal_broken=broken,
        errors=errors,
    )
