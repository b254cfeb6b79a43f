"""Is a run as it should be: each event with its fields, all of them, in order?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

from support.checks.answers import Promises, response
from support.checks.connection_ends import is_unpromised, not_promised, promised, time_was_up
from support.checks.counts import several
from support.checks.cut_off import cut_off
from support.checks.finding import Finding, check, failed, passed, unknown
from support.checks.wrong import Wrong
from support.journal import History, Seen
from support.journal.facts import (
    COMPLETED,
    DELTA,
    FAILED,
    STARTED,
    TERMINAL_EVENTS,
    THINKING,
    TOOL_COMPLETED,
    TOOL_EXECUTING,
    Accepted,
    Event,
    Fact,
)

F = TypeVar("F", bound=Fact)

WHOLE_RUN = (STARTED, THINKING, TOOL_EXECUTING, TOOL_COMPLETED, COMPLETED)


@check("{user} receives {event} with all required fields")
def event_received(history: History, user: str, request_id: str, event: str) -> Finding:
    """An event of that type of that run reached the user, and each of them is complete."""
    accepted = history.accepted(user, request_id)
    if accepted is None or accepted.run_id is None:
        return _never_accepted(history, user, request_id)
    run = history.events_of_run(user, accepted.run_id)
    wanted = [s for s in run if s.fact.type == event]
    if not wanted and is_unpromised(history, user, accepted.run_id):
        return not_promised()
    if not wanted:
        return failed(
            f"no {event} arrived",
            expected=(f"{event} of this run",),
            seen=_lines(run) or ("nothing of this run",),
            records=_numbers(run),
        )
    problems = [p for s in wanted for p in s.fact.problems]
    if problems:
        return failed(
            f"{event} arrived, but {_list(problems)}",
            expected=(f"{event} with all its fields",),
            seen=tuple(problems),
            records=_numbers(wanted),
        )
    return passed(f"{len(wanted)} arrived", records=_numbers(wanted))


@check("{user} receives the complete run, in order")
def complete_run(history: History, user: str, request_id: str, uses_tool: bool = False) -> Finding:
    """Started first and once, thinking in time, tools paired, one end, and nothing after it."""
    accepted = history.accepted(user, request_id)
    if accepted is None or accepted.run_id is None:
        return _never_accepted(history, user, request_id)
    run = history.events_of_run(user, accepted.run_id)
    events = [s.fact for s in run]
    problems = run_problems(events, accepted, uses_tool=uses_tool) + arrival_problems(run)
    problems += Promises(history, user).problems(request_id, events)
    owed = promised(history, user, accepted.run_id, problems)
    if problems and not owed:
        return not_promised()
    if owed:
        return failed(
            _list(owed),
            expected=WHOLE_RUN,
            seen=_lines(run) or ("nothing of this run",),
            records=_numbers(run),
        )
    return passed(f"{len(run)} events, in order", records=_numbers(run))


@check("the answer to {user} contains {words}")
def answer_contains(history: History, user: str, request_id: str, words: str) -> Finding:
    """The completed run's response has `words` in it."""
    accepted = history.accepted(user, request_id)
    if accepted is None or accepted.run_id is None:
        return _never_accepted(history, user, request_id)
    ends = [s for s in history.events_of_run(user, accepted.run_id) if s.fact.type == COMPLETED]
    if not ends:
        return _never_completed(history, user, accepted, words)
    response = ends[-1].fact.data.get("response")
    if not isinstance(response, str) or words not in response:
        return failed(
            f"the answer lacks “{words}”",
            expected=(words,),
            seen=(str(response)[:200],),
            records=_numbers(ends),
        )
    return passed("it does", records=_numbers(ends))


@check("the answer to {user} is right")
def answer_right(history: History, user: str, request_id: str) -> Finding:
    """The completed run's response has all the words that are known to be in a right answer."""
    accepted = history.accepted(user, request_id)
    if accepted is None or accepted.run_id is None:
        return _never_accepted(history, user, request_id)
    promises = Promises(history, user)
    asked = promises.asked.get(request_id)
    if asked is None:
        return unknown("this question was never asked")
    if not asked.answer:
        text = "no answer is known in advance: the dialect names no words in [answers]"
        return unknown(text, "environment")  # no further question would change it
    run = [s.fact for s in history.events_of_run(user, accepted.run_id)]
    if not any(e.type == COMPLETED for e in run):
        return _never_completed(history, user, accepted, *asked.answer)
    wrong = promises.problems(request_id, run)
    if wrong:
        return failed(wrong[0], expected=asked.answer, seen=(response(run)[:200],))
    return passed("it is")


