"""`greenlight load`: many users for a person, with the verdict and the report of a gate."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from support.approval import CRITERIA, JOURNAL, VERDICT, Outcome
from support.approval.model import LOAD_COMMAND, Status
from support.approval.words import capital
from support.checks.finding import Finding
from support.checks.load import load_held
from support.config import DeploymentError, Environment, load_environment
from support.config.policy import UNTOUCHABLE, LeastAssessed
from support.journal import Journal, JournalError, records
from support.journal.load_plan import LoadPlan, PlanError
from support.load.cluster import LoadRefused, LocalWorkers, Workers
from support.load.crowd import Crowd
from support.load.needs import ensure_installed, remarks
from support.load.plan import shards
from support.load.resume import Unfinished, not_resumable
from support.measures.load import loads
from support.report.files import ReportFolderError, RunFolder, new_run, point_latest
from support.report.formatting import mask
from support.report.load import LEAST_RATE_S, plan_line, progress_line, summary_lines
from support.report.running import mark_running
from support.run.finish import finish_run
from support.run.gathered import gather
from support.run.interrupts import Interrupted, Interrupts
from support.run.session import Session

LOCAL = "local"
CLUSTER_PACKAGE = "distributed"
APPROVED, REJECTED, REFUSED, INCONCLUSIVE = 0, 1, 2, 3
#: What is judged of a load run beside what no policy can leave out.
ASKED = ("load", *UNTOUCHABLE)
SCENARIO, FEATURE = "load", "Load"
TAGS = ("critical", "isolation", "load")
PIPED_EVERY_S = 5.0
SIGNALS = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM", signal.SIGHUP: "SIGHUP"}


def load(
    plan: LoadPlan,
    flags: Mapping[str, str],
    cluster: str = LOCAL,
    certificates: Path | None = None,
    before: Unfinished | None = None,
) -> int:
    """Put `plan` on the deployment that `flags` name; the exit status says the verdict.

    `cluster` has the workers: this machine, or the dask scheduler of that address. With a run
    `before`, `plan` is the rest of its own.

    Raises `LoadRefused` and `DeploymentError` for what cannot be begun.
    """
    ensure_installed(*(() if cluster == LOCAL else (CLUSTER_PACKAGE,)))
    try:
        shards(plan)
    except PlanError as error:
        raise LoadRefused(str(error)) from None
    workers = _workers(cluster, certificates)
    os.umask(0o077)  # nobody else on this machine may read the evidence
    environment = _for_load(load_environment(dict(flags)))
    interrupts = Interrupts()
    interrupts.take_over()
    started = time.time()
    try:
        folder = new_run(
            environment.reports.absolute(), started=started, kept=environment.reports_kept
        )
        mark_running(folder.path, started)
        if remark := point_latest(folder):
            print(remark)
        session = Session(environment, folder.path, Journal(folder.path / JOURNAL))
    except (ReportFolderError, JournalError) as error:
        raise DeploymentError(str(error)) from error
    return _carried_out(session, folder, plan, workers, started, interrupts, before)


def _workers(cluster: str, certificates: Path | None) -> Workers:
    if cluster == LOCAL:
        return LocalWorkers()
    from support.load.dask_cluster import DaskWorkers

    return DaskWorkers(cluster, certificates)


def _for_load(environment: Environment) -> Environment:
    """The environment, with the criteria of a load run alone, and runs of its own to compare."""
    left_out = tuple(name for name in CRITERIA if name not in ASKED)
    policy = environment.policy.model_copy(
        update={
            "required_categories": ("stress",),
            "must": ("L5",),
            "least_assessed": LeastAssessed(stress=1),
            "leave_out": left_out,
            "accepted_failures": (),
        }
    )
    named = {"policy": policy, "html": False, "name": f"{environment.name} load"}
    return environment.model_copy(update=named)


def _carried_out(
    session: Session,
    folder: RunFolder,
    plan: LoadPlan,
    workers: Workers,
    started: float,
    interrupts: Interrupts,
    before: Unfinished | None,
) -> int:
    aborted, refused = "", False
    finding: Finding | None = None
    try:
        with interrupts.interruptible():
            session.open()
        if before is not None:
            before.ensure_same(session.journal.history())
        _begin(session, plan)
        print(plan_line(plan, session.under_test.name))
        for remark in remarks(session.deployment):
            print(f"Note: {remark}.")
        asyncio.run(_crowd(session, folder.path, plan, workers, before))
        finding = load_held()(session.journal.history())
        _end(session, finding)
        figures = loads(session.journal.history())[-1]
        print("\n".join(summary_lines(figures)))
        if not not_resumable(figures):
            print(f"To continue: greenlight load --resume {os.path.relpath(folder.path)}")
        ended = figures.ended
        if ended is not None and ended.stopped and not ended.lost:
            aborted = f"The load was ended early: {ended.stopped}."
    except (LoadRefused, DeploymentError) as error:
        aborted, refused = mask(f"The load was not begun: {error}."), True
        print(capital(aborted), file=sys.stderr)
    except Interrupted as error:
        aborted = str(error)
    interrupts.take_over()
    finish_run(
        replace(gather(session), by_behave=False),
        folder,
        gate=True,
        run_id="",
        outcomes=[_outcome(plan, finding, time.time() - started)],
        started=started,
        aborted=aborted,
        command=LOAD_COMMAND,
    )
    return REFUSED if refused else _status(folder.path)


async def _crowd(
    session: Session,
    run_dir: Path,
    plan: LoadPlan,
    workers: Workers,
    before: Unfinished | None,
) -> None:
    crowd = Crowd(
        plan,
        session.deployment,
        session.under_test.sign_in,
        session.journal,
        run_dir,
        progress=progress_shown(plan),
        workers=workers,
        earlier=before.seen if before is not None else (),
    )
    loop = asyncio.get_running_loop()
    for number, name in SIGNALS.items():
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, crowd.stop, name)
    session.probes.memory()
    await crowd.run()


def progress_shown(plan: LoadPlan) -> Callable[[records.LoadProgress], None]:
    """One line that is written over on a terminal; elsewhere a line every few seconds."""
    on_terminal = sys.stdout.isatty()
    shown: records.LoadProgress | None = None  # what rates are counted from

    def show(progress: records.LoadProgress) -> None:
        nonlocal shown
        if shown is not None and not on_terminal and progress.t - shown.t < PIPED_EVERY_S:
            return
        line = progress_line(plan, progress, shown)
        print(f"\r{line}\x1b[K" if on_terminal else f"{line}\n", end="", flush=True)
        if shown is None or progress.t - shown.t >= LEAST_RATE_S:
            shown = progress

    return show


def _begin(session: Session, plan: LoadPlan) -> None:
    session.journal.begin_scenario("s001")
    session.journal.record(
        records.ScenarioStarted,
        scenario_id=SCENARIO,
        name=_name(plan),
        category="stress",
        tags=TAGS,
        under_load=True,
    )


def _end(session: Session, finding: Finding) -> None:
    session.probes.memory()
    status = _status_of(finding)
    session.journal.record(records.ScenarioEnded, status=status)
    session.journal.record(records.ScenarioResult, scenario_id=SCENARIO, result=status)
    if sys.stdout.isatty():
        print()


def _name(plan: LoadPlan) -> str:
    return f"{plan.users:,} users for {plan.duration_s:g} s"


def _status_of(finding: Finding) -> Status:
    return "passed" if finding.ok else "failed"


def _outcome(plan: LoadPlan, finding: Finding | None, took_s: float) -> Outcome:
    """The load as a scenario: what an approver reads beside the criteria."""
    return Outcome(
        id=SCENARIO,
        feature=FEATURE,
        name=_name(plan),
        path="greenlight load",
        line=0,
        category="stress",
        rows=("L5",),
        tags=TAGS,
        critical=True,
        status=_status_of(finding) if finding else "not_run",
        reason="" if finding is None or finding.ok else finding.summary,
        cause=finding.cause if finding else None,
        checks=() if finding is None or finding.ok else (finding.check,),
        duration_s=took_s,
    )


def _status(run_dir: Path) -> int:
    """The exit status for the verdict that was written; without one, nothing is approved."""
    with suppress(OSError, ValueError):
        decision = json.loads((run_dir / VERDICT).read_bytes())["decision"]
        return {"APPROVED": APPROVED, "REJECTED": REJECTED}.get(decision, INCONCLUSIVE)
    return INCONCLUSIVE
