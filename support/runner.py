"""The behave runner of the suite: gate run or rehearsal, and an exit status that is the verdict.

behave alone exits 0 for a selection that is empty, for a dry run, and for a pending step under
`@wip`; it freezes the event loop between steps, and lets a cancelled coroutine end the whole run.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

from behave.async_step import AsyncStepFunction
from behave.exception import ConfigError
from behave.formatter.base import StreamOpener
from behave.runner import Runner, the_step_registry
from behave.runner_util import collect_feature_locations, parse_features

from support.approval import Outcome, display_name, scenario_id
from support.client import StepCancelled
from support.conclusion import conclude
from support.journal import JournalError
from support.report.allure.formatter import GreenlightFormatter
from support.report.allure.labels import category_of, rows_of
from support.report.allure.status import ending, hook_error
from support.report.files import ReportFolderError, RunFolder, new_run
from support.session import Session, on_loop
from support.target import TargetError, load_environment
from support.vocabulary import teach

FEATURES = "features"
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

    def load_hooks(self, filename: str | None = None) -> None:
        """As behave, but refuses `async def` hooks: behave would never await them."""
        super().load_hooks(filename)
        for name in HOOKS:
            if inspect.iscoroutinefunction(self.hooks.get(name)):
                raise ConfigError(f"the hook {name} is async: behave would never await it")

    def load_step_definitions(self, extra_step_paths: list[str] | None = None) -> None:
        """As behave, with every step run so that it can not end or freeze the run."""
        teach(self._open_session)
        super().load_step_definitions(extra_step_paths)
        # behave.step_registry.registry is another one by now: behave resets it before each run.
        for definitions in (self.step_registry or the_step_registry).steps.values():
            for definition in definitions:
                definition.func = self._guarded(definition.func)

    def run_model(self, features: list[Any] | None = None) -> bool:
        """Run, then decide. The verdict of a gate run is the result; of a rehearsal, behave's."""
        planned = self._planned()
        gate = self._covers_critical(planned)
        if not planned:
            print("Nothing was selected: no scenario has these tags or that name. No success.")
            return True
        if self.config.dry_run:
            super().run_model(features)
            print("A dry run decides nothing: no scenario was carried out.")
            return gate or bool(self.undefined_steps)
        return self._run_and_conclude(planned, gate)

    def _run_and_conclude(self, planned: dict[str, Any], gate: bool) -> bool:
        started, aborted, failed = time.time(), "", True
        self.session = session = self._new_session()
        self._write_allure()
        try:
            with _TerminatedLikeInterrupted():
                session.open()
                self.context.session = session
                failed = super().run_model()
                aborted = session.lost or ("The run was interrupted." if self.aborted else "")
        except TargetError as error:
            aborted = f"{str(error)[:1].upper()}{str(error)[1:]}."
            self._close_formatters()
        except KeyboardInterrupt:
            aborted = "The run was interrupted."
            self._close_formatters()
        outcomes = [_outcome(scenario) for scenario in planned.values()]
        approved = conclude(
            session,
            self.folder,
            gate=gate,
            outcomes=outcomes,
            started=started,
            aborted=aborted,
            command=_command_line(),
            harness_errors=_around_scenarios(self.features, failed and not aborted, outcomes),
        )
        if gate:
            return not approved
        return failed or bool(aborted) or any(o.status in ("broken", "not_run") for o in outcomes)

    def _new_session(self) -> Session:
        try:
            environment = load_environment(_flags(self.config.userdata))
            self.folder = new_run(environment.reports.absolute(), started=time.time())
            return Session(environment, self.folder.path)
        except (TargetError, ReportFolderError, JournalError) as error:
            raise ConfigError(str(error)) from error

    def _write_allure(self) -> None:
        opener = StreamOpener(str(self.folder.results))
        self.formatters.insert(0, GreenlightFormatter(opener, self.config))

    def _close_formatters(self) -> None:
        for formatter in self.formatters:
            formatter.close()

    def _open_session(self) -> Session:
        if self.session is None:
            raise LookupError("no session is open")
        return self.session

    def _guarded(self, step: Any) -> Callable[..., None]:
        if isinstance(step, AsyncStepFunction):
            return on_loop(self._open_session, step.coro_func)

        @wraps(step)
        def run(*args: Any, **kwargs: Any) -> None:
            try:
                step(*args, **kwargs)
            except asyncio.CancelledError as error:
                raise StepCancelled("the step was cancelled from within") from error

        return run

    def _planned(self) -> dict[str, Any]:
        return _by_id(s for s in _walk(self.features) if s.should_run(self.config))

    def _covers_critical(self, planned: dict[str, Any]) -> bool:
        """True when every critical scenario of the suite is planned; the suite must have one."""
        folder = os.path.join(self.base_dir or ".", FEATURES)
        if not os.path.isdir(folder):
            folder = self.base_dir or "."
        suite = parse_features(collect_feature_locations([folder]), language=self.config.lang)
        critical = {i for i, s in _by_id(_walk(suite)).items() if "critical" in s.effective_tags}
        return bool(critical) and critical <= set(planned)


