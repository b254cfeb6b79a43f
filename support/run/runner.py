"""The behave runner of the suite: gate run or rehearsal, and an exit status that is the verdict.

behave alone exits 0 for a selection that is empty, for a dry run, and for a pending step under
`@wip`; it freezes the event loop between steps; a cancelled coroutine ends the whole run, and so
does `sys.exit(0)` in a step, with success; what broke around scenarios is forgotten.
"""

from __future__ import annotations

import gc
import inspect
import os
import re
import shlex
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack, redirect_stdout, suppress
from functools import wraps
from io import StringIO
from pathlib import Path
from typing import Any

from allure_behave.formatter import AllureFormatter
from behave.async_step import AsyncStepFunction
from behave.configuration import setup_parser
from behave.exception import ConfigError, InvalidFilenameError
from behave.formatter.base import StreamOpener
from behave.runner import Runner, the_step_registry

from support.approval import JOURNAL, UnknownCriterion, ensure_known
from support.approval.words import capital
from support.config import DeploymentError, Environment, load_environment
from support.config.secret_names import SECRET
from support.journal import Journal, JournalError
from support.report.allure.formatter import GreenlightFormatter
from support.report.files import ReportFolderError, RunFolder, new_run, point_latest
from support.report.formatting import mask
from support.report.output import masked_output
from support.report.running import mark_running
from support.run.context import GateContext, contained
from support.run.cost import Expected, cost_text, ensure_within_budget, foresee
from support.run.ending import leave_threads_behind
from support.run.finish import finish_run
from support.run.gathered import gather
from support.run.interrupts import Interrupted, Interrupts
from support.run.listeners import Contained, contain, remarks
from support.run.parallel import JOBS_FLAG, STAGES_FLAG, jobs_of, run_on_workers
from support.run.parallel.durations import earlier_durations, remember_durations
from support.run.parameter_types import register_types
from support.run.ran import Ran, outcome_of
from support.run.selection import (
    asks_for_gate,
    critical,
    refuse_narrowed,
    refuse_old_names,
)
from support.run.selection import planned as select
from support.run.session import Session, as_plain_step
from support.run.short_form import short_form
from support.run.start import (
    GATE_FLAG,
    RECEIPT_FLAG,
    Receipt,
    hooks_are_loaded_by,
    refuse_without_assertions,
)

OWNER_ONLY = 0o077
_SECRET_FLAG = re.compile(
    rf"((?:{SECRET.pattern}|users|variables\.)[^=]*=).*", re.IGNORECASE | re.DOTALL
)
HOOKS = (
    "before_all",
    "after_all",
    "before_feature",
    "after_feature",
    "before_rule",
    "after_rule",
    "before_scenario",
    "after_scenario",
    "before_step",
    "after_step",
    "before_tag",
    "after_tag",
)


