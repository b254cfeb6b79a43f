"""The rows of a report, each with its mark: criteria, scenarios, known regressions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from support.approval import Outcome, Regression
from support.approval.criteria import CRITERIA
from support.approval.model import CriterionResult, State, Status
from support.approval.regressions import RegressionState
from support.report.formatting import gist, lasting, mask
from support.report.labels import CAPABILITIES, OTHER_CAPABILITY, capability

STATUS_TEXT: dict[Status, str] = {
    "passed": "passed",
    "failed": "failed",
    "broken": "broken",
    "skipped": "skipped",
    "not_run": "not run",
}
#: Details of one criterion shown on the page; the rest is counted.
MOST_DETAILS = 3

STATE_TEXT: dict[State, str] = {
    "pass": "met",
    "fail": "not met",
    "no_evidence": "no evidence",
    "invalid": "invalid",
    "waived": "not required",
}
_STATE_SHAPE: dict[State, str] = {
    "pass": "\N{HEAVY CHECK MARK}",
    "fail": "\N{HEAVY BALLOT X}",
    "no_evidence": "?",
    "invalid": "!",
    "waived": "\N{EN DASH}",
}
_STATUS_STATE: dict[Status, State] = {
    "passed": "pass",
    "failed": "fail",
    "broken": "invalid",
    "skipped": "waived",
    "not_run": "no_evidence",
}
_REGRESSION_STATE: dict[RegressionState, State] = {
    "held": "pass",
    "broken": "fail",
    "not assessed": "no_evidence",
}
_WORST_FIRST: tuple[State, ...] = ("fail", "invalid", "no_evidence", "pass", "waived")


@dataclass(frozen=True)
class Mark:
    """A state that is readable without its colour: by its shape and its text."""

    state: State
    text: str

    @property
    def shape(self) -> str:
        """One character."""
        return _STATE_SHAPE[self.state]


@dataclass(frozen=True)
class CriterionRow:
    """One criterion; `definition` says what is measured, `notes` begin with its reason."""

    result: CriterionResult
    mark: Mark
    definition: str
    samples: str
    notes: list[str]


@dataclass(frozen=True)
class ScenarioRow:
    """One scenario; `duration` is empty where it is too short to matter.

    `gist` is what was expected and what was seen instead, without the rest of the `reason`.
    """

    outcome: Outcome
    mark: Mark
    reason: str
    gist: str
    duration: str


@dataclass(frozen=True)
class Capability:
    """The scenarios of one business capability, worst first, and how many passed."""

    name: str
    tally: str
    scenarios: list[ScenarioRow]


@dataclass(frozen=True)
class RegressionRow:
    """One known regression; `covered_by` names the first two of its scenarios."""

    regression: Regression
    mark: Mark
    covered_by: str


def severity(result: CriterionResult) -> int:
    return _WORST_FIRST.index(result.state)


def criterion_row(result: CriterionResult) -> CriterionRow:
    return CriterionRow(
        result=result,
        mark=Mark(result.state, STATE_TEXT[result.state]),
        definition=known.definition if (known := CRITERIA.get(result.name)) else "",
        samples="" if result.samples is None else f"{result.samples:,}",
        notes=_notes(result),
    )


def _notes(result: CriterionResult) -> list[str]:
    """Reason and details of a criterion, each thing once, long lists counted.

    A reason that only repeats the mark is left out.
    """
    once = {line.rstrip(".").casefold(): line for line in reversed(result.details) if line}
    once.pop(result.reason.rstrip(".").casefold(), None)
    reason = result.reason.casefold()
    details = [line for key, line in reversed(once.items()) if key not in reason]
    repeats = reason.startswith(STATE_TEXT[result.state])
    lines = ["" if repeats else result.reason, *details[:MOST_DETAILS]]
    if len(details) > MOST_DETAILS:
        lines.append(f"… and {len(details) - MOST_DETAILS} more, in verdict.json")
    return [line for line in lines if line]


def regression_row(found: Regression) -> RegressionRow:
    named = ", ".join(f"“{name}”" for name in found.guards[:2])
    rest = len(found.guards) - 2
    return RegressionRow(
        regression=found,
        mark=Mark(_REGRESSION_STATE[found.state], found.state),
        covered_by=f"{named} and {rest} more" if rest > 0 else named,
    )


def grouped(outcomes: Iterable[Outcome]) -> list[Capability]:
    """Selected scenarios by business capability, worst first: scenarios and capabilities."""
    order = [*CAPABILITIES.values(), OTHER_CAPABILITY]
    selected = sorted(
        (outcome for outcome in outcomes if outcome.selected),
        key=lambda o: (order.index(capability(o.category)), *_rank(o)),
    )
    groups = [(n, list(group)) for n, group in groupby(selected, lambda o: capability(o.category))]
    groups.sort(key=lambda named: min(_rank(outcome)[0] for outcome in named[1]))
    return [Capability(name, _tally(group), list(map(_scenario, group))) for name, group in groups]


def _rank(outcome: Outcome) -> tuple[int, bool, str, int]:
    state = _STATUS_STATE[outcome.status]
    return _WORST_FIRST.index(state), not outcome.critical, outcome.path, outcome.line


def _tally(outcomes: Sequence[Outcome]) -> str:
    """`all 12 passed`, or `10 of 12 passed, 1 failed, 1 not run`."""
    passed = sum(outcome.status == "passed" for outcome in outcomes)
    if passed == len(outcomes):
        return f"all {passed} passed" if passed > 1 else "passed"
    rest = [
        f"{number} {text}"
        for status, text in STATUS_TEXT.items()
        if status != "passed" and (number := sum(o.status == status for o in outcomes))
    ]
    return ", ".join([f"{passed} of {len(outcomes)} passed", *rest])


def _scenario(outcome: Outcome) -> ScenarioRow:
    return ScenarioRow(
        outcome=outcome,
        mark=Mark(_STATUS_STATE[outcome.status], STATUS_TEXT[outcome.status]),
        reason=shortened(outcome.reason),
        gist=shortened(gist(outcome.reason), 160),
        duration=lasting(outcome.duration_s) if outcome.duration_s >= 0.05 else "",
    )


def shortened(text: str, most: int = 240) -> str:
    """The text on one line of at most `most` characters; the Allure page holds all of it.

    Secrets are masked before the cut: half of one would not be recognised any more.
    """
    line = " ".join(mask(text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
