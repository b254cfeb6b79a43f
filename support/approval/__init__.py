"""Criteria to verdict: a pure function of evidence and policy, and the bundle it is kept in."""

from support.approval.agreement import UNKNOWN_BUILD
from support.approval.baseline import BASELINE, earlier_runs, key_figures, machine_kind, remember
from support.approval.bundle import VERDICT, BundleError, Judgement, judge_bundle, seal
from support.approval.criteria import CRITERIA, UnknownCriterion, ensure_known
from support.approval.evidence import Evidence
from support.approval.model import (
    ApprovedRun,
    CriterionResult,
    NotAssessed,
    Outcome,
    Outcomes,
    Verdict,
)
from support.approval.regressions import Regression, regressions
from support.approval.scenario_id import display_name, scenario_id
from support.approval.verdict import evidence_of, judge

__all__ = [
    "BASELINE",
    "CRITERIA",
    "UNKNOWN_BUILD",
    "VERDICT",
    "ApprovedRun",
    "BundleError",
    "CriterionResult",
    "Evidence",
    "Judgement",
    "NotAssessed",
    "Outcome",
    "Outcomes",
    "Regression",
    "UnknownCriterion",
    "Verdict",
    "display_name",
    "earlier_runs",
    "ensure_known",
    "evidence_of",
    "judge",
    "judge_bundle",
    "key_figures",
    "machine_kind",
    "regressions",
    "remember",
    "scenario_id",
    "seal",
]
