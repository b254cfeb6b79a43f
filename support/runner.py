"""The behave runner of the suite: gate run or rehearsal, and an exit status that is the verdict.

behave alone exits 0 for a selection that is empty, for a dry run, and for a pending step under
`@wip`; it freezes the event loop between steps; a cancelled coroutine ends the whole run, and so
does `sys.exit(0)` in a step, with success; what broke around scenarios is forgotten.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from difflib import get_close_matches
from functools import wraps
from pathlib import Path
from typing import Any

from allure_behave.formatter import AllureFormatter
from behave.async_step import AsyncStepFunction
from behave.exception import ConfigError, InvalidFilenameError
from behave.formatter.base import StreamOpener
from behave.model import ScenarioOutline
from behave.runner import Context, Runner, the_step_registry
from behave.runner_util import collect_feature_locations, parse_features

from support.approval import (
    Outcome,
    UnknownCriterion,
    display_name,
    ensure_known,
    scenario_id,
)
from support.client import StepCancelled
from support.conclusion import conclude
from support.journal import JournalError
from support.report.allure.formatter import GreenlightFormatter
from support.report.allure.labels import category_of, rows_of
from support.report.allure.status import ending
from support.report.files import ReportFolderError, RunFolder, new_run
from support.report.output import masked_output
from support.report.words import mask
from support.session import Session, on_loop
from support.target import TargetError, load_environment
from support.vocabulary import teach

FEATURES = "features"
_SECRET_FLAG = re.compile(r"((?:secret|token|password|users)[^=]*=).*", re.IGNORECASE | re.DOTALL)
KEYWORDS = ("Background", "Rule", "Scenario", "Scenario outline", "Example", "Examples")
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


class GateContext(Context):  # type: ignore[misc]
    """As behave's; remembers why the run was stopped, and what broke around its scenarios."""

    def __init__(self, runner: Any) -> None:
        super().__init__(runner)
        self._stopped = ""
        self._broken: list[str] = []

    @property
    def stopped(self) -> str:
        """Why the run was stopped before its end, in a sentence; empty if it was not."""
        return self._stopped

    @property
    def broken(self) -> list[str]:
        """The hooks and clean-ups that broke outside of every scenario, a sentence each."""
        return self._broken

    def abort(self, reason: str | None = None) -> None:
        """Stop the run, as behave does, but without a word: the verdict says why."""
        if not self.aborted:
            told = f"The run was stopped: {reason or 'nobody said why'}."
            self._stopped = self._broken[-1] if self._broken else told
            self._set_root_attribute("aborted", True)

    def add_cleanup(self, cleanup_func: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """As behave's. Raises `TypeError` for `async def`, which behave would never await."""
        what = f"clean-up {getattr(cleanup_func, '__name__', '')}".strip()
        if inspect.iscoroutinefunction(cleanup_func):
            raise TypeError(f"the {what} is async: behave would never await it")
        super().add_cleanup(self.watched(what, cleanup_func), *args, **kwargs)

    def watched(self, what: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, contained, and noted in `broken` when it breaks outside of a scenario."""
        inner = _contained(function)

        @wraps(inner)
        def run(*args: Any, **kwargs: Any) -> Any:
            try:
                return inner(*args, **kwargs)
            except Exception as error:
                if "scenario" not in self:  # a scenario's own status tells of those within
                    said = mask(f"{type(error).__name__}: {error}")
                    self._broken.append(f"The {what} broke: {said.rstrip('.')}.")
                raise

        return run


class GateRunner(Runner):  # type: ignore[misc]
    """Runs the selected scenarios and decides. `run()` returns True for failure, as behave's do."""

    session: Session | None = None
    folder: RunFolder

    def run(self) -> bool:
        """As behave, but nothing secret gets out, whoever says it."""
        with masked_output(self.config):
            return bool(super().run())

    def load_hooks(self, filename: str | None = None) -> None:
        """As behave, but refuses `async def` hooks: behave would never await them."""
        super().load_hooks(filename)
        self.context = GateContext(self)
        hooks = {name: self.hooks[name] for name in HOOKS if name in self.hooks}
        never = [name for name, hook in hooks.items() if inspect.iscoroutinefunction(hook)]
        if never:
            raise ConfigError(f"async hooks are never awaited by behave: {', '.join(never)}")
        for name, hook in hooks.items():
            self.hooks[name] = self.context.watched(f"hook {name}", hook)

    def run_hook_with_capture(self, hook_name: str, *args: Any, **kwargs: Any) -> bool:
        """As behave, but a lost target ends the run, and never with the words “By user”."""
        passed: bool = super().run_hook_with_capture(hook_name, *args, **kwargs)
        if hook_name == "after_scenario" and self.session is not None and self.session.lost:
            self.abort(self.session.lost)
        if hook_name == "after_all":
            self.aborted = False  # behave would say that a user did it; `context.stopped` knows
        return passed

    def load_step_definitions(self, extra_step_paths: list[str] | None = None) -> None:
        """As behave, with every step run so that it can not end or freeze the run."""
        teach(self._open_session)
        super().load_step_definitions(extra_step_paths)
        # behave.step_registry.registry is another one by now: behave resets it before each run.
        for definitions in (self.step_registry or the_step_registry).steps.values():
            for definition in definitions:
                definition.func = self._guarded(definition.func)

    def feature_locations(self) -> list[Any]:
        """As behave, with a plain word for a path that is not there."""
        try:
            return list(super().feature_locations())
        except (FileNotFoundError, InvalidFilenameError) as error:
            raise ConfigError(f"there is no feature file or folder {error}") from None

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
        if any(isinstance(formatter, AllureFormatter) for formatter in self.formatters):
            raise ConfigError("every run writes Allure's results itself: leave out -f for Allure")
        started, aborted, failed = time.time(), "", True
        self.session = session = self._new_session()
        self._write_allure().on_ended = session.ended
        with _Signals() as signals:
            try:
                session.open()
                self.context.session = session
                failed = super().run_model()
                aborted = signals.told or session.lost or self.context.stopped
            except TargetError as error:
                aborted = mask(f"{str(error)[:1].upper()}{str(error)[1:]}.")
            except KeyboardInterrupt:
                aborted = signals.told or "The run was interrupted."
            except Exception as error:
                aborted = mask(f"The suite itself broke: {type(error).__name__}: {error}.")
            signals.let_finish()
            self._close_formatters()
            outcomes = [_outcome(scenario) for scenario in planned.values()]
            good = conclude(
                session,
                self.folder,
                gate=gate,
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

    def _new_session(self) -> Session:
        try:
            environment = load_environment(_flags(self.config.userdata))
            ensure_known(environment.policy)
            self.folder = new_run(environment.reports.absolute(), started=time.time())
            return Session(environment, self.folder.path)
        except (TargetError, UnknownCriterion, ReportFolderError, JournalError) as error:
            raise ConfigError(str(error)) from error

    def _write_allure(self) -> GreenlightFormatter:
        opener = StreamOpener(str(self.folder.results))
        formatter = GreenlightFormatter(opener, self.config)
        self.formatters.insert(0, formatter)
        return formatter

    def _close_formatters(self) -> None:
        for formatter in self.formatters:
            with suppress(Exception):  # why the run ended is known; a broken formatter adds nothing
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

    def _guarded(self, step: Any) -> Callable[..., None]:
        if isinstance(step, AsyncStepFunction):
            return on_loop(self._open_session, step.coro_func)
        return _contained(step)

    def _planned(self) -> dict[str, Any]:
        planned = _by_id(s for s in _walk(self.features) if s.should_run(self.config))
        for scenario in planned.values():
            if not scenario.steps:
                raise ConfigError(
                    f"the scenario “{scenario.name}” at {scenario.location} has no steps of its"
                    " own, so nothing would be checked"
                )
        return planned

    def _covers_critical(self, planned: dict[str, Any]) -> bool:
        """True when every critical scenario of the suite is planned; the suite must have one."""
        folder = os.path.join(self.base_dir or ".", FEATURES)
        if not os.path.isdir(folder):
            folder = self.base_dir or "."
        suite = parse_features(collect_feature_locations([folder]), language=self.config.lang)
        critical = {i for i, s in _by_id(_walk(suite)).items() if "critical" in s.effective_tags}
        return bool(critical) and critical <= set(planned)


def _contained(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, raising `StepCancelled` for what would end the run; Ctrl-C passes through."""

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except asyncio.CancelledError as error:
            raise StepCancelled("it was cancelled from within") from error
        except SystemExit as error:
            raise StepCancelled(f"it tried to end the whole run: sys.exit({error})") from error

    return run


def _walk(features: list[Any]) -> Iterator[Any]:
    """Every scenario of `features`. Raises `ConfigError` for what would vanish without a word."""
    for feature in features:
        found = feature.walk_scenarios(with_outlines=True)
        if not found:
            raise ConfigError(f"the feature “{feature.name}” in {feature.filename} has no scenario")
        for element in (feature, *feature.rules, *found):
            _refuse_misspelt(element)
        for scenario in found:
            if not isinstance(scenario, ScenarioOutline):
                yield scenario
            elif not scenario.scenarios:
                raise ConfigError(
                    f"the outline “{scenario.name}” at {scenario.location} has no rows,"
                    " so nothing of it would ever be run"
                )


def _refuse_misspelt(element: Any) -> None:
    """`Scenaro: …` below a feature's name is a description to Gherkin; its steps are, too."""
    for line in element.description or ():
        word, colon, _ = line.strip().partition(":")
        if colon and get_close_matches(word.capitalize(), KEYWORDS, n=1, cutoff=0.8):
            raise ConfigError(
                f"“{line.strip()}” below {element.location} looks like a keyword, but is none;"
                " it would be taken for a description"
            )


def _by_id(scenarios: Iterator[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for scenario in scenarios:
        twin = found.setdefault(scenario_id(scenario), scenario)
        if twin is scenario:
            continue
        if str(twin.location) == str(scenario.location):
            raise ConfigError(f"“{scenario.name}” at {twin.location} was asked for twice")
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
    return {k: str(v) for k, v in userdata.items() if not (k[:1].isupper() and "." in k)}


def _command_line() -> str:
    """The command as typed, without the values of flags that may be secret."""
    words = [Path(sys.argv[0]).name, *sys.argv[1:]]
    return " ".join(_SECRET_FLAG.sub(r"\1…", word) for word in words)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, or SIGTERM as a cancelled CI job sends it; behave knows how to end a run on it."""


class _Signals:
    """While inside, SIGINT and SIGTERM end the run in good order; once it ends, they wait."""

    def __init__(self) -> None:
        self.told = ""
        self._finishing = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> _Signals:
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._arrived)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def let_finish(self) -> None:
        """From now on signals change nothing: evidence is sealed, the report is written."""
        self._finishing = True

    def _arrived(self, number: int, _: object) -> None:
        if not self._finishing:
            by = "Ctrl-C" if number == signal.SIGINT else "SIGTERM, from outside"
            self.told = self.told or f"The run was interrupted by {by}."
            raise Interrupted(self.told.rstrip("."))
