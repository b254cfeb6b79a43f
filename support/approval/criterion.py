"""What a criterion is, and how one is registered.

A criterion is one file in `criteria/`: a function from evidence to a `Ruling`, registered under its
name. Nothing else lists it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from support.approval.evidence import Evidence
from support.approval.model import CriterionResult, Problem, Severity, State
from support.checks.finding import Cause
from support.config import Policy

MOST_DETAILS = 10


class Ruling(msgspec.Struct, kw_only=True, frozen=True):
    """What a criterion finds: its state, what was measured over how many samples, and why.

    `cause` and `problems` say why as values; `reason` and `details` are for people. `required` is
    false where there is nothing to be judged yet, such as without a baseline. `value` and `bound`
    are what was measured and its limit as numbers in `unit`, where they can be told so.
    """

    state: State
    measured: str
    samples: int | None = None
    reason: str = ""
    details: tuple[str, ...] = ()
    required: bool = True
    cause: Cause | None = None
    problems: tuple[Problem, ...] = ()
    value: float | None = None
    bound: float | None = None
    unit: str = ""

    def counted(self, value: float | None, bound: float | None, unit: str) -> Ruling:
        """The same with what was measured and its limit as numbers, in that unit."""
        return msgspec.structs.replace(self, value=value, bound=bound, unit=unit)


def waived(reason: str) -> Ruling:
    """There is nothing to judge, since the deployment does not offer it."""
    return Ruling(
        state="waived",
        measured="not offered",
        samples=0,
        reason=reason,
        required=False,
        cause="not_offered",
    )


def met(measured: str, samples: int | None = None) -> Ruling:
    """The limit is kept."""
    return Ruling(state="pass", measured=measured, samples=samples)


def missed(measured: str, problems: Sequence[Problem], samples: int | None = None) -> Ruling:
    """The limit is not kept; the first problem is the reason."""
    return Ruling(
        state="fail",
        measured=measured,
        samples=samples,
        reason=problems[0].text,
        details=tuple(problem.text for problem in problems[:MOST_DETAILS]),
        cause="product",
        problems=tuple(problems),
    )


def short(
    name: str, severity: Severity, measured: str, reason: str, samples: int | None = None
) -> Ruling:
    """The limit is not kept, and that is a problem of its own."""
    return missed(measured, [Problem(key=name, severity=severity, text=reason)], samples)


def lacking(
    measured: str,
    reason: str,
    samples: int | None = None,
    cause: Cause | None = "too_few_samples",
    details: tuple[str, ...] = (),
) -> Ruling:
    """Nobody can say: `invalid` where the suite or its machine is to blame, else too little."""
    return Ruling(
        state="invalid" if cause in ("harness", "environment") else "no_evidence",
        measured=measured,
        samples=samples,
        reason=reason,
        details=details,
        cause=cause,
    )


Judge = Callable[[Evidence], Ruling]
Limit = Callable[[Policy], str]
Concern = Callable[[Evidence], bool]


@dataclass(frozen=True)
class Criterion:
    """A row of the table. `rank` is its place there: the worst that can happen comes first.
    `definition` says in a sentence what is measured.

    It is asked of the runs that it `concerns`, by default all.
    """

    name: str
    title: str
    rank: int
    limit: Limit
    judge: Judge
    concerns: Concern = lambda _: True
    definition: str = ""

    def result(self, evidence: Evidence) -> CriterionResult:
        """Its row for this evidence. A judge that raises makes it `invalid`; this never does."""
        try:
            limit, ruling = self.limit(evidence.policy), self.judge(evidence)
        except Exception as error:
            reason = f"the criterion itself broke: {type(error).__name__}: {error}"
            limit, ruling = "–", lacking("–", reason, cause="harness")
        problems = ruling.problems
        if ruling.state == "fail" and not problems:
            problems = (Problem(key=self.name, severity="loss", text=ruling.reason),)
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
            cause=ruling.cause,
            problems=problems,
            value=ruling.value,
            bound=ruling.bound,
            unit=ruling.unit,
        )


#: Every criterion by name, as registered.
REGISTERED: dict[str, Criterion] = {}


def criterion(
    name: str,
    title: str,
    *,
    rank: int,
    limit: Limit,
    concerns: Concern = lambda _: True,
    definition: str = "",
) -> Callable[[Judge], Judge]:
    """Register a judge under a name. Raises `ValueError` for a name or rank that is taken."""

    def register(judge: Judge) -> Judge:
        if name in REGISTERED or rank in {c.rank for c in REGISTERED.values()}:
            raise ValueError(f"there is a criterion of that name or rank already: {name}, {rank}")
        REGISTERED[name] = Criterion(name, title, rank, limit, judge, concerns, definition)
        return judge

    return register
