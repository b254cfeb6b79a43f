"""The reasons as a report shows them: what each explains, and an example of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from support.approval import Outcome, Verdict


@dataclass(frozen=True)
class CauseRow:
    """One root cause: `scenarios` are those it explains, id and name, `lines` an example's."""

    text: str
    scenarios: list[tuple[str, str]]
    example: str
    lines: list[str]


def cause_rows(
    verdict: Verdict, outcomes: Sequence[Outcome], lines: Mapping[str, list[str]]
) -> tuple[CauseRow, ...]:
    """A row for each reason: one that is no root cause has nothing but its text."""
    names = {outcome.id: outcome.name for outcome in outcomes}
    known = {cause.text: cause for cause in verdict.causes}
    rows = []
    for reason in verdict.reasons:
        cause = known.get(reason)
        explained = cause.scenarios if cause is not None else ()
        rows.append(
            CauseRow(
                text=reason,
                scenarios=[(i, names[i]) for i in explained if i in names],
                example=names.get(cause.scenario, "") if cause is not None else "",
                lines=lines.get(reason, []),
            )
        )
    return tuple(rows)