@check(
    "every question of {user} is accepted once, in the order asked on a connection,"
    " and answered by its own run"
)
def every_question_answered(history: History, user: str, at_least: int) -> Finding:
    """Each request was accepted once, in the order asked on its connection; each run is whole."""
    asked = [s.fact.request_id for s in history.asked(user)]
    if not asked or len(asked) < at_least:
        return _too_few_asked(history, user, len(asked), at_least)
    problems: list[str] = []
    runs: dict[str, str] = {}
    answers = history.facts(Accepted, user=user)
    promises = Promises(history, user)
    by_run = history.runs_seen_by(user)
    unpromised = False
    for number, request_id in enumerate(asked, start=1):
        mine = [s.fact for s in answers if s.fact.request_id == request_id]
        if len(mine) != 1:
            problems.append(f"question {number} was accepted {len(mine)} times")
            continue
        run_id = mine[0].run_id or ""
        if run_id in runs.values():
            problems.append(f"question {number} shares its run with another")
        runs[request_id] = run_id
        events = by_run.get(run_id, ())
        run = [s.fact for s in events]
        wrong = (
            run_problems(run, mine[0])
            + arrival_problems(events)
            + promises.problems(request_id, run)
        )
        owed = promised(history, user, run_id, wrong)
        unpromised |= len(owed) < len(wrong)
        if owed:
            problems.append(f"question {number}: {owed[0]}")
    if not _in_order(history, user):
        problems.append("questions were accepted in another order than asked")
    if problems:
        return failed(
            f"{len(problems)} of {len(asked)} went wrong; {problems[0]}",
            expected=(f"{len(asked)} questions, {len(asked)} whole runs",),
            seen=tuple(problems[:10]),
        )
    if unpromised:
        return not_promised()
    return passed(f"{len(asked)} questions, {len(asked)} whole runs")


def _in_order(history: History, user: str) -> bool:
    """True where questions on one connection were accepted in the order asked."""
    for story in history.connections_of(user):
        asked, accepted = (
            dict.fromkeys(s.fact.request_id for s in seen if s.frame.connection == story.id)
            for seen in (history.asked(user), history.facts(Accepted, user=user))
        )
        if [r for r in asked if r in accepted] != [r for r in accepted if r in asked]:
            return False
    return True


def _too_few_asked(history: History, user: str, asked: int, at_least: int) -> Finding:
    """A failure where the deployment ended a connection of the user, who could not ask the rest."""
    lost = (c for c in history.connections_of(user) if not time_was_up(c))
    ended = [c.closed for c in lost if c.closed is not None]
    theirs = next((closed for closed in ended if closed.ended_by == "deployment"), None)
    if theirs is None:
        return unknown(f"only {asked} of {at_least} questions were asked")
    return failed(
        f"only {asked} of {at_least} questions could be asked: the deployment ended the connection"
        f" (code {theirs.code or 'none'})",
        records=(theirs.seq,),
    )


@check("at least {count} messages were answered, each by its own run")
def messages_answered(history: History, count: int) -> Finding:
    """Counted in the journal: the runs that succeeded among those that somebody asked for."""
    asked = {(s.frame.user, s.fact.request_id) for s in history.asked()}
    runs = {
        (s.frame.user, s.fact.run_id)
        for s in history.facts(Accepted)
        if (s.frame.user, s.fact.request_id) in asked
    }
    answered = {(s.frame.user, s.fact.run_id) for s in history.facts(Event) if succeeded([s.fact])}
    text = f"{len(runs & answered)} of {len(asked)} messages"
    if not asked or len(asked) < count:
        return unknown(f"only {len(asked)} messages were sent")
    if len(runs & answered) < count:
        return failed(text, expected=(f"at least {count}",), seen=(text,))
    return passed(text)


