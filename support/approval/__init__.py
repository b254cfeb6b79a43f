"""Criteria to verdict: a pure function of evidence and policy, and the bundle it is kept in."""

from support.approval.agreement import UNKNOWN_BUILD as UNKNOWN_BUILD
from support.approval.baseline import BASELINE as BASELINE
from support.approval.baseline import earlier_runs as earlier_runs
from support.approval.baseline import key_figures as key_figures
from support.approval.baseline import machine_kind as machine_kind
from support.approval.baseline import remember as remember
from support.approval.bundle import VERDICT as VERDICT
from support.approval.bundle import BundleError as BundleError
from support.approval.bundle import Judgement as Judgement
from support.approval.bundle import judge_bundle as judge_bundle
from support.approval.bundle import seal as seal
from support.approval.criteria import CRITERIA as CRITERIA
from support.approval.criteria import UnknownCriterion as UnknownCriterion
from support.approval.criteria import ensure_known as ensure_known
from support.approval.evidence import Evidence as Evidence
from support.approval.model import ApprovedRun as ApprovedRun
from support.approval.model import CriterionResult as CriterionResult
from support.approval.model import Outcome as Outcome
from support.approval.model import Outcomes as Outcomes
from support.approval.model import Verdict as Verdict
from support.approval.regressions import Regression as Regression
from support.approval.regressions import regressions as regressions
from support.approval.scenario_id import display_name as display_name
from support.approval.scenario_id import scenario_id as scenario_id
from support.approval.verdict import evidence_of as evidence_of
from support.approval.verdict import judge as judge
