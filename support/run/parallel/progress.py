"""What is shown while workers run scenarios: how far the run is, or every step if asked for."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from support.approval import Outcome, scenario_id
from support.report.progress import Progress as Lines
from support.run.ran import path_of
from support.run.short_form import wants_steps


class Progress(Protocol):
    """Told of a run by the process that hands scenarios out."""

    def begun(self) -> None:
        """The first scenario is about to begin; no process is forked any more."""

    def scenario_ended(self, outcome: Outcome, output: str) -> None:
        """A scenario is over; `output` is what behave printed of it."""

    def closed(self) -> None:
        """No further scenario ends."""


class _Lines:
    """A line per feature and one per failure."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self.begun = lines.begun
        self.closed = lines.closed

    def scenario_ended(self, outcome: Outcome, output: str) -> None:
        self._lines.scenario_ended(outcome)


class _Steps:
    """All that behave prints, a scenario at a time."""

    def begun(self) -> None:
        pass

    def scenario_ended(self, outcome: Outcome, output: str) -> None:
        print(output.rstrip("\n"), flush=True)

    def closed(self) -> None:
        pass


def shown(scenarios: Iterable[Any], took: Mapping[str, float], config: Any) -> Progress:
    """Shows a run of these `scenarios` on standard output; `took` are seconds by scenario id."""
    if wants_steps(config):
        return _Steps()
    known = {i: took[i] for s in scenarios if (i := scenario_id(s)) in took}
    features = Counter(path_of(scenario) for scenario in scenarios)
    return _Lines(Lines(sys.stdout, features, expected_s=known))
