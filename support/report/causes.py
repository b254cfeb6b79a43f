"""The reasons as a report shows them: what each explains, an example of it, and what is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from support.approval import Outcome, Verdict
from support.report.formatting import moment


@dataclass(frozen=True)
class CauseRow:
    """One root cause: `scenarios` are those it explains, id and name, `lines` an example's.

    `change` says how it compares with the run before; empty where there is nothing to compare with.
    """

    text: str
    scenarios: list[tuple[str, str]]
    example: str
    lines: list[str]
    change: str = ""


@dataclass(frozen=True)
class Comparison:
    """This run against the one before: in one line, and which scenarios, by kind."""

    text: str
    kinds: list[tuple[str, list[tuple[str, str]]]]


def comparison(verdict: Verdict, outcomes: Sequence[Outcome]) -> Comparison | None:
    """None where there is nothing to compare with, or nothing failed, neither then nor now."""
    changes = verdict.changes
    if changes is None or not (changes.newly_failing or changes.known or changes.fixed):
        return None
    names = {outcome.id: outcome.name for outcome in outcomes}
    listed = {
        "newly failing": changes.newly_failing,
        "known": changes.known,
        "fixed": changes.fixed,
    }
    counts = ", ".join(f"{len(ids)} {kind}" for kind, ids in listed.items())
    return Comparison(
        text=f"Since the run of {moment(changes.finished)}, build {changes.build}: {counts}",
        kinds=[(k, [(i, names.get(i, i)) for i in ids]) for k, ids in listed.items() if ids],
    )


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
                change=cause.change if cause is not None else "",
            )
        )
    return tuple(rows)
