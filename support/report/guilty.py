"""The very lines of transcripts that show a cause, marked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from support.approval import RootCause
from support.journal import History, records
from support.report.transcript import transcript

NO_NOTES: Mapping[int, str] = MappingProxyType({})
#: Records shown before the first guilty one, and guilty ones at most.
BEFORE = 3
MOST_GUILTY = 3
NOTHING = transcript([records.Sample(t=0.0, name="", value=0.0)])


@dataclass(frozen=True)
class Shown:
    """What shows a cause in its example: the guilty `lines` with what came just before them, and
    the `transcript` of all of it."""

    lines: list[str]
    transcript: str


def guilty_lines(
    causes: Sequence[RootCause],
    history: History,
    ids: Mapping[str, str],
    notes: Mapping[int, str] = NO_NOTES,
) -> dict[str, Shown]:
    """Text of a cause → what shows it in its example.

    `ids` are the scenarios' ids by their names in the journal, `notes` what is wrong with a record,
    by its number. What shows a cause without records is the step that failed.
    """
    parts = {ids.get(scenario, ""): part for scenario, part in history.scenarios().items()}
    found = {}
    for cause in causes:
        part = parts.get(cause.scenario)
        if part is not None:
            guilty = _noted(cause.records[:MOST_GUILTY] or _failed_step(part), notes)
            if lines := _excerpt(part.records, guilty):
                whole = transcript(part.records, guilty=guilty)
                found[cause.text] = Shown(lines, whole)
    return found


def marked_transcripts(
    causes: Sequence[RootCause],
    history: History,
    ids: Mapping[str, str],
    notes: Mapping[int, str] = NO_NOTES,
) -> dict[str, str]:
    """Id of a scenario → its transcript, with what shows the cause of its failure marked."""
    if not causes:
        return {}
    parts = {ids.get(scenario, ""): part for scenario, part in history.scenarios().items()}
    shown = dict(pair for cause in causes for pair in cause.shown)
    return {
        scenario: transcript(parts[scenario].records, guilty=_noted(numbers, notes))
        for scenario, numbers in shown.items()
        if scenario in parts
    }


def _noted(numbers: Iterable[int], notes: Mapping[int, str]) -> dict[int, str]:
    return {number: notes.get(number, "") for number in numbers}


def _failed_step(part: History) -> tuple[int, ...]:
    """The number of the record of the step that ended the scenario; none where all have passed."""
    steps = part.of(records.StepEnded, lambda step: step.status in ("failed", "error"))
    return tuple(step.seq for step in steps[:1])


def _excerpt(entries: Sequence[records.Record], guilty: Mapping[int, str]) -> list[str]:
    # By time: what is sent is recorded a little later than it was.
    entries = sorted(entries, key=lambda entry: entry.t)
    first = next((n for n, entry in enumerate(entries) if entry.seq in guilty), None)
    if first is None:
        return []
    start = next((e.t for e in entries if isinstance(e, records.ScenarioStarted)), entries[0].t)
    before = [e for e in entries[:first] if told(e)][-BEFORE:]
    shown = [*before, *(e for e in entries[first:] if e.seq in guilty)]
    return transcript(shown, start, guilty).splitlines()


def told(entry: records.Record) -> bool:
    """True for a record that a transcript tells of, the scenario's own beginning left out."""
    return not isinstance(entry, records.ScenarioStarted) and transcript([entry]) != NOTHING
