"""The criteria of `verdict.md`, one file each. Every file in this folder is found by itself.

No criterion weighs against another, and none passes on nothing: an empty measurement is
`no_evidence`.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import msgspec

from support.approval.criterion import REGISTERED, Criterion
from support.approval.evidence import Evidence
from support.approval.model import CriterionResult
from support.config import Policy

for _file in iter_modules(__path__):
    import_module(f"{__name__}.{_file.name}")

#: Every criterion by name, in the order of the table.
CRITERIA: dict[str, Criterion] = {
    c.name: c for c in sorted(REGISTERED.values(), key=lambda c: c.rank)
}


class UnknownCriterion(ValueError):
    """A policy leaves out what nobody demands; the message names it and what there is."""


def ensure_known(policy: Policy) -> None:
    """Raises `UnknownCriterion` when the policy leaves out a criterion that does not exist."""
    for name in policy.leave_out:
        if name not in CRITERIA:
            there = ", ".join(CRITERIA)
            raise UnknownCriterion(
                f"policy.leave_out: {name!r} is no criterion; there are: {there}"
            )


def judge_criteria(evidence: Evidence) -> tuple[CriterionResult, ...]:
    """Every criterion's result, in the order of the table. One that breaks is `invalid`."""
    return tuple(_result(criterion, evidence) for criterion in CRITERIA.values())


def _result(criterion: Criterion, evidence: Evidence) -> CriterionResult:
    result = criterion.result(evidence)
    if criterion.name not in evidence.policy.leave_out:
        return result
    return msgspec.structs.replace(
        result, state="waived", required=False, reason="not required in this environment"
    )
