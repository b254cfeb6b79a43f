"""The very lines of a transcript that show a cause, with what came just before them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from support.approval import RootCause
from support.journal import History, records
from support.report.transcript import transcript

#: Records shown before the first guilty one, and guilty ones at most.
BEFORE = 3
MOST_GUILTY = 3
GUILTY = "\N{HEAVY BALLOT X} "
OTHER = "  "
NOTHING = transcript([records.Sample(t=0.0, name="", value=0.0)]).splitlines()


def guilty_lines(
    causes: Sequence[RootCause], history: History, ids: Mapping[str, str]
) -> dict[str, list[str]]:
    """Text of a cause → lines of its example's transcript, guilty ones marked.

    `ids` are the scenarios' ids by their names in the journal. A cause without records has none.
    """
    parts = {ids.get(scenario, ""): part for scenario, part in history.scenarios().items()}
    found = {}
    for cause in causes:
        part = parts.get(cause.scenario)
        if part is not None and cause.records:
            found[cause.text] = _excerpt(part.records, cause.records[:MOST_GUILTY])
    return found


def _excerpt(entries: Sequence[records.Record], guilty: Sequence[int]) -> list[str]:
    first = next((n for n, entry in enumerate(entries) if entry.seq == guilty[0]), None)
    if first is None:
        return []
    start = next((e.t for e in entries if isinstance(e, records.ScenarioStarted)), entries[0].t)
    before = [e for e in entries[:first] if told(e)][-BEFORE:]
    shown = [*before, *(e for e in entries[first:] if e.seq in guilty and told(e))]
    marks = [GUILTY if e.seq in guilty else OTHER for e in shown for _ in range(told(e))]
    lines = transcript(shown, start).splitlines()
    return [mark + line for mark, line in zip_longest(marks, lines[: len(marks)], fillvalue="")]


def told(entry: records.Record) -> int:
    """In how many lines a transcript tells of a record; none of what no reader needs."""
    if isinstance(entry, records.ScenarioStarted):
        return 0
    lines = transcript([entry]).splitlines()
    return 0 if lines == NOTHING else len(lines)
