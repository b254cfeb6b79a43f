"""One view of a run: everything that pages, Markdown and terminal show, computed once.

The values are neither masked nor escaped: `support/report/render.py` does that for each format.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from markupsafe import Markup

from support.approval import Outcome, Verdict, regressions
from support.approval.model import Decision, NotAssessed
from support.approval.words import several
from support.config.environment import REFERENCE_NAME
from support.report.causes import CauseRow, Comparison, cause_rows, comparison
from support.report.charts import TREND, Chart
from support.report.formatting import address, lasting, moment, web_address
from support.report.gaps import Gap, by_reason
from support.report.guilty import Shown
from support.report.health import Health
from support.report.rerun import Rerun
from support.report.rows import (
    STATE_TEXT,
    Capability,
    CriterionRow,
    RegressionRow,
    ScenarioRow,
    criterion_row,
    grouped,
    regression_row,
    severity,
)
from support.report.trend import SHOWN, PastRun, Trend

MEANING: dict[Decision, str] = {
    "APPROVED": "This build may be deployed.",
    "REJECTED": "This build must not be deployed.",
    "INCONCLUSIVE": "This build must not be deployed: the evidence is incomplete.",
    "NO DECISION": "This was a rehearsal of part of the suite. It decides nothing.",
}
REFERENCE_APPROVED = "The bundled reference service passes. Your deployment was not tested."
LOAD_HELD = "The load was held. Whether the build may be deployed is for the gate to say."
SHAPE: dict[Decision, str] = {
    "APPROVED": "\N{HEAVY CHECK MARK}",
    "REJECTED": "\N{HEAVY BALLOT X}",
    "INCONCLUSIVE": "?",
    "NO DECISION": "\N{EN DASH}",
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


#: The criteria besides isolation whose figures an approval is told with.
HEADLINES = ("recovery", "p95_latency")


#: So much of a commit's id is shown.
SHORT_COMMIT = 12


@dataclass(frozen=True)
class Linked:
    """A text with the web address to be opened for it; `url` may be empty."""

    text: str
    url: str

    def __str__(self) -> str:
        return f"{self.text}, {self.url}" if self.url else self.text


@dataclass(frozen=True)
class TrendTable:
    """Earlier runs, oldest first, then this one: `rows` of texts under `TREND_HEADS`.

    `remark` says what could not be read, `note` why there is nothing to compare with; `picture`
    shows the same.
    """

    remark: str
    note: str
    rows: list[list[str]]
    picture: Markup | None = None
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
    not_assessed: list[Gap]
    charts: list[Markup]
    regressions: list[RegressionRow]
    trend: TrendTable | None
    capabilities: list[Capability]
    details: list[tuple[str, str]]
    score: str = ""
    causes: tuple[CauseRow, ...] = ()
    comparison: Comparison | None = None
    rerun: Rerun | None = None

    @property
    def heading(self) -> str:
        """The decision in a few words, with what it is limited to."""
        return heading(self.verdict)

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
    def gaps(self) -> list[Gap]:
        """What the verdict lists as not assessed, a line for each reason."""
        return by_reason(self.verdict.not_assessed)

    @property
    def shown(self) -> list[str]:
        """What an approval rests on, in sentences; nothing for any other decision."""
        if not self.verdict.approved:
            return []
        passed = {c.name: c for c in self.verdict.criteria if c.state == "pass"}
        isolation = passed.get("user_isolation")
        return [
            *self.verdict.reasons,
            *([f"User isolation: {isolation.measured}."] if isolation else ()),
            *(
                f"{c.title}: {c.measured} (limit: {c.limit})."
                for name in HEADLINES
                if (c := passed.get(name))
            ),
        ]

    @property
    def sections(self) -> list[tuple[str, str]]:
        """Where the page can be entered: id and name of each part that it has."""
        parts = [
            ("known-failures", "Known failures", self.known_failures),
            ("why", "What was shown" if self.shown else "Why", self.shown or self.verdict.reasons),
            ("not-assessed", "Not assessed", True),
            ("criteria", "Acceptance criteria", True),
            ("trend", "Trend", self.trend is not None),
            ("next", "What to do now", True),
            ("charts", "Charts", self.charts),
            ("regressions", "Known regressions", True),
            ("scenarios", "Scenarios", True),
            ("details", "Run details", True),
        ]
        return [(id, name) for id, name, there in parts if there]

    @property
    def origin(self) -> list[tuple[str, str | Linked]]:
        """When and by whom the run was made, and what its evidence is known by."""
        verdict = self.verdict
        return [
            ("Run", f"{moment(verdict.started)}, {self.duration}"),
            ("Run by", verdict.run_by or "not recorded"),
            *_ci_job(verdict),
            ("Evidence digest", verdict.bundle_digest or "none was stored"),
        ]

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
    lines: Mapping[str, Shown] = MappingProxyType({}),
    rerun: Rerun | None = None,
    reruns: Mapping[str, Rerun] = MappingProxyType({}),
) -> RunView:
    """The view of a run; without `outcomes`, `charts` and `trend` it shows the decision alone.

    `lines`, by the text of a cause, are what shows it in a transcript; `rerun` is the command that
    runs again what has failed, and `reruns` those of a cause's example alone, by its text.
    """
    return RunView(
        verdict=verdict,
        meaning=meaning(verdict),
        shape=SHAPE[verdict.decision],
        target=address(verdict.target),
        duration=_duration(verdict),
        known_failures=_known_failures(verdict),
        criteria=[criterion_row(result) for result in sorted(verdict.criteria, key=severity)],
        not_assessed=_not_assessed(verdict),
        # Drawn and escaped by `charts`; as part of the page they need no second file.
        charts=[Markup(chart.svg) for chart in charts if chart.name != TREND],
        regressions=[regression_row(found) for found in regressions(verdict, outcomes)],
        trend=_trend(trend, verdict, charts) if trend is not None else None,
        capabilities=grouped(outcomes),
        details=run_details(verdict),
        score=score_text(health) if health is not None else "",
        causes=cause_rows(verdict, outcomes, lines, reruns),
        comparison=comparison(verdict, outcomes),
        rerun=rerun,
    )


def heading(verdict: Verdict) -> str:
    """The decision in a few words, with what it is limited to."""
    if verdict.load_held:
        return "LOAD HELD"
    waived = {c.name for c in verdict.criteria if c.state == "waived"}
    limited = verdict.approved and "user_isolation" in waived
    return verdict.decision + (" for a single user" if limited else "")


def meaning(verdict: Verdict) -> str:
    """What the decision means, in a sentence."""
    if verdict.load_held:
        return LOAD_HELD
    if verdict.approved and verdict.target == REFERENCE_NAME:
        return REFERENCE_APPROVED
    return MEANING[verdict.decision]


def score_text(health: Health) -> str:
    """`93 Good`, or `no score`."""
    return "no score" if health.score is None else f"{health.score} {health.level}"


def run_details(verdict: Verdict) -> list[tuple[str, str]]:
    """When, how long, against what, on which evidence: names and values for people."""
    selected = several(verdict.scenarios_selected, "selected scenario")
    return [
        ("Deployment", address(verdict.target)),
        ("Build", verdict.build or "unknown: the deployment did not report it"),
        ("Environment", verdict.environment),
        ("Started", moment(verdict.started)),
        ("Run by", verdict.run_by or "not recorded"),
        *((name, str(value)) for name, value in _ci_job(verdict)),
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


def _ci_job(verdict: Verdict) -> list[tuple[str, str | Linked]]:
    """The CI job that ran the suite, and what it was started for; nothing outside of CI."""
    job = verdict.ci
    if job is None:
        return []
    commit = job.commit[:SHORT_COMMIT]
    ref = f"({job.ref})" if commit and job.ref else job.ref
    return [
        ("CI job", Linked(job.service, web_address(job.url))),
        *([("CI job's commit", f"{commit} {ref}".strip())] if commit or ref else []),
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


def _not_assessed(verdict: Verdict) -> list[Gap]:
    """What the verdict lists as not assessed, and the criteria that were left open."""
    listed = {item.what.rstrip(".:").casefold() for item in verdict.not_assessed}
    open_ones = [
        NotAssessed(what=result.title, why=result.reason or STATE_TEXT[result.state])
        for result in verdict.criteria
        if result.state in ("no_evidence", "invalid") and result.title.casefold() not in listed
    ]
    return by_reason([*verdict.not_assessed, *open_ones])


def _trend(trend: Trend, verdict: Verdict, charts: Sequence[Chart]) -> TrendTable:
    if verdict.decision == "NO DECISION":
        return TrendTable(remark=trend.remark, note=NOT_KEPT, rows=[])
    if not trend.earlier:
        return TrendTable(remark=trend.remark, note=NO_EARLIER, rows=[])
    rows = [_past(past) for past in trend.earlier[-SHOWN:]]
    if trend.this is not None:
        rows.append(["this run", *_past(trend.this)[1:]])
    drawn = next((Markup(chart.svg) for chart in charts if chart.name == TREND), None)
    return TrendTable(remark=trend.remark, note="", rows=rows, picture=drawn)


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
