"""behave formatter that writes Allure results one can decide on.

    behave -f support.report.allure.formatter:GreenlightFormatter -o reports/…/allure-results

It fixes what allure-behave 2.16.2 gets wrong: scenarios in a `Rule:` vanish, failed clean-ups look
passed, same names hide each other, what never ran leaves no trace. It touches private names, so
the version is pinned and tests/report holds every fault as a contract test.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import allure_commons
from allure_behave.formatter import AllureFormatter
from allure_commons.logger import AllureFileLogger
from behave.exception import ConfigError
from behave.formatter.base import Formatter
from behave.runner_util import (
    collect_feature_locations,
    parse_features,
)

from support.report.allure.listener import GreenlightListener
from support.report.allure.results import ResultsFolderError, clean
from support.report.allure.status import crashed, ending, hook_error, never_ran


class GreenlightFormatter(AllureFormatter):  # type: ignore[misc]
    """One result for every selected scenario, whatever happened to it; none for the others.

    `-o` names the results directory. Results of an earlier run in it are removed; a directory that
    holds anything else is refused with behave's `ConfigError`.
    """

    name = "greenlight"
    description = "Allure results that agree with behave"
    active: ClassVar[GreenlightFormatter | None] = None

    def __init__(self, stream_opener: Any, config: Any) -> None:
        # Not AllureFormatter's own: it would register a listener that sees steps alone, and obey
        # ALLURE_TESTPLAN_PATH, by which a variable of the environment could drop scenarios.
        Formatter.__init__(self, stream_opener, config)
        if stream_opener.name is None:
            raise ConfigError("the Allure formatter needs its own -o DIRECTORY (give it first)")
        if GreenlightFormatter.active is not None:
            raise ConfigError("the Allure formatter can be used only once in a run")
        self.directory = Path(stream_opener.name)
        try:
            clean(self.directory)
        except ResultsFolderError as error:
            raise ConfigError(str(error)) from error
        self.listener = GreenlightListener(config)
        self.file_logger = AllureFileLogger(self.directory)  # type: ignore[no-untyped-call]
        allure_commons.plugin_manager.register(self.listener)
        allure_commons.plugin_manager.register(self.file_logger)
        self._feature: Any = None
        self._waiting: dict[int, Any] = {}
        self._seen: set[str] = set()
        self._closed = False
        #: Called with every selected scenario whose `run` is over, and how it ended.
        self.on_ended: Callable[[Any, str], object] = lambda scenario, status: None
        #: False where another process accounts for features that this one never came to.
        self.unseen_too = True
        GreenlightFormatter.active = self

    def uri(self, uri: str) -> None:
        """A feature file is about to be looked at."""
        self._finish_feature()

    def feature(self, feature: Any) -> None:
        """A feature begins: remember who is selected, and watch every scenario, in rules too."""
        self._finish_feature()
        self._feature = feature
        self._seen.add(os.path.abspath(feature.filename))
        self.listener.start_file()
        for scenario in feature.walk_scenarios():
            # Asked before any hook can skip it: left out by tag, name or line is no news, skipped
            # later for a missing capability is.
            if scenario.should_run(self.config):
                self._waiting[id(scenario)] = scenario
            scenario.run = partial(self._run, scenario, scenario.run)

    def eof(self) -> None:
        """A feature is over, its hooks and clean-ups included."""
        self._finish_feature()

    def close(self) -> None:
        """The run is over: nothing selected may be left without a result. Safe to call again."""
        if self._closed:
            return
        self._closed = True
        try:
            self._finish_feature()
            for scenario in self._unseen() if self.unseen_too else ():
                self.listener.report(scenario, never_ran(scenario))
        finally:
            self.listener.stop_session()
            for plugin in (self.file_logger, self.listener):
                if allure_commons.plugin_manager.is_registered(plugin):
                    allure_commons.plugin_manager.unregister(plugin)
            GreenlightFormatter.active = None

    def _run(self, scenario: Any, run: Callable[..., bool], *args: Any) -> bool:
        selected = self._waiting.pop(id(scenario), None) is not None
        self.listener.start_scenario(scenario)
        try:
            failed = run(*args)
        except BaseException as error:
            self.on_ended(scenario, ending(scenario).status)
            self.listener.finish(scenario, crashed(error))
            if not isinstance(error, KeyboardInterrupt):
                # behave lets this end the process without closing its formatters.
                self.close()
            raise
        if selected:
            # Only now: run() includes the hooks and clean-ups that may still spoil a pass.
            ended = ending(scenario)
            self.on_ended(scenario, ended.status)
            self.listener.finish(scenario, ended)
        else:
            self.listener.drop()
        return failed

    def _finish_feature(self) -> None:
        feature, self._feature = self._feature, None
        if feature is None:
            return
        for scenario in self._waiting.values():
            self.listener.report(scenario, never_ran(scenario))
        self._waiting.clear()
        for element in [*feature.rules, feature]:
            if element.status.is_hook_error() or element.hook_failed:
                kind = type(element).__name__
                why = hook_error(element) if element.hook_failed else "a clean-up failed"
                message = f"A hook of the {kind.lower()} “{element.name}” failed: {why}"
                self.listener.global_error(message=message, trace=None)
        self.listener.stop_feature()

    def _unseen(self) -> list[Any]:
        """Selected scenarios of features behave never came to, parsed again as behave does it.

        A formatter does not know the features a run was to have; `before_all` failing, or an
        abort, would leave them out of every report.
        """
        found = [
            location
            for location in collect_feature_locations(self.config.paths)
            if not self.config.exclude(location)
            and os.path.abspath(location.filename) not in self._seen
        ]
        return [
            scenario
            for feature in parse_features(found, language=self.config.lang)
            for scenario in feature.walk_scenarios()
            if scenario.should_run(self.config)
        ]
