"""One view of a run: everything that pages, Markdown and terminal show, computed once.

Templates hold the text between the values and nothing else. The values in here are neither masked
nor escaped yet: each renderer does that for its own format (`support/report/render.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from types import MappingProxyType

from markupsafe import Markup

from support.approval import Outcome, Regression, Verdict, regressions
from support.approval.model import CriterionResult, Decision, NotAssessed, State, Status
from support.approval.regressions import RegressionState
from support.report.causes import CauseRow, cause_rows
from support.report.charts import Chart
from support.report.formatting import address, counted, lasting, mask, moment
from support.report.gaps import by_reason
from support.report.health import Health
from support.report.labels import CAPABILITIES, OTHER_CAPABILITY, capability
from support.report.trend import SHOWN, PastRun, Trend

MEANING: dict[Decision, str] = {
    "APPROVED": "This build may be deployed.",
    "REJECTED": "This build must not be deployed.",
    "INCONCLUSIVE": "This build must not be deployed: the evidence is incomplete.",
    "NO DECISION": "This was a rehearsal of part of the suite. It decides nothing.",
}
LOAD_HELD = "The load was held. Whether the build may be deployed is for the gate to say."
SHAPE: dict[Decision, str] = {
    "APPROVED": "\N{HEAVY CHECK MARK}",
    "REJECTED": "\N{HEAVY BALLOT X}",
    "INCONCLUSIVE": "?",
    "NO DECISION": "\N{EN DASH}",
}
STATUS_TEXT: dict[Status, str] = {
    "passed": "passed",
    "failed": "failed",
    "broken": "broken",
    "skipped": "skipped",
    "not_run": "not run",
}
NO_EARLIER = "There are no earlier runs of this deployment in this environment to compare with."
NOT_KEPT = "A rehearsal is not compared with other runs."
TREND_HEADS = (
    "Started (UTC)",
    "Decision",
    "Scenarios passed",
    "Average latency",
    "p95 latency",
    "Duration",
)
#: Details of one criterion shown on the page; the rest is counted.
MOST_DETAILS = 3

_STATE_TEXT: dict[State, str] = {
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
    """One criterion; `notes` begin with its reason."""

    result: CriterionResult
    mark: Mark
    samples: str
    notes: list[str]


@dataclass(frozen=True)
class ScenarioRow:
    """One scenario; `duration` is empty where it is too short to matter."""

    outcome: Outcome
    mark: Mark
    reason: str
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


@dataclass(frozen=True)
class TrendTable:
    """Earlier runs, oldest first, then this one: `rows` of texts under `TREND_HEADS`.

    `remark` says what could not be read, `note` why there is nothing to compare with.
    """

    remark: str
    note: str
    rows: list[list[str]]
    heads: tuple[str, ...] = TREND_HEADS


@dataclass(frozen=True)
class RunView:
    """What is shown of a run, in the order in which it is shown."""

    verdict: Verdict
    meaning: str
    shape: str
    target: str
    duration: str
    known_failures: list[tuple[str, str]]
    criteria: list[CriterionRow]
    not_assessed: list[NotAssessed]
    charts: list[Markup]
    regressions: list[RegressionRow]
    trend: TrendTable | None
    capabilities: list[Capability]
    details: list[tuple[str, str]]
    score: str = ""
    causes: tuple[CauseRow, ...] = ()

    @property
    def heading(self) -> str:
        """The decision in a few words, with what it is limited to."""
        waived = {c.name for c in self.verdict.criteria if c.state == "waived"}
        limited = "user_isolation" in waived and self.verdict.decision == "APPROVED"
        return self.verdict.decision + (" for a single user" if limited else "")

    @property
    def kind(self) -> str:
        """The decision as the name of a CSS class."""
        return self.verdict.decision.lower().replace(" ", "-")

    @property
    def unmet(self) -> list[CriterionRow]:
        """The criteria whose limit is not kept."""
        return [row for row in self.criteria if row.mark.state == "fail"]

    @property
    def unproven(self) -> list[CriterionRow]:
        """The criteria of which nobody can say whether their limit is kept."""
        return [row for row in self.criteria if row.mark.state in ("no_evidence", "invalid")]

    @property
    def gaps(self) -> list[NotAssessed]:
        """What the verdict lists as not assessed, a line for each reason."""
        return by_reason(self.verdict.not_assessed)

    @property
    def not_passed(self) -> list[ScenarioRow]:
        """The scenarios that were meant to pass and did not."""
        rows = [row for group in self.capabilities for row in group.scenarios]
        return [row for row in rows if row.outcome.status not in ("passed", "skipped")]


def view_of(
    verdict: Verdict,
    outcomes: Sequence[Outcome] = (),
    *,
    charts: Sequence[Chart] = (),
    trend: Trend | None = None,
    health: Health | None = None,
    lines: Mapping[str, list[str]] = MappingProxyType({}),
) -> RunView:
    """The view of a run; without `outcomes`, `charts` and `trend` it shows the decision alone,
    and `lines`, by the text of a cause, are those of the transcript that show it."""
    return RunView(
        verdict=verdict,
        meaning=LOAD_HELD if verdict.approved and verdict.load_alone else MEANING[verdict.decision],
        shape=SHAPE[verdict.decision],
        target=address(verdict.target),
        duration=_duration(verdict),
        known_failures=_known_failures(verdict),
        criteria=[_criterion(result) for result in sorted(verdict.criteria, key=_severity)],
        not_assessed=_not_assessed(verdict),
        # Drawn and escaped by `charts`; as part of the page they need no second file.
        charts=[Markup(chart.svg) for chart in charts],
        regressions=[_regression(found) for found in regressions(verdict, outcomes)],
        trend=_trend(trend, verdict) if trend is not None else None,
        capabilities=_capabilities(outcomes),
        details=run_details(verdict),
        score=score_text(health) if health is not None else "",
        causes=cause_rows(verdict, outcomes, lines),
    )


def shortened(text: str, most: int = 240) -> str:
    """The text on one line of at most `most` characters; the Allure page holds all of it.

    Secrets are masked before the cut: half of one would not be recognised any more.
    """
    line = " ".join(mask(text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def score_text(health: Health) -> str:
    """`93 Good`, or `no score`."""
    return "no score" if health.score is None else f"{health.score} {health.level}"


def run_details(verdict: Verdict) -> list[tuple[str, str]]:
    """When, how long, against what, on which evidence: names and values for people."""
    selected = counted(verdict.scenarios_selected, "selected scenario")
    return [
        ("Deployment", address(verdict.target)),
        ("Build", verdict.build or "unknown: the deployment did not report it"),
        ("Environment", verdict.environment),
        ("Started", moment(verdict.started)),
        ("Duration", _duration(verdict)),
        (
            "Time limit per agent run",
            lasting(verdict.run_budget_s) if verdict.run_budget_s else "not recorded",
        ),
        *([("Valid until", moment(verdict.valid_until))] if verdict.approved else []),
        (
            "Scenarios",
            f"{verdict.scenarios_assessed} of {selected} assessed,"
            f" {verdict.scenarios_passed} passed",
        ),
        *([("Left on the deployment", verdict.left_behind)] if verdict.left_behind else []),
        ("Evidence digest (SHA-256)", verdict.bundle_digest or "no evidence was stored"),
    ]


def _duration(verdict: Verdict) -> str:
    return lasting(max(verdict.finished - verdict.started, 0.0))


def _known_failures(verdict: Verdict) -> list[tuple[str, str]]:
    """State and text of every known failure that the policy names."""
    return [
        (
            known.state,
            f"{known.scenario}: {known.reason.rstrip('.')}. Owner: {known.owner}; "
            f"expires {known.expires}.",
        )
        for known in verdict.accepted
    ]


def _severity(result: CriterionResult) -> int:
    return _WORST_FIRST.index(result.state)


def _criterion(result: CriterionResult) -> CriterionRow:
    return CriterionRow(
        result=result,
        mark=Mark(result.state, _STATE_TEXT[result.state]),
        samples="" if result.samples is None else f"{result.samples:,}",
        notes=_notes(result),
    )


def _notes(result: CriterionResult) -> list[str]:
    """Reason and details of a criterion, each thing once, long lists counted."""
    once = {line.rstrip(".").casefold(): line for line in reversed(result.details) if line}
    once.pop(result.reason.rstrip(".").casefold(), None)
    reason = result.reason.casefold()
    details = [line for key, line in reversed(once.items()) if key not in reason]
    lines = [result.reason, *details[:MOST_DETAILS]]
    if len(details) > MOST_DETAILS:
        lines.append(f"… and {len(details) - MOST_DETAILS} more, in verdict.json")
    return [line for line in lines if line]


def _not_assessed(verdict: Verdict) -> list[NotAssessed]:
    """What the verdict lists as not assessed, and the criteria that were left open."""
    listed = {item.what.rstrip(".:").casefold() for item in verdict.not_assessed}
    open_ones = [
        NotAssessed(what=f"{result.title}:", why=result.reason or _STATE_TEXT[result.state])
        for result in verdict.criteria
        if result.state in ("no_evidence", "invalid") and result.title.casefold() not in listed
    ]
    return by_reason([*verdict.not_assessed, *open_ones])


def _regression(found: Regression) -> RegressionRow:
    named = ", ".join(f"“{name}”" for name in found.guards[:2])
    rest = len(found.guards) - 2
    return RegressionRow(
        regression=found,
        mark=Mark(_REGRESSION_STATE[found.state], found.state),
        covered_by=f"{named} and {rest} more" if rest > 0 else named,
    )


def _trend(trend: Trend, verdict: Verdict) -> TrendTable:
    if verdict.decision == "NO DECISION":
        return TrendTable(remark=trend.remark, note=NOT_KEPT, rows=[])
    if not trend.earlier:
        return TrendTable(remark=trend.remark, note=NO_EARLIER, rows=[])
    rows = [_past(past) for past in trend.earlier[-SHOWN:]]
    if trend.this is not None:
        rows.append(["this run", *_past(trend.this)[1:]])
    return TrendTable(remark=trend.remark, note="", rows=rows)


def _past(past: PastRun) -> list[str]:
    return [
        f"{datetime.fromtimestamp(past.started, UTC):%Y-%m-%d %H:%M}",
        past.decision,
        f"{past.scenarios_passed} of {past.scenarios_selected}",
        _ms(past.average_latency_ms),
        _ms(past.p95_latency_ms),
        lasting(past.duration_s),
    ]


def _ms(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.1f} ms"


def _capabilities(outcomes: Iterable[Outcome]) -> list[Capability]:
    """Selected scenarios by business capability, capabilities in reading order, worst first."""
    order = [*CAPABILITIES.values(), OTHER_CAPABILITY]
    selected = sorted(
        (outcome for outcome in outcomes if outcome.selected),
        key=lambda o: (order.index(capability(o.category)), *_rank(o)),
    )
    groups = [(n, list(group)) for n, group in groupby(selected, lambda o: capability(o.category))]
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
        duration=lasting(outcome.duration_s) if outcome.duration_s >= 0.05 else "",
    )
