"""The behave runner of the suite: gate run or rehearsal, and an exit status that is the verdict.

behave alone exits 0 for a selection that is empty, for a dry run, and for a pending step under
`@wip`; it freezes the event loop between steps; a cancelled coroutine ends the whole run, and so
does `sys.exit(0)` in a step, with success; what broke around scenarios is forgotten.
"""

from __future__ import annotations

import inspect
import os
import re
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any

from allure_behave.formatter import AllureFormatter
from behave.async_step import AsyncStepFunction
from behave.configuration import setup_parser
from behave.exception import ConfigError, InvalidFilenameError
from behave.formatter.base import StreamOpener
from behave.runner import Runner, the_step_registry

from support.approval import (
    Outcome,
    UnknownCriterion,
    display_name,
    ensure_known,
    scenario_id,
)
from support.config import DeploymentError, load_environment
from support.journal import JournalError
from support.report.allure.formatter import GreenlightFormatter
from support.report.allure.status import ending
from support.report.files import ReportFolderError, RunFolder, new_run, point_latest
from support.report.formatting import mask
from support.report.labels import category_of, rows_of
from support.report.output import masked_output
from support.report.running import mark_running
from support.run.context import GateContext, contained
from support.run.cost import cost_text, ensure_within_budget, foresee
from support.run.ending import leave_threads_behind
from support.run.finish import finish_run
from support.run.interrupts import Interrupted, Interrupts
from support.run.listeners import contain, remarks
from support.run.parameter_types import register_types
from support.run.selection import (
    GATE_FLAG,
    asks_for_gate,
    critical,
    refuse_narrowed,
    refuse_old_names,
)
from support.run.selection import planned as select
from support.run.session import Session, as_plain_step
from support.run.start import (
    RECEIPT_FLAG,
    Receipt,
    hooks_are_loaded_by,
    refuse_without_assertions,
)

OWNER_ONLY = 0o077
_SECRET_FLAG = re.compile(r"((?:secret|token|password|users)[^=]*=).*", re.IGNORECASE | re.DOTALL)
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

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.interrupts = Interrupts()
        self.receipt = Receipt(config.userdata)
        self._not_begun: Any = None

    def run(self) -> bool:
        """As behave, but no output holds a secret, and threads left behind end."""
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
        demanded = critical(self.base_dir or ".", self.config.lang)
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
        self.session = session = self._new_session(started)
        listeners = [*contain(self.formatters), *contain(self.config.reporters)]
        self._write_allure().on_ended = session.ended
        failed, aborted = self._carried_out(session, planned)
        outcomes = [_outcome(scenario) for scenario in planned.values()]
        for remark in remarks(listeners):
            print(remark)
        good = finish_run(
            session,
            self.folder,
            gate=gate,
            run_id=self.receipt.run_id,
            outcomes=outcomes,
            started=started,
            aborted=aborted,
            command=_command_line(),
            harness_errors=self._around_scenarios(failed and not aborted, outcomes),
        )
        if gate:
            return not good
        unsaid = any(o.status in ("broken", "not_run") for o in outcomes)
        return failed or not good or bool(aborted) or unsaid

    def _carried_out(self, session: Session, planned: dict[str, Any]) -> tuple[bool, str]:
        """Whether behave reports a failure, and why the run ended early; empty if it did not."""
        failed, aborted = True, ""
        try:
            with self.interrupts.interruptible():
                session.open()
            self._tell_cost(session, planned)
            self.context.session = session
            failed = super().run_model()
            return failed, self.interrupts.reason or session.under_test.lost or self.context.stopped
        except DeploymentError as error:
            aborted = mask(f"{str(error)[:1].upper()}{str(error)[1:]}.")
        except Interrupted as error:
            aborted = str(error)
        except BaseException as error:
            aborted = mask(f"The suite itself broke: {type(error).__name__}: {error}.")
        self._close_formatters()
        return failed, aborted

    def _tell_cost(self, session: Session, planned: dict[str, Any]) -> None:
        """Print what the run will cost. Raises `DeploymentError` when that is over its budget."""
        registry = self.step_registry or the_step_registry
        environment, lacking = session.environment, session.deployment.lacking
        expected = foresee(planned.values(), registry, environment, lacking)
        print(cost_text(expected, environment, session.under_test.sign_in.kept))
        ensure_within_budget(expected, environment)

    def _new_session(self, started: float) -> Session:
        try:
            environment = load_environment(_flags(self.config.userdata))
            ensure_known(environment.policy)
            self.folder = new_run(environment.reports.absolute(), started=started)
            self.receipt.hand_over(self.folder.path)
            mark_running(self.folder.path, started)
            if remark := point_latest(self.folder):
                print(remark)
            return Session(environment, self.folder.path)
        except (DeploymentError, UnknownCriterion, ReportFolderError, JournalError) as error:
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

    def _around_scenarios(self, failed: bool, outcomes: list[Outcome]) -> list[str]:
        """What broke around scenarios: no scenario's own status shows it."""
        errors = list(dict.fromkeys(self.context.broken))
        if failed and not errors and all(o.status in ("passed", "skipped") for o in outcomes):
            errors.append("behave reports a failure outside of every scenario.")
        return errors

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


def _outcome(scenario: Any) -> Outcome:
    end = ending(scenario)
    return Outcome(
        id=scenario_id(scenario),
        feature=str(scenario.feature.name),
        name=mask(display_name(scenario)),
        path=os.path.relpath(str(scenario.filename)),
        line=int(scenario.line),
        category=category_of(scenario),
        rows=tuple(rows_of(scenario)),
        tags=tuple(sorted(str(t) for t in scenario.effective_tags)),
        critical="critical" in scenario.effective_tags,
        status=end.status,
        reason=end.message,
        duration_s=round(float(scenario.duration or 0.0), 4),
        cause=end.cause,
        checks=end.checks,
        invariants=end.invariants,
    )


def _flags(userdata: dict[str, str]) -> dict[str, str]:
    """Our own `-D` flags; other tools' carry a capitalised prefix (`AllureFormatter.…`)."""
    own = (GATE_FLAG, RECEIPT_FLAG)  # these are about the run, not about the environment
    return {
        k: str(v)
        for k, v in userdata.items()
        if k not in own and not (k[:1].isupper() and "." in k)
    }


def _command_line() -> str:
    """The command as typed, without the values of flags that may be secret."""
    words = [Path(sys.argv[0]).name, *sys.argv[1:]]
    return " ".join(_SECRET_FLAG.sub(r"\1…", word) for word in words)