def _walk(features: list[Any]) -> Iterator[Any]:
    for feature in features:
        yield from feature.walk_scenarios()


def _by_id(scenarios: Iterator[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for scenario in scenarios:
        twin = found.setdefault(scenario_id(scenario), scenario)
        if twin is not scenario:
            raise ConfigError(
                f"two scenarios can not be told apart: “{scenario.name}” at {twin.location}"
                f" and {scenario.location}; give one another name"
            )
    return found


def _outcome(scenario: Any) -> Outcome:
    end = ending(scenario)
    return Outcome(
        id=scenario_id(scenario),
        feature=str(scenario.feature.name),
        name=display_name(scenario),
        path=os.path.relpath(str(scenario.filename)),
        line=int(scenario.line),
        category=category_of(scenario),
        rows=tuple(rows_of(scenario)),
        tags=tuple(sorted(str(t) for t in scenario.effective_tags)),
        critical="critical" in scenario.effective_tags,
        status=end.status,
        reason=end.message,
        duration_s=round(float(scenario.duration or 0.0), 4),
    )


def _around_scenarios(features: list[Any], failed: bool, outcomes: list[Outcome]) -> list[str]:
    """What broke around scenarios: no scenario's status shows a hook of its feature or rule."""
    broken = [e for f in features for e in [*f.rules, f] if e.hook_failed]
    errors = [f"A hook around “{e.name}” broke: {hook_error(e)}" for e in broken]
    if failed and not errors and all(o.status in ("passed", "skipped") for o in outcomes):
        errors.append("behave reports a failure outside of every scenario: a hook or a clean-up.")
    return errors


def _flags(userdata: dict[str, str]) -> dict[str, str]:
    """Our own `-D` flags; other tools' carry a capitalised prefix (`AllureFormatter.…`)."""
    return {key: str(value) for key, value in userdata.items() if not key[:1].isupper()}


def _command_line() -> str:
    """The command as typed, without the values of flags that may be secret."""
    words = [Path(sys.argv[0]).name]
    for word in sys.argv[1:]:
        key, equals, _ = word.partition("=")
        hidden = equals and any(s in key.lower() for s in ("secret", "token", "password"))
        words.append(f"{key}=…" if hidden else word)
    return " ".join(words)


class _TerminatedLikeInterrupted:
    """While inside, SIGTERM (a CI job cancelled) ends the run as Ctrl-C does: in good order."""

    def __enter__(self) -> None:
        self._before = signal.signal(signal.SIGTERM, self._interrupt)

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGTERM, self._before)

    @staticmethod
    def _interrupt(*_: object) -> None:
        raise KeyboardInterrupt