def run_problems(
    run: Sequence[Event], accepted: Accepted | None = None, *, uses_tool: bool = False
) -> list[Wrong]:
    """What is wrong with the events of one run, in order of arrival; empty when nothing is."""
    if not run:
        return [Wrong("run_silent", "", "no event of the run arrived")]
    positions = [e.position for e in run if e.position is not None]
    run = _without_grace(run)
    problems = [Wrong("event_malformed", e.type, f"{e.type}: {p}") for e in run for p in e.problems]
    types = [event.type for event in run]
    if types[0] != STARTED:
        text = f"the run begins with {types[0]}, not with {STARTED}"
        code = "event_misplaced" if STARTED in types else "event_missing"
        problems.append(Wrong(code, STARTED, text))
    if types.count(STARTED) > 1:
        text = f"{STARTED} came {types.count(STARTED)} times"
        problems.append(Wrong("event_doubled", STARTED, text))
    problems += _ending_problems(types)
    if accepted is None or THINKING not in accepted.lacks:
        problems += _thinking_problems(run, types)
    uses_tool = uses_tool and not (accepted is not None and TOOL_EXECUTING in accepted.lacks)
    problems += _tool_problems(run, uses_tool=uses_tool) + _identity_problems(run, accepted)
    if any(b <= a for a, b in pairwise(positions)):
        text = "events did not arrive in the order of the stream"
        problems.append(Wrong("events_disordered", "", text))
    return problems


def arrival_problems(run: Sequence[Seen[Event]]) -> list[Wrong]:
    """What is wrong with a run that its events alone do not tell: when and where they came."""
    return [*_trailing_problems(run), *_delta_problems(run)]


def _trailing_problems(run: Sequence[Seen[Event]]) -> list[Wrong]:
    """The events that came later after the end of their run than the dialect gives them."""
    ends = [s.frame.t for s in run if s.fact.ends_run]
    found = []
    for seen in run if ends else ():
        late_s, grace_s = seen.frame.t - ends[0], seen.fact.trailing_s
        if grace_s and late_s > grace_s:
            text = f"{seen.fact.type} came {late_s:.1f} s after the end of the run"
            found.append(Wrong("event_after_end", seen.fact.type, text))
    return found


def _delta_problems(run: Sequence[Seen[Event]]) -> list[Wrong]:
    """Parts of an answer that, put together, are not the answer.

    Where some may have come while their user was away, only parts with a position are promised.
    """
    deltas = [s.fact for s in run if s.fact.type == DELTA]
    moved = len({s.frame.connection for s in run}) > 1
    if not deltas or (moved and any(delta.position is None for delta in deltas)):
        return []
    events = [s.fact for s in run]
    end = next((e for e in events if e.type == COMPLETED), None)
    if end is None or not succeeded(events) or "response" not in end.data:
        return []
    last = [d for d in deltas if d.data.get("part") == deltas[-1].data.get("part")]
    if "".join(str(d.data.get("text")) for d in last) == end.data["response"]:
        return []
    text = "the parts of the answer, put together, are not the answer"
    return [Wrong("deltas_differ", DELTA, text)]


def _without_grace(run: Sequence[Event]) -> Sequence[Event]:
    """The events with those before the end that may trail it."""
    ends = [number for number, event in enumerate(run) if event.ends_run]
    if not ends or not any(event.trailing_s for event in run):
        return run
    before, after = run[: ends[0]], run[ends[0] :]
    trailing = [event for event in after if event.trailing_s]
    return [*before, *trailing, *(event for event in after if not event.trailing_s)]


def _ending_problems(types: list[str]) -> list[Wrong]:
    ends = [t for t in types if t in TERMINAL_EVENTS]
    if not ends:
        return [Wrong("run_unfinished", "", "the run never ended")]
    if len(ends) > 1:
        return [Wrong("event_doubled", ends[0], f"the run ended {len(ends)} times")]
    if types[-1] not in TERMINAL_EVENTS:
        text = f"{types[-1]} came after the end of the run"
        return [Wrong("event_after_end", types[-1], text)]
    return []


def _thinking_problems(run: Sequence[Event], types: list[str]) -> list[Wrong]:
    before_tool = types[: types.index(TOOL_EXECUTING)] if TOOL_EXECUTING in types else []
    code = "event_misplaced" if THINKING in types else "event_missing"
    if before_tool and THINKING not in before_tool:
        return [Wrong(code, THINKING, f"no {THINKING} before the first {TOOL_EXECUTING}")]
    # A run that was cancelled early may have had no thought yet.
    answered = COMPLETED in types and succeeded(run)
    if answered and THINKING not in types[: types.index(COMPLETED)]:
        return [Wrong(code, THINKING, f"no {THINKING} before {COMPLETED}")]
    return []


