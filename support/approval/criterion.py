"""What a criterion is, and how one is registered.

A criterion is one file in `criteria/`: a function from evidence to a `Ruling`, registered under its
name. Nothing else lists it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from support.approval.evidence import Evidence
from support.approval.model import CriterionResult, State
from support.target import Policy


class Ruling(msgspec.Struct, kw_only=True, frozen=True):
    """What a criterion finds: its state, what was measured over how many samples, and why.

    `required` is false where there is nothing to be judged yet, such as without a baseline.
    """

    state: State
    measured: str
    samples: int | None = None
    reason: str = ""
    details: tuple[str, ...] = ()
    required: bool = True


def met(measured: str, samples: int | None = None) -> Ruling:
    """The limit is kept."""
    return Ruling(state="pass", measured=measured, samples=samples)


def missed(
    measured: str, reason: str, samples: int | None = None, details: tuple[str, ...] = ()
) -> Ruling:
    """The limit is not kept."""
    return Ruling(state="fail", measured=measured, reason=reason, samples=samples, details=details)


def lacking(
    measured: str, reason: str, samples: int | None = None, details: tuple[str, ...] = ()
) -> Ruling:
    """There is too little evidence to say."""
    return Ruling(
        state="no_evidence", measured=measured, reason=reason, samples=samples, details=details
    )


def invalid(
    measured: str, reason: str, samples: int | None = None, details: tuple[str, ...] = ()
) -> Ruling:
    """The evidence can not be relied on: the suite or its own machine went wrong."""
    return Ruling(
        state="invalid", measured=measured, reason=reason, samples=samples, details=details
    )


Judge = Callable[[Evidence], Ruling]
Limit = Callable[[Policy], str]


@dataclass(frozen=True)
class Criterion:
    """A row of the table. `rank` is its place there: the worst that can happen comes first."""

    name: str
    title: str
    rank: int
    limit: Limit
    judge: Judge

    def result(self, evidence: Evidence) -> CriterionResult:
        """Its row for this evidence. A judge that raises makes it `invalid`; this never does."""
        try:
            limit, ruling = self.limit(evidence.policy), self.judge(evidence)
        except Exception as error:
            reason = f"the criterion itself broke: {type(error).__name__}: {error}"
            limit, ruling = "–", invalid("–", reason)
        return CriterionResult(
            name=self.name,
            title=self.title,
            state=ruling.state,
            measured=ruling.measured,
            limit=limit,
            samples=ruling.samples,
            required=ruling.required,
            reason=ruling.reason,
            details=ruling.details,
        )


#: Every criterion by name, as registered.
REGISTERED: dict[str, Criterion] = {}


def criterion(name: str, title: str, *, rank: int, limit: Limit) -> Callable[[Judge], Judge]:
    """Register a judge under a name. Raises `ValueError` for a name or rank that is taken."""

    def register(judge: Judge) -> Judge:
        if name in REGISTERED or rank in {c.rank for c in REGISTERED.values()}:
            raise ValueError(f"there is a criterion of that name or rank already: {name}, {rank}")
        REGISTERED[name] = Criterion(name, title, rank, limit, judge)
        return judge

    return register
