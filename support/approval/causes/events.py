"""What is wrong with the events of runs, in how many of how many runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from support.approval.causes.sighting import Sighting, detector, several
from support.approval.evidence import Evidence
from support.approval.model import Severity
from support.checks.duplicates import without_network_damage
from support.checks.invariants import JudgedRun, judged_runs
from support.checks.wrong import Wrong
from support.journal.facts import TERMINAL_EVENTS, Event
from support.measures.questions import required_events

#: So many runs at least, to say that an event never comes.
LEAST_RUNS = 3
#: More types than that have the same thing wrong with them: it is about all events.
MANY_TYPES = 2

#: What is wrong, as it is told of an event or of runs, and how bad that is.
TOLD: dict[str, tuple[str, Severity]] = {
    "event_missing": ("{subject} does not arrive", "loss"),
    "run_silent": ("Accepted runs send no event at all", "loss"),
    "run_unfinished": ("Runs never end", "loss"),
    "answer_wrong": ("The answer is wrong: {text}", "loss"),
    "run_misjudged": ("Runs end wrongly: {text}", "loss"),
    "event_malformed": ("Events are malformed: {text}", "order"),
    "event_doubled": ("{subject} comes more than once", "order"),
    "event_after_end": ("{subject} comes after the end of its run", "order"),
    "event_misplaced": ("{subject} comes too late: {text}", "order"),
    "call_unknown": ("{subject} names a tool call that was never started", "order"),
    "call_mixed_up": ("Tool calls are mixed up: {text}", "order"),
    "events_disordered": ("Events of a run arrive in the wrong order", "order"),
    "threads_mixed_up": ("Events of one run name different conversations", "order"),
    "events_unasked": ("Events come before what they answer", "order"),
}


@dataclass
class _Seen:
    """One kind of wrong: an example, and where it was seen."""

    example: Wrong
    runs: int = 0
    subjects: dict[str, None] = field(default_factory=dict)
    where: dict[str, tuple[int, ...]] = field(default_factory=dict)


@detector
def flawed_runs(evidence: Evidence) -> Iterator[Sighting]:
    """An event that never comes explains whatever else is wrong with its runs."""
    parts = {name: without_network_damage(p) for name, p in evidence.scenarios.items()}
    runs = [(name, run) for name, part in parts.items() for run in judged_runs(part)]
    found = [(name, run) for name, run in runs if run.problems]
    if not found:
        return
    types = {s.fact.type for _, run in runs for s in run.events}
    arrived = [run for _, run in runs if run.events]
    missing = [t for t in required_events(evidence.history) if t not in types]
    if missing and types and len(arrived) >= LEAST_RUNS:
        text = f"{missing[0]} never arrives (0 of {several(len(arrived), 'run')})"
        where = {
            name: (event.frame.seq,)
            for name, part in parts.items()
            for event in part.facts(Event)[-1:]
        }
        yield Sighting("event_missing", "loss", text, where, missing[0], specific=8)
        return
    kinds: dict[str, _Seen] = {}
    for name, run in found:
        for code, problem in {p.code: p for p in reversed(run.problems)}.items():
            seen = kinds.setdefault(code, _Seen(problem))
            seen.subjects.update(dict.fromkeys(p.subject for p in run.problems if p.code == code))
            _add(seen, name, run)
    for code, seen in kinds.items():
        yield _sighting(code, seen, len(runs))


def _add(seen: _Seen, scenario: str, run: JudgedRun) -> None:
    seen.runs += 1
    guilty = [s.frame.seq for s in run.events if s.fact.problems or s.fact.type in TERMINAL_EVENTS]
    number = (guilty or [run.accepted.frame.seq])[0]
    seen.where[scenario] = (*seen.where.get(scenario, ()), number)


def _sighting(code: str, seen: _Seen, runs: int) -> Sighting:
    said, severity = TOLD.get(code, ("{text}", "order"))
    named = [subject for subject in seen.subjects if subject]
    subject = named[0] if 0 < len(named) <= MANY_TYPES else ""
    told = said.format(subject=subject or "Events of several types", text=str(seen.example))
    text = f"{told} ({seen.runs:,} of {several(runs, 'run')})"
    return Sighting(code, severity, text, seen.where, subject, specific=6)
