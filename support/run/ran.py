"""What became of a run, whether one process carried it out or several."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from support.approval import Outcome, display_name, scenario_id
from support.report.allure.status import ending
from support.report.formatting import mask
from support.report.labels import category_of, rows_of
from support.run.gathered import Gathered


@dataclass(frozen=True)
class Ran:
    """`failed` is behave's own result; `aborted` says why the run ended early, empty if it did not.

    `curtailed` says the same of one that can only be rejected, whatever else would be seen.

    `broken` are hooks and clean-ups that broke around scenarios, `remarks` what else is to be said.
    """

    gathered: Gathered
    outcomes: Sequence[Outcome]
    failed: bool
    aborted: str = ""
    curtailed: str = ""
    broken: Sequence[str] = ()
    remarks: Sequence[str] = ()

    def around_scenarios(self) -> list[str]:
        """What broke around scenarios: no scenario's own status shows it."""
        errors = list(dict.fromkeys(self.broken))
        unseen = all(o.status in ("passed", "skipped") for o in self.outcomes)
        if self.failed and not (self.aborted or self.curtailed) and not errors and unseen:
            errors.append("behave reports a failure outside of every scenario.")
        return errors


def path_of(scenario: Any) -> str:
    """Where the feature of `scenario` is, as outcomes have it."""
    return os.path.relpath(str(scenario.filename))


def outcome_of(scenario: Any) -> Outcome:
    """How a scenario of behave's model ended."""
    end = ending(scenario)
    return Outcome(
        id=scenario_id(scenario),
        feature=str(scenario.feature.name),
        name=mask(display_name(scenario)),
        path=path_of(scenario),
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
        unknown=end.unknown,
    )
