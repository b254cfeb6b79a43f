"""What must hold in every scenario, whatever it is about: asked of the journal when it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from support.checks.announced import possible_limits
from support.checks.answers import Promises
from support.checks.connection_ends import promised
from support.checks.connections import broken_off, ended_by_deployment, silent_ms
from support.checks.counts import several
from support.checks.cut_off import cut_off
from support.checks.duplicates import without_network_damage
from support.checks.finding import Check, Finding, check, failed, passed, person, unknown
from support.checks.isolation import nothing_leaked
from support.checks.run_ids import mixed_up
from support.checks.runs import arrival_problems, run_problems
from support.checks.stream import holes, stream_problems
from support.checks.streaming import answers_streamed
from support.checks.turns import told_turns
from support.checks.wrong import Wrong
from support.journal import History, Seen, records
from support.journal.facts import (
    TERMINAL_EVENTS,
    THINKING,
    Accepted,
    Event,
    Turn,
    Unreadable,
)


@check("no user's stream has gaps or duplicates", needs="positions")
def streams_whole(history: History) -> Finding:
    """For every device of every user; in the end, where the network is set to lose messages."""
    events = 0
    for user in _people(history):
        if history.lossy:
            story = history.complete_despite_faults(user)
            hole = next(holes(history, user), None)
            if hole is not None:
                return failed(f"{person(user)}: event {hole} is missing in the end")
            events += len(story)
            continue
        devices = history.devices_of(user)
        for device in devices:
            problems, numbers = stream_problems(device, devices)
            if problems:
                return failed(f"{person(user)}: {problems[0]}", records=numbers)
            events += sum(len(connection.events) for connection in device)
    if not events:
        return unknown("no event arrived at all")
    return passed(f"no gap, no double in {events} events")


@check("every accepted run is complete")
def runs_whole(history: History) -> Finding:
    """For every user, as far as they were there: a run they left behind may be unfinished."""
    runs = 0
    for user in _people(history):
        seen = history.runs_seen_by(user)
        for run in _judged_runs_of(history, user, seen):
            runs += 1
            if run.problems:
                return failed(f"a run of {person(user)}: {run.problems[0]}")
        strangers = set(seen) - {s.fact.run_id for s in history.facts(Accepted, user=user)}
        strangers -= told_turns(history, user)
        if len(strangers) > len(cut_off(history, user)) and _is_new(history, user):
            return failed(f"{person(user)} got events of a run nobody asked for")
    if not runs:
        return unknown("no run was accepted that anybody stayed for")
    return passed(f"{runs} runs are whole")


@dataclass(frozen=True)
class JudgedRun:
    """An accepted run whose user stayed to its end: its events, and what is wrong with them."""

    user: str
    accepted: Seen[Accepted]
    events: Sequence[Seen[Event]]
    problems: Sequence[Wrong]


def judged_runs(history: History) -> Iterator[JudgedRun]:
    """Every run of which it can be said whether it is whole, with what is wrong with it."""
    for user in _people(history):
        yield from _judged_runs_of(history, user, history.runs_seen_by(user))


def _judged_runs_of(
    history: History, user: str, seen: Mapping[str, Sequence[Seen[Event]]]
) -> Iterator[JudgedRun]:
    promises = Promises(history, user)
    answers = history.facts(Accepted, user=user)
    strange = mixed_up(seen, answers, history.asked(user))
    for answer in answers:
        if answer.fact.request_id not in promises.asked or answer.fact.duplicate:
            continue
        events = seen.get(answer.fact.run_id or "", ())
        run = [s.fact for s in events]
        if not (_ended(run) or _stayed(history, user, answer)):
            continue
        wrong = strange.get(answer.fact.run_id or "")
        problems = [wrong] if wrong else []
        problems += run_problems(run, answer.fact) + arrival_problems(events)
        if any(_came_before(s, answer) for s in events):
            text = "its events came before it was accepted"
            problems.append(Wrong("events_unasked", "", text))
        problems += promises.problems(answer.fact.request_id or "", run)
        owed = promised(history, user, answer.fact.run_id, problems)
        if owed or not problems:
            yield JudgedRun(user, answer, events, owed)
    yield from _judged_turns(history, user, seen)


def _judged_turns(
    history: History, user: str, seen: Mapping[str, Sequence[Seen[Event]]]
) -> Iterator[JudgedRun]:
    """The runs that the deployment started by itself: each of its own, and as whole as others."""
    asked = {s.fact.run_id for s in history.facts(Accepted, user=user)}
    told = {turn.fact.run_id: turn for turn in reversed(history.facts(Turn, user=user))}
    for run_id, turn in told.items():
        events = seen.get(run_id or "", ())
        run = [s.fact for s in events]
        as_asked = Seen(Accepted(run_id=run_id, lacks=(THINKING,)), turn.frame)
        if run_id in asked:
            text = "a run that was asked for is called one that the service starts by itself"
            yield JudgedRun(user, as_asked, events, [Wrong("turn_asked_for", "", text)])
        elif _ended(run) or _stayed(history, user, as_asked):
            problems = run_problems(run, as_asked.fact) + arrival_problems(events)
            yield JudgedRun(user, as_asked, events, problems)


@check("every message from the deployment is well-formed")
def well_formed(history: History) -> Finding:
    """No frame that is garbage, no message that lacks what it must carry."""
    received = history.of(records.Frame, lambda f: f.direction == "received")
    if not received:
        return unknown("nothing was received by anybody")
    for frame in received:
        for fact in frame.facts:
            if isinstance(fact, Unreadable):
                return failed(f"the deployment sent {fact.why}", records=(frame.seq,))
            if fact.problems:
                kind = fact.type if isinstance(fact, Event) else type(fact).__name__.lower()
                return failed(f"{kind}: {fact.problems[0]}", records=(frame.seq,))
    return passed(f"{len(received)} frames, all of it")


@check("the deployment closes no connection without cause")
def connections_stable(history: History) -> Finding:
    """No connection was closed by the deployment, or broke, without warning or fault of ours."""
    ended = broken_off(history)
    if ended:
        story, why = ended[0]
        return failed(
            f"{several(len(ended), 'connection')} ended; {person(story.user)}'s: {why}",
            records=(story.closed.seq,) if story.closed else (),
        )
    if not any(story.ready for story in history.connections.values()):
        return unknown("there was no connection")
    for story, why in ended_by_deployment(history):
        late_ms = silent_ms(history, story)
        text = f"{person(story.user)}'s connection ended ({why}), but the test machine was"
        return unknown(f"{text} {late_ms:.0f} ms late with its heartbeats", "environment")
    return passed("none broke")


LEAK = "isolation violation"

#: By the name under which the verdict counts them as failure patterns.
INVARIANTS: dict[str, Check] = {
    LEAK: nothing_leaked(),
    "missing or doubled events": streams_whole(),
    "broken run": runs_whole(),
    "malformed message": well_formed(),
    "impossible limit": possible_limits(),
    "unstable connection": connections_stable(),
    "answers held back": answers_streamed(),
}


#: Checks of single scenarios that show one of them, by name.
_SHOWN_BY = {"received_nothing_of": LEAK, "private": LEAK}


def pattern_of(check: str) -> str:
    """The failure pattern that a check of that name shows; its own name if it shows none."""
    names = {asked.name: pattern for pattern, asked in INVARIANTS.items()}
    return names.get(check) or _SHOWN_BY.get(check, check)


def invariant_findings(history: History) -> dict[str, Finding]:
    """What each of the standing checks answers about this history.

    What faults doubled or truncated does not count: the deployment is not to blame for it.
    """
    return dict(history.answer(_findings))


def _findings(history: History) -> Mapping[str, Finding]:
    whole = without_network_damage(history)
    return {name: ask(whole) for name, ask in INVARIANTS.items()}


def invariant_failures(
    history: History, applies: Callable[[Check], bool] = lambda _: True
) -> dict[str, Finding]:
    """The standing checks that this scenario's history fails; `unknown` is not failing here.

    Those that have no meaning here, by `applies`, are not asked.
    """
    findings = {n: f for n, f in invariant_findings(history).items() if applies(INVARIANTS[n])}
    return {name: finding for name, finding in findings.items() if finding.state == "failed"}


def _came_before(event: Seen[Event], accepted: Seen[Accepted]) -> bool:
    same = event.frame.connection == accepted.frame.connection and not accepted.frame.http
    same = same and not accepted.fact.late
    return same and event.frame.seq < accepted.frame.seq


def _people(history: History) -> list[str]:
    return list(dict.fromkeys(c.user for c in history.connections.values()))


def _ended(run: Sequence[Event]) -> bool:
    return any(event.type in TERMINAL_EVENTS for event in run)


def _stayed(history: History, user: str, answer: Seen[Accepted]) -> bool:
    """True when some device of the user was there until nothing more could come.

    Either its connection was not ended by the user or a fault of ours, or the user made a round
    trip after the run was accepted, as everybody does before the close.
    """
    fenced = {
        fence.connection
        for fence in history.of(records.Fence)
        if fence.user == user and fence.seq > answer.frame.seq
    }
    return any(
        device[-1].closed is None
        or device[-1].closed.by not in ("user", "fault")
        or device[-1].id in fenced
        for device in history.devices_of(user)
    )


def _is_new(history: History, user: str) -> bool:
    devices = history.devices_of(user)
    ready = devices[0][0].ready if devices else None
    return ready is not None and ready.fact.position == 0
