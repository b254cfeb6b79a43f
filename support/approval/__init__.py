"""Criteria to verdict: a pure function of evidence and policy, and the bundle it is kept in."""

from support.approval.bundle import VERDICT, BundleError, Judgement, judge_bundle, seal
from support.approval.census import display_name, scenario_id
from support.approval.criteria import Evidence
from support.approval.model import CriterionResult, NotAssessed, Outcome, Outcomes, Verdict
from support.approval.regressions import Regression, regressions
from support.approval.verdict import evidence_of, judge

__all__ = [
    "VERDICT",
    "BundleError",
    "CriterionResult",
    "Evidence",
    "Judgement",
    "NotAssessed",
    "Outcome",
    "Outcomes",
    "Regression",
    "Verdict",
    "display_name",
    "evidence_of",
    "judge",
    "judge_bundle",
    "regressions",
    "scenario_id",
    "seal",
]