def _tool_problems(run: Sequence[Event], *, uses_tool: bool) -> list[Wrong]:
    problems: list[Wrong] = []
    executing: dict[object, str] = {}
    completed: list[object] = []
    for event in run:
        call, tool = event.data.get("call_id"), str(event.data.get("tool"))
        if event.type == TOOL_EXECUTING:
            if call in executing:
                problems.append(_twice_for_one_call(TOOL_EXECUTING))
            executing[call] = tool
        elif event.type == TOOL_COMPLETED:
            if call not in executing:
                problems.append(_not_executing(call, run))
            elif executing[call] != tool:
                text = f"{executing[call]} was executing, {tool} completed"
                problems.append(Wrong("call_mixed_up", TOOL_COMPLETED, text))
            if call in completed:
                problems.append(_twice_for_one_call(TOOL_COMPLETED))
            completed.append(call)
    open_calls = [call for call in executing if call not in completed]
    if open_calls and succeeded(run):
        text = f"{several(len(open_calls), 'tool call')} never completed"
        problems.append(Wrong("event_missing", TOOL_COMPLETED, text))
    if uses_tool and not executing:
        problems.append(Wrong("event_missing", TOOL_EXECUTING, "no tool was used"))
    return problems


def _not_executing(call: object, run: Sequence[Event]) -> Wrong:
    if any(e.type == TOOL_EXECUTING and e.data.get("call_id") == call for e in run):
        text = f"{TOOL_COMPLETED} came for a call that was not executing yet"
        return Wrong("event_misplaced", TOOL_EXECUTING, text)
    text = f"{TOOL_COMPLETED} came for a call that was not executing"
    types = [event.type for event in run]
    if types.count(TOOL_EXECUTING) < types.count(TOOL_COMPLETED):
        return Wrong("event_missing", TOOL_EXECUTING, text)
    return Wrong("call_unknown", TOOL_COMPLETED, text)


def _twice_for_one_call(event: str) -> Wrong:
    return Wrong("event_doubled", event, f"{event} came twice for one call")


def _identity_problems(run: Sequence[Event], accepted: Accepted | None) -> list[Wrong]:
    threads = {e.thread_id for e in run if e.thread_id is not None}
    if accepted is not None and accepted.thread_id is not None:
        threads.add(accepted.thread_id)
    if len(threads) <= 1:
        return []
    return [Wrong("threads_mixed_up", "", "events of one run name different threads")]


def succeeded(run: Sequence[Event]) -> bool:
    """True when the run has ended with an answer: not failed, not cancelled, not paused."""
    ends = [e for e in run if e.type in TERMINAL_EVENTS]
    unanswered = ("cancelled", "paused")
    return bool(ends) and ends[0].type != FAILED and ends[0].data.get("status") not in unanswered


def _never_completed(history: History, user: str, accepted: Accepted, *words: str) -> Finding:
    if is_unpromised(history, user, accepted.run_id):
        return not_promised()
    return failed("the run was never completed", expected=words)


def _never_accepted(history: History, user: str, request_id: str) -> Finding:
    asked = [s for s in history.asked(user) if s.fact.request_id == request_id]
    if not asked:
        return unknown("the question was never sent")
    if request_id in cut_off(history, user):
        return unknown("the network cut off the message that accepts the question", "not_offered")
    return failed(
        "the question was never accepted",
        expected=("an acceptance, then the run",),
        seen=("no answer to the question",),
        records=_numbers(asked),
    )


def _lines(run: Sequence[Seen[Event]]) -> tuple[str, ...]:
    return tuple(
        s.fact.type if s.fact.position is None else f"{s.fact.type} (event {s.fact.position})"
        for s in run
    )


def _numbers(seen: Sequence[Seen[F]]) -> tuple[int, ...]:
    return tuple(s.frame.seq for s in seen)


def _list(problems: Sequence[str]) -> str:
    unique = list(dict.fromkeys(problems))
    more = f" (and {len(unique) - 3} more)" if len(unique) > 3 else ""
    return "; ".join(unique[:3]) + more
