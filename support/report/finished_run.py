"""All that the files a run leaves behind are made from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import msgspec

from support.approval import Evidence, Outcome, Regression, Verdict, regressions
from support.checks.isolation import Violation, violations
from support.journal import History, records
from support.measures.figures import Figures, figures
from support.metrics.export import metrics_of
from support.metrics.snapshot import Snapshot
from support.report.charts import Chart, run_charts
from support.report.failure_patterns import FailurePatterns, failure_patterns
from support.report.figures import FiguresPart, figures_part
from support.report.files import RunFolder
from support.report.guilty import Shown, guilty_lines, marked_transcripts
from support.report.guilty_notes import guilty_notes
from support.report.health import Health, health
from support.report.rerun import Rerun, rerun
from support.report.trend import Trend, past_run
from support.report.view import RunView, view_of


@dataclass(frozen=True)
class FinishedRun:
    """A run with its verdict; what follows from both is computed once, when first asked for."""

    folder: RunFolder
    verdict: Verdict
    evidence: Evidence
    dialect: str
    earlier: Trend

    @property
    def scenarios(self) -> list[Outcome]:
        """The selected scenarios."""
        return [o for o in self.evidence.outcomes.scenarios if o.selected]

    @cached_property
    def _leaks(self) -> list[Violation]:
        return [leak for part in self.evidence.scenarios.values() for leak in violations(part)]

    @cached_property
    def measured(self) -> Figures:
        """The figures; those of nothing where the journal has no head."""
        try:
            return self.evidence.assessed.figures
        except LookupError:
            return figures(History([]), 0.0)

    @cached_property
    def counters(self) -> Snapshot:
        """The client's own counters, out of the journal."""
        opened = self.evidence.history.of(records.Opened)
        wall = opened[0].wall if opened else 0.0
        return metrics_of(self.evidence.history, self.measured, wall)

    @cached_property
    def figures(self) -> FiguresPart:
        """What was measured, as it stands in the files."""
        return figures_part(self.measured, self.evidence.assessed, self._leaks)

    @cached_property
    def trend(self) -> Trend:
        """The runs before this one, and this one. The decision page needs it, so it never fails."""
        try:
            this = past_run(self.folder, self.verdict, self.figures, self.health)
        except Exception as error:  # figures out of strange evidence must not cost the decision
            remark = f"This run cannot be compared: {type(error).__name__}: {error}"
            return msgspec.structs.replace(self.earlier, remark=remark)
        return msgspec.structs.replace(self.earlier, this=this)

    @cached_property
    def patterns(self) -> FailurePatterns:
        """What was looked for in every scenario, and found."""
        return failure_patterns(self.evidence.assessed, self._leaks)

    @cached_property
    def health(self) -> Health:
        """The score for the badge."""
        whole = self.evidence.outcomes.journal_whole
        return health(self.verdict, self.scenarios, whole=whole)

    @cached_property
    def regressions(self) -> tuple[Regression, ...]:
        """The known regressions: held, broken or not assessed."""
        return regressions(self.verdict, self.scenarios)

    @cached_property
    def drawn(self) -> list[Chart]:
        """Pictures of the evidence: none of evidence that has holes."""
        evidence = self.evidence.assessed
        if not evidence.outcomes.journal_whole:
            return []
        return run_charts(
            evidence.history,
            lambda: self.measured,
            evidence.policy,
            self.verdict.criteria,
            self.trend if evidence.outcomes.gate else None,
            self.scenarios,
            evidence.cut_short,
        )

    @cached_property
    def view(self) -> RunView:
        """What pages, Markdown and terminal show of the run."""
        return view_of(
            self.verdict,
            self.evidence.outcomes.scenarios,
            charts=self.drawn,
            trend=self.trend,
            health=self.health,
            lines=self._guilty_lines(),
            rerun=None if self.verdict.load_alone else rerun(self.evidence.outcomes),
            reruns=self._reruns(),
        )

    def _reruns(self) -> dict[str, Rerun]:
        """How to run the example of each cause again, by its text."""
        given = self.evidence.outcomes
        found = {c.text: rerun(given, c.scenario) for c in self.verdict.causes[:3]}
        return {t: r for t, r in found.items() if r is not None and not self.verdict.load_alone}

    def _guilty_lines(self) -> dict[str, Shown]:
        """What the transcripts show of each cause; nothing, where evidence is too strange."""
        try:
            causes = self.verdict.causes[:3]
            return guilty_lines(causes, self.evidence.history, self._ids, self._notes)
        except Exception:  # the decision is due without it
            return {}

    @cached_property
    def _notes(self) -> dict[int, str]:
        """What is wrong with records that show causes, by number; none of evidence too strange."""
        try:
            clock = self.measured.clock
            return guilty_notes(self.verdict.causes, self.evidence.assessed, clock, self._leaks)
        except Exception:  # the lines are shown without it
            return {}

    @property
    def _ids(self) -> dict[str, str]:
        """The ids of scenarios by their names in the journal."""
        started = self.evidence.history.of(records.ScenarioStarted)
        return {r.scenario: r.scenario_id for r in started}

    @cached_property
    def transcripts(self) -> dict[str, str]:
        """Those of failed scenarios whose causes are known, by id, with the guilty lines marked."""
        try:
            causes = self.verdict.causes
            return marked_transcripts(causes, self.evidence.history, self._ids, self._notes)
        except Exception:  # the decision is due without it
            return {}

    @property
    def pictures(self) -> list[str]:
        """The pictures that lie in `monitoring/` by now, by name."""
        kinds = (".svg", ".png")
        folder = self.folder.monitoring
        return sorted(p.name for p in folder.glob("*") if p.suffix in kinds)
