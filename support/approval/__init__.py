"""Criteria to verdict: a pure function of evidence and policy, and the bundle it is kept in."""

from support.approval.baseline import BASELINE, earlier_runs, key_figures, remember
from support.approval.bundle import BundleError, Judgement, judge_bundle, seal
from support.approval.census import display_name, scenario_id
from support.approval.model import (
    ApprovedRun,
    CriterionResult,
    NotAssessed,
    Outcome,
    Outcomes,
    Verdict,
)
from support.approval.verdict import judge

__all__ = [
    "BASELINE",
    "ApprovedRun",
    "BundleError",
    "CriterionResult",
    "Judgement",
    "NotAssessed",
    "Outcome",
    "Outcomes",
    "Verdict",
    "display_name",
    "earlier_runs",
    "judge",
    "judge_bundle",
    "key_figures",
    "remember",
    "scenario_id",
    "seal",
]
