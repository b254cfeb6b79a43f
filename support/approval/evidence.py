"""Evidence: what a verdict rests on, and what several criteria read out of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

from support.approval.accepted import accepted_results
from support.approval.baseline import key_figures
from support.approval.model import Outcome, Outcomes
from support.config import Policy
from support.journal import History, records
from support.measures.figures import Figures, figures
from support.measures.scope import normal_service


@dataclass(frozen=True)
class Evidence:
    """Outcomes, journal and policy of one run."""

    outcomes: Outcomes
    history: History
    policy: Policy
    #: What happened in scenarios that the end of the run has hit, where it is not in `history`.
    cut_short: History = field(default_factory=lambda: History([]))

    @cached_property
    def assessed(self) -> Evidence:
        """Without the scenarios that the end of the run has hit: only a leak in them counts."""
        hit = {r.scenario for r in self.history.of(records.ScenarioEnded, _is_cut_short)}
        if not hit:
            return self
        kept = History([r for r in self.history.records if r.scenario not in hit])
        left = History([r for r in self.history.records if r.scenario in hit])
        return replace(self, history=kept, cut_short=left)

    @property
    def wall(self) -> float:
        """Unix seconds at the journal's zero. Raises `LookupError` for a journal without a head."""
        for record in self.history.of(records.Opened):
            return record.wall
        raise LookupError("the journal has no first record")

    @cached_property
    def scenarios(self) -> dict[str, History]:
        """The journal, a part per scenario."""
        return self.history.scenarios()

    @cached_property
    def baseline_history(self) -> History:
        """What happened in scenarios of normal service: no fault, outage or load of our making."""
        return normal_service(self.history)

    @cached_property
    def figures(self) -> Figures:
        """Everything that was measured. Raises `LookupError` for a journal without a head."""
        return figures(self.history, self.wall)

    @property
    def key_figures(self) -> dict[str, float]:
        """The figures that runs are compared by; none of a journal that holds none."""
        try:
            return key_figures(self.figures)
        except Exception:
            # A verdict is due whatever the evidence holds; the criterion says what broke.
            return {}

    @cached_property
    def accepted(self) -> frozenset[str]:
        """The ids of scenarios whose failure is known and accepted."""
        results = accepted_results(self.outcomes, self.policy)
        return frozenset(r.scenario_id for r in results if r.state == "accepted")

    def selected(self, category: str) -> list[Outcome]:
        """The selected scenarios of a category."""
        return [o for o in self.outcomes.scenarios if o.selected and o.category == category]


def _is_cut_short(end: records.ScenarioEnded) -> bool:
    return end.status == records.CUT_SHORT