class GateRunner(Runner):  # type: ignore[misc]
    """Runs the selected scenarios and decides. `run()` returns True for failure, as behave's do."""

    session: Session | None = None
    folder: RunFolder
    allure: GreenlightFormatter

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.interrupts = Interrupts()
        self.receipt = Receipt(config.userdata)
        self._not_begun: Any = None
        self._listeners: list[Contained] = []
        self._shown: Contained | None = None
        # Before it calls `run`, behave prints which class runs: nothing that a person needs.
        self._silence = ExitStack()
        self._silence.enter_context(redirect_stdout(StringIO()))

    def run(self) -> bool:
        """As behave, but no output holds a secret, and threads left behind end."""
        self._silence.close()
        os.umask(OWNER_ONLY)  # evidence, databases, logs: nobody else on this machine may read them
        self.interrupts.take_over()
        with masked_output(self.config):
            failed = bool(super().run())
        leave_threads_behind(int(failed))
        return failed

    def load_hooks(self, filename: str | None = None) -> None:
        """As behave, but refuses `async def` hooks: behave would never await them."""
        refuse_without_assertions()
        hooks_are_loaded_by(self)
        super().load_hooks(filename)
        self.context = GateContext(self)
        hooks = {name: self.hooks[name] for name in HOOKS if name in self.hooks}
        never = [name for name, hook in hooks.items() if inspect.iscoroutinefunction(hook)]
        if never:
            raise ConfigError(f"async hooks are never awaited by behave: {', '.join(never)}")
        for name, hook in hooks.items():
            self.hooks[name] = self.context.watched(f"hook {name}", hook)

    def run_hook_with_capture(self, hook_name: str, *args: Any, **kwargs: Any) -> bool:
        """As behave, but a run that has to end begins no scenario, and nobody says “By user”."""
        if self.interrupts.reason:
            self.abort(self.interrupts.reason.rstrip("."))
        if hook_name == "before_scenario" and self.context.aborted:
            self._not_begun = args[0]
        if args and args[0] is self._not_begun:
            return True
        passed: bool = super().run_hook_with_capture(hook_name, *args, **kwargs)
        if hook_name == "after_scenario" and self.session is not None:
            self._end_if_lost(self.session, args[0])
        if hook_name == "after_all":
            self.aborted = False  # behave would say that a user did it; `context.stopped` knows
        return passed

    def run_hook(self, hook_name: str, *args: Any, **kwargs: Any) -> bool:
        """As behave; how a step has ended goes into the journal."""
        passed: bool = super().run_hook(hook_name, *args, **kwargs)
        if hook_name == "after_step" and self.session is not None:
            self.session.step_ended(args[0])
        return passed

    def _end_if_lost(self, session: Session, scenario: Any) -> None:
        if session.journal.broken:  # whatever the scenario says, nobody could see it happen
            scenario.cut_short = f"The evidence could not be kept: {session.journal.broken}."
        if session.under_test.lost:
            self.abort(session.under_test.lost)

    def load_step_definitions(self, extra_step_paths: list[str] | None = None) -> None:
        """As behave, with every step run so that it cannot end or freeze the run."""
        register_types(self._open_session)
        super().load_step_definitions(extra_step_paths)
        # behave.step_registry.registry is another one by now: behave resets it before each run.
        for kind, definitions in (self.step_registry or the_step_registry).steps.items():
            for definition in definitions:
                definition.func = self._guarded(definition.func, claim=kind == "then")

    def feature_locations(self) -> list[Any]:
        """As behave, with a plain word for a path that is not there."""
        try:
            return list(super().feature_locations())
        except (FileNotFoundError, InvalidFilenameError) as error:
            raise ConfigError(f"there is no feature file or folder {error}") from None

    def run_model(self, features: list[Any] | None = None) -> bool:
        """Run, then decide. The verdict of a gate run is the result; of a rehearsal, behave's."""
        registry = self.step_registry or the_step_registry
        arguments = self.config.make_command_args()
        refuse_old_names((), registry, setup_parser().parse_args(arguments).tags or ())
        planned = select(self.features, self.config)
        refuse_old_names(planned.values(), registry)
        demanded = critical(self.base_dir or ".", self.config.lang, self.features)
        left_out = [scenario for i, scenario in demanded.items() if i not in planned]
        gate = bool(demanded) and not left_out
        asked = asks_for_gate(arguments, self.config.userdata)
        if not planned:
            print("Nothing was selected: no scenario has these tags or that name. No success.")
            return True
        if asked and not gate:
            refuse_narrowed(left_out)
        if self.config.dry_run:
            super().run_model(features)
            print("A dry run decides nothing: no scenario was carried out.")
            return asked or gate or bool(self.undefined_steps)
        return self._run_and_conclude(planned, gate)

    def _run_and_conclude(self, planned: dict[str, Any], gate: bool) -> bool:
        if any(isinstance(formatter, AllureFormatter) for formatter in self.formatters):
            raise ConfigError("every run writes Allure's results itself: leave out -f for Allure")
        started = time.time()
        environment = self._prepared(started)
        self._listeners = [*contain(self.formatters), *contain(self.config.reporters)]
        self.allure = self._write_allure()
        jobs = jobs_of(self.config, environment, len(planned))
        gc.freeze()  # what is loaded stays: to look through it takes 60 ms, in each worker again
        if jobs:
            ran = run_on_workers(self, environment, self.folder, planned, jobs, gate=gate)
        else:
            ran = self._serial(environment, planned)
        for remark in ran.remarks:
            print(remark)
        good = finish_run(
            ran.gathered,
            self.folder,
            gate=gate,
            run_id=self.receipt.run_id,
            outcomes=list(ran.outcomes),
            started=started,
            aborted=ran.aborted,
            curtailed=ran.curtailed,
            command=_command_line(),
            harness_errors=ran.around_scenarios(),
        )
        if gate:
            return not good
        unsaid = any(o.status in ("broken", "not_run") for o in ran.outcomes)
        return ran.failed or not good or bool(ran.aborted or ran.curtailed) or unsaid

    def _serial(self, environment: Environment, planned: dict[str, Any]) -> Ran:
        """Run everything in this process, one scenario after the other."""
        try:
            journal = Journal(self.folder.path / JOURNAL)
            session = Session(environment, self.folder.path, journal)
        except (DeploymentError, JournalError) as error:
            raise ConfigError(str(error)) from error

        def opened() -> None:
            expected = self.cost_of(session, planned.values())
            self.tell_cost(environment, expected, session.under_test.sign_in.kept)
            if self._shown is not None:
                self._shown.begun()

        reports = self.folder.path.parent
        took = earlier_durations(reports)
        self._shown = short_form(self.formatters, self.config, planned, took)
        failed, aborted = self.carried_out(session, None, opened)
        outcomes = [outcome_of(scenario) for scenario in planned.values()]
        remember_durations(reports, took, outcomes)
        return Ran(
            outcomes=outcomes,
            failed=failed,
            aborted=aborted,
            broken=self.context.broken,
            remarks=self.remarks(),
            gathered=gather(session),
        )

    def carried_out(
        self, session: Session, features: Iterable[Any] | None, opened: Callable[[], object]
    ) -> tuple[bool, str]:
        """Open `session`, then run `features` (None: all that were loaded), and close formatters.

        Whether behave reports a failure, and why the run ended early; empty if it did not.
        """
        failed, aborted = True, ""
        self.session = session
        self.allure.on_ended = self._ended
        try:
            with self.interrupts.interruptible():
                session.open()
            opened()
            self.context.session = session
            failed = super().run_model(features)
            return failed, self.interrupts.reason or session.under_test.lost or self.context.stopped
        except DeploymentError as error:
            aborted = mask(f"{capital(str(error))}.")
        except Interrupted as error:
            aborted = str(error)
        except BaseException as error:
            aborted = mask(f"The suite itself broke: {type(error).__name__}: {error}.")
        self._close_formatters()
        return failed, aborted

    def _ended(self, scenario: Any, status: str) -> None:
        if self.session is not None:
            self.session.ended(scenario, status)
        if self._shown is not None:
            self._shown.scenario_ended(outcome_of(scenario))

    def cost_of(self, session: Session, scenarios: Iterable[Any]) -> Expected:
        """What the run will cost on the deployment that `session` has opened."""
        registry = self.step_registry or the_step_registry
        lacking = session.deployment.lacking
        return foresee(scenarios, registry, session.environment, lacking)

    def tell_cost(self, environment: Environment, expected: Expected, kept: int) -> None:
        """Print what the run will cost. Raises `DeploymentError` when that is over its budget."""
        print(cost_text(expected, environment, kept))
        ensure_within_budget(expected, environment)

    def remarks(self) -> list[str]:
        """What is to be said of formatters and reporters that broke."""
        return remarks([*self._listeners, *([self._shown] if self._shown else [])])

    def _prepared(self, started: float) -> Environment:
        """The environment, and a folder for the run."""
        try:
            environment = load_environment(_flags(self.config.userdata))
            ensure_known(environment.policy)
            self.folder = new_run(
                environment.reports.absolute(), started=started, kept=environment.reports_kept
            )
            self.receipt.hand_over(self.folder.path)
            mark_running(self.folder.path, started)
            if remark := point_latest(self.folder):
                print(remark)
            return environment
        except (DeploymentError, UnknownCriterion, ReportFolderError) as error:
            raise ConfigError(str(error)) from error
        except OSError as error:
            raise ConfigError(f"cannot write to {self.folder.path}: {error.strerror}") from error

    def _write_allure(self) -> GreenlightFormatter:
        opener = StreamOpener(str(self.folder.results))
        formatter = GreenlightFormatter(opener, self.config)
        self.formatters.insert(0, formatter)
        return formatter

    def _close_formatters(self) -> None:
        for formatter in self.formatters:
            with suppress(Exception):  # why the run ended is known; ours would add nothing
                formatter.close()

    def _open_session(self) -> Session:
        if self.session is None:
            raise LookupError("no session is open")
        return self.session

    def _guarded(self, step: Any, *, claim: bool) -> Callable[..., None]:
        """The step, left when a signal arrives; its scenario is then marked as cut short."""
        function = step.coro_func if isinstance(step, AsyncStepFunction) else step
        inner = contained(as_plain_step(self._open_session, function, claim=claim))

        @wraps(inner)
        def run(context: Any, *args: Any, **kwargs: Any) -> None:
            try:
                with self.interrupts.interruptible():
                    inner(context, *args, **kwargs)
            finally:
                if self.interrupts.reason:
                    context.scenario.cut_short = self.interrupts.reason

        return run


def _flags(userdata: dict[str, str]) -> dict[str, str]:
    """Our own `-D` flags; other tools' carry a capitalised prefix (`AllureFormatter.…`)."""
    own = (
        GATE_FLAG,
        RECEIPT_FLAG,
        JOBS_FLAG,
        STAGES_FLAG,
    )  # these are about the run, not about the environment
    return {
        k: str(v)
        for k, v in userdata.items()
        if k not in own and not (k[:1].isupper() and "." in k)
    }


def _command_line() -> str:
    """The command as a shell takes it, without the values of flags that may be secret."""
    words = [Path(sys.argv[0]).name, *sys.argv[1:]]
    return shlex.join(_SECRET_FLAG.sub(r"\1…", word) for word in words)
