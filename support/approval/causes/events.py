"""What is wrong with the events of runs, in how many of how many runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from support.approval.causes.clocks import LATENCIES
from support.approval.causes.lateness import Lateness, lateness
from support.approval.causes.sighting import Sighting, detector
from support.approval.causes.streams import SELDOM_AWAITED
from support.approval.evidence import Evidence
from support.approval.model import Severity
from support.approval.words import several
from support.checks.duplicates import without_network_damage
from support.checks.invariants import JudgedRun, judged_runs
from support.checks.wrong import Wrong
from support.journal import History
from support.journal.facts import REQUIRED_EVENTS, TERMINAL_EVENTS, Accepted, Cancelling, Event
from support.measures.questions import required_events

#: So many runs at least, to say that an event never comes.
LEAST_RUNS = 3
#: More types than that have the same thing wrong with them: it is about all events.
MANY_TYPES = 2

#: A user's run that somebody else has ended.
OF_ANOTHER = "run_cancelled_by_another"
#: A run that was given up while its events were still arriving, late.
LATE = "events_late"
UNENDED = frozenset({"run_unfinished", "run_silent"})
#: An event that came, and not in its place.
OUT_OF_PLACE = ("event_misplaced", "event_after_end")
#: What a mix-up of runs brings about: what is missing in one of them is too much in another.
OF_A_MIX_UP = UNENDED | {
    *("event_missing", "event_doubled", "event_misplaced", "event_after_end"),
    *("call_unknown", "events_disordered", "threads_mixed_up"),
}

#: What is wrong, as it is told of an event or of runs, and how bad that is.
TOLD: dict[str, tuple[str, Severity]] = {
    "event_missing": ("{subject} does not arrive", "loss"),
    OF_ANOTHER: ("A user's run was cancelled by another user: {text}", "isolation"),
    LATE: ("Runs do not end in time: {text}", "latency"),
    "run_silent": ("Accepted runs send no event at all", "loss"),
    "run_unfinished": ("Runs do not end in time", "loss"),
    "deltas_differ": ("Answers differ from the parts they came in: {text}", "loss"),
    "answer_wrong": ("The answer is wrong: {text}", "loss"),
    "result_wrong": ("Tool results are wrong: {text}", "loss"),
    "run_misjudged": ("Runs end wrongly: {text}", "loss"),
    "event_malformed": ("Events are malformed: {text}", "order"),
    "event_doubled": ("{subject} comes more than once", "order"),
    "event_after_end": ("{subject} comes after the end of its run", "order"),
    "event_misplaced": ("{subject} comes too late: {text}", "order"),
    "call_unknown": ("{subject} names a tool call that was never started", "order"),
    "call_mixed_up": ("Tool calls are mixed up: {text}", "order"),
    "events_disordered": ("Events of a run arrive in the wrong order", "order"),
    "runs_mixed_up": ("Runs are mixed up: {text}", "order"),
    "threads_mixed_up": ("Events of one run name different conversations", "order"),
    "run_id_reused": ("Run ids are given more than once: {text}", "loss"),
    "turn_asked_for": ("Runs are not told apart: {text}", "order"),
    "events_unasked": ("Events come before what they answer", "order"),
}


@dataclass
class _Seen:
    """One kind of wrong: an example, and where it was seen. In `absent` runs nothing came."""

    example: Wrong
    runs: int = 0
    dropped: int = 0
    absent: int = 0
    subjects: dict[str, None] = field(default_factory=dict)
    where: dict[str, tuple[int, ...]] = field(default_factory=dict)


@detector
def flawed_runs(evidence: Evidence) -> Iterator[Sighting]:
    """The first thing that is wrong with each run; an event that never comes explains them all."""
    parts = {name: without_network_damage(p) for name, p in evidence.scenarios.items()}
    runs = [(name, run) for name, part in parts.items() for run in judged_runs(part)]
    if not any(run.problems for _, run in runs):
        return
    for wanted in required_events(evidence.history):
        count = sum(_expects(wanted, {s.fact.type for s in run.events}) for _, run in runs)
        arrived = any(s.fact.type == wanted for _, run in runs for s in run.events)
        if count >= LEAST_RUNS and not arrived:
            where = {name: (e[-1].frame.seq,) for name, p in parts.items() if (e := p.facts(Event))}
            text = f"{wanted} never arrives (0 of {several(count, 'run')})"
            yield Sighting("event_missing", "loss", text, where, wanted, specific=8)
            return
    kinds: dict[str, _Seen] = {}
    late = lateness(evidence)
    reused = {name: _reused_ids(part) for name, part in parts.items()}
    for name, run in runs:
        for told in run.problems[:1]:
            problem = _cause_of(told, run, parts[name], late)
            if (run.user, run.accepted.fact.run_id) in reused[name]:
                problem = Wrong("run_id_reused", "", "two questions of a user have the same")
            seen = kinds.setdefault(problem.code, _Seen(problem))
            if problem.subject:
                seen.subjects[problem.subject] = None
            _add(seen, name, run)
            seen.dropped += _connection_dropped(parts[name], run)
    _explain_by_mix_up(kinds)
    _count_as_late(kinds)
    for code, seen in kinds.items():
        yield _sighting(code, seen, len(runs))


def _explain_by_mix_up(kinds: dict[str, _Seen]) -> None:
    """Where as many runs are mixed up, what is missing or too much in others comes of it."""
    mixed = kinds.get("runs_mixed_up")
    follows = [code for code in kinds if code in OF_A_MIX_UP]
    if mixed is None or mixed.runs < sum(kinds[code].runs for code in follows):
        return
    for code in follows:
        for scenario, numbers in kinds.pop(code).where.items():
            mixed.where.setdefault(scenario, numbers)


def _count_as_late(kinds: dict[str, _Seen]) -> None:
    """Where an event often comes too late, it was late, too, where it was not seen at all."""
    missing = kinds.get("event_missing")
    late = max((kinds[c] for c in OUT_OF_PLACE if c in kinds), key=lambda s: s.runs, default=None)
    if missing is None or late is None or missing.runs > SELDOM_AWAITED * late.runs:
        return
    if not missing.subjects or not missing.subjects.keys() <= late.subjects.keys():
        return
    del kinds["event_missing"]
    late.runs += missing.runs
    late.dropped += missing.dropped
    late.absent = missing.runs
    for scenario, numbers in missing.where.items():
        late.where[scenario] = (*late.where.get(scenario, ()), *numbers)


def _expects(wanted: str, types: set[str]) -> bool:
    """True of a run that has come so far that this event must have come, too."""
    place = REQUIRED_EVENTS.index(wanted)
    later = REQUIRED_EVENTS[place + 1 :] or REQUIRED_EVENTS[place - 1 : place]
    return not types.isdisjoint(later)


def _cause_of(problem: Wrong, run: JudgedRun, part: History, late: Lateness | None) -> Wrong:
    """What is wrong with a run, or the reason why it is, where the journal shows one."""
    if _ended_by_another(part, run):
        return Wrong(OF_ANOTHER, problem.subject, str(problem))
    if late is not None and problem.code in UNENDED and late.delays(part, run.user):
        text = f"{late.event} arrives {late.usual_ms / 1000:.1f} s late (median)"
        return Wrong(LATE, late.event, text)
    return problem


def _reused_ids(part: History) -> set[tuple[str, str | None]]:
    """Users with the ids of runs that were given to several of their questions as new ones."""
    requests: dict[tuple[str, str | None], set[str | None]] = {}
    for s in part.facts(Accepted):
        if s.fact.run_id is not None and not s.fact.duplicate:
            requests.setdefault((s.frame.user, s.fact.run_id), set()).add(s.fact.request_id)
    return {run for run, asked in requests.items() if len(asked) > 1}


def _ended_by_another(part: History, run: JudgedRun) -> bool:
    """True where somebody else has asked to cancel this very run, and it was."""
    cancelled = {
        s.fact.run_id for s in part.facts(Cancelling, direction="sent") if s.frame.user != run.user
    }
    said = run.problems[0]
    return said.code == "run_misjudged" and run.accepted.fact.run_id in cancelled


def _connection_dropped(part: History, run: JudgedRun) -> bool:
    """True where the user lost a connection while the run went on."""
    last = run.events[-1].frame.seq if run.events else run.accepted.frame.seq
    ended = "run_unfinished" not in {problem.code for problem in run.problems}
    closes = (c.closed for c in part.connections_of(run.user) if c.closed is not None)
    return any(
        closed.by in ("fault", "network")
        and closed.seq > run.accepted.frame.seq
        and (closed.seq < last or not ended)
        for closed in closes
    )


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
    when = ", always after a dropped connection" if seen.dropped == seen.runs else ""
    absent = f", in {seen.absent:,} of them not at all" if seen.absent else ""
    text = f"{told} ({seen.runs:,} of {several(runs, 'run')}{absent}{when})"
    criteria = LATENCIES if code == LATE else ()
    return Sighting(code, severity, text, seen.where, subject, specific=6, criteria=criteria)
