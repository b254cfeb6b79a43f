"""Criteria to verdict: a pure function of evidence and policy, and the bundle it is kept in."""

from support.approval.bundle import BundleError, Judgement, judge_bundle, seal
from support.approval.census import display_name, scenario_id
from support.approval.model import CriterionResult, NotAssessed, Outcome, Outcomes, Verdict
from support.approval.verdict import judge

__all__ = [
    "BundleError",
    "CriterionResult",
    "Judgement",
    "NotAssessed",
    "Outcome",
    "Outcomes",
    "Verdict",
    "display_name",
    "judge",
    "judge_bundle",
    "scenario_id",
    "seal",
]
