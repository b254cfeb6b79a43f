"""What behave prints of a run with many scenarios where nothing else was asked for."""

from __future__ import annotations

import logging
import sys
from collections import Counter
from collections.abc import Mapping
from typing import Any

from behave.configuration import setup_parser
from behave.formatter.base import Formatter, StreamOpener

from support.report.progress import Progress
from support.run.listeners import Contained
from support.run.ran import path_of

#: Who runs so few wants to see their steps.
STEPS_UP_TO = 20


class ShortForm(Formatter):  # type: ignore[misc]
    """Stands where behave's own formatter would: it prints no steps, and ends what is redrawn."""

    name = "short"
    description = "A line per feature and one per failure"

    def __init__(self, progress: Progress, config: Any) -> None:
        super().__init__(StreamOpener(stream=sys.stdout), config)
        self._progress = progress

    def close(self) -> None:
        """The run is over; behave's summary comes next."""
        self._progress.closed()


def wants_steps(config: Any) -> bool:
    """True with `--verbose`, and with any format that was asked for, behave's own one included."""
    given = setup_parser().parse_args(config.make_command_args()).format
    return bool(given or config.verbose or config.format != [config.default_format])


def short_form(
    formatters: list[Any], config: Any, planned: Mapping[str, Any], took: Mapping[str, float]
) -> Contained | None:
    """Show a line per feature instead of every step; what is to be told of the run is returned.

    None, and all stays as it is, for a few scenarios, with `--verbose`, and with a format of one's
    own. `formatters` are Allure's and behave's; `took` are seconds by scenario id.
    """
    if wants_steps(config) or len(planned) <= STEPS_UP_TO:
        return None
    features = Counter(path_of(scenario) for scenario in planned.values())
    known = {i: took[i] for i in planned if i in took}
    progress = Progress(sys.stdout, features, expected_s=known)
    formatters[1:] = [Contained(ShortForm(progress, config))]
    logging.getLogger("behave").setLevel(logging.ERROR)  # it would print a line for every skip
    return Contained(progress)
