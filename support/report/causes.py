"""The reasons as a report shows them: what each explains, an example of it, and what is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from support.approval import Outcome, Verdict
from support.report.formatting import address, moment
from support.report.guilty import Shown
from support.report.rerun import Rerun

NOTHING_SHOWN = Shown([], "")


@dataclass(frozen=True)
class CauseRow:
    """One root cause: `scenarios` are those it explains, id and name.

    `example` names one of them, `lines` of its `transcript` show the cause.
    `change` says how it compares with the run before; empty where there is nothing to compare with.
    `as_text` is all of it for a ticket or a chat.
    """

    text: str
    scenarios: list[tuple[str, str]]
    example: str
    lines: list[str]
    transcript: str
    change: str = ""
    as_text: str = ""


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
    if verdict.flaky:
        listed["flaky (the build is the same)"] = verdict.flaky
    counts = ", ".join(f"{len(ids)} {kind}" for kind, ids in listed.items())
    return Comparison(
        text=f"Since the run of {moment(changes.finished)}, build {changes.build}: {counts}",
        kinds=[(k, [(i, names.get(i, i)) for i in ids]) for k, ids in listed.items() if ids],
    )


def cause_rows(
    verdict: Verdict,
    outcomes: Sequence[Outcome],
    lines: Mapping[str, Shown],
    reruns: Mapping[str, Rerun],
) -> tuple[CauseRow, ...]:
    """A row for each reason: one that is no root cause has nothing but its text.

    `lines` and `reruns` are by the text of a cause: what shows it, and how to see it again.
    """
    names = {outcome.id: outcome.name for outcome in outcomes}
    known = {cause.text: cause for cause in verdict.causes}
    rows = []
    for reason in verdict.reasons:
        cause = known.get(reason)
        shown = lines.get(reason, NOTHING_SHOWN)
        explained = cause.scenarios if cause is not None else ()
        rows.append(
            CauseRow(
                text=reason,
                scenarios=[(i, names[i]) for i in explained if i in names],
                example=names.get(cause.scenario, "") if cause is not None else "",
                lines=shown.lines,
                transcript=shown.transcript,
                change=cause.change if cause is not None else "",
                as_text=_as_text(
                    verdict,
                    reason,
                    next(
                        (o for o in outcomes if cause is not None and o.id == cause.scenario), None
                    ),
                    reruns.get(reason),
                    shown.lines,
                ),
            )
        )
    return tuple(rows)


def _as_text(
    verdict: Verdict,
    reason: str,
    example: Outcome | None,
    rerun: Rerun | None,
    lines: Sequence[str],
) -> str:
    """The reason, of which build, an example of it, how to see it again, and its guilty lines."""
    target = address(verdict.target)
    told = [reason, "", f"{target}, build {verdict.build or 'unknown'}, in {verdict.environment}"]
    if example is not None:
        told.append(f"Scenario: {example.name} ({example.path}:{example.line})")
    if rerun is not None:
        told.append(f"Rerun: {rerun.command}")
        if rerun.limits:
            told.append(f"({rerun.limits})")
    told.append(f"Evidence digest: {verdict.bundle_digest or 'none was stored'}")
    return "\n".join([*told, *(["", *lines] if lines else [])])
