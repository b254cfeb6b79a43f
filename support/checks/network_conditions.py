"""On a bad network: is everything there in the end, and have the faults fired at all?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from support.checks.answers import Promises
from support.checks.counts import several
from support.checks.finding import Finding, check, failed, passed, unknown
from support.checks.runs import run_problems
from support.checks.stream import holes
from support.checks.turns import own_turns
from support.journal import History, records
from support.journal.facts import Accepted


@check("each question of {user} ran exactly once, to the end")
def complete_in_the_end(history: History, user: str, questions: int) -> Finding:
    """`questions` were asked, each ran once, whole and correctly answered, and no event is missing.

    Of all that arrived on any connection of the user, whatever faults did to some of it.
    """
    if not questions:
        return unknown("nothing was asked")
    problem = _problem(history, user, questions)
    if problem:
        faults = Counter(fault.name for fault in history.of(records.Fault))
        seen = tuple(f"{count} × {name}" for name, count in sorted(faults.items()))
        return failed(problem, seen=seen)
    return passed(f"{several(questions, 'question')}, nothing missing")


@check("{user}'s app gives up its stalled handshake within {limit_s:g} s")
def stalled_handshake_over(history: History, user: str, limit_s: float) -> Finding:
    """The user's first attempt to connect ended without a greeting, at most `limit_s` later.

    It may also have been the service that ended it. Unknown if it was never stalled.
    """
    stalled = history.of(records.Fault, lambda f: f.name == "stalled_handshake")
    attempts = history.connections_of(user)
    if not stalled or not attempts:
        return unknown("no handshake was stalled")
    first = attempts[0]
    if first.ready is not None:
        return unknown("the handshake that stalled was another user's")
    if first.refused is None:
        return failed("the app is still waiting", records=(first.connecting.seq,))
    waited_s = first.refused.t - first.connecting.t
    numbers = (first.connecting.seq, first.refused.seq)
    if waited_s > limit_s:
        return failed(f"it took {waited_s:.1f} s", records=numbers)
    return passed(f"after {waited_s:.1f} s", records=numbers)


@check("the faults of the network (seed {seed}) have fired")
def network_faults_fired(history: History, faults: Mapping[str, int | None], seed: int) -> Finding:
    """Each of `faults` (name → how often, if exactly) did something to what passed."""
    fired = [f for f in history.of(records.Fault) if f.name in faults and not f.user]
    counts = Counter(fault.name for fault in fired)
    if not faults:
        return unknown("the network has no faults")
    for name, times in faults.items():
        if not counts[name]:
            return unknown(f"no {name} happened to anything that passed")
        if times is not None and counts[name] != times:
            return unknown(f"{name} happened {counts[name]} times, not {times}")
    summary = ", ".join(f"{count} × {name}" for name, count in sorted(counts.items()))
    return passed(summary, records=tuple(f.seq for f in fired[:10]))


def _problem(history: History, user: str, questions: int) -> str:
    asked = dict.fromkeys(s.fact.request_id for s in history.asked(user))
    if len(asked) < questions:
        return f"only {len(asked)} of {questions} questions were asked"
    missing = next(holes(history, user), None)
    if missing is not None:
        return f"event {missing} never came"
    promises, runs = Promises(history, user), history.runs_seen_by(user)
    for number, request_id in enumerate(asked, start=1):
        answers = [
            s.fact for s in history.facts(Accepted, user=user) if s.fact.request_id == request_id
        ]
        if not answers:
            return f"question {number} was never accepted"
        if len({a.run_id for a in answers}) > 1:
            return f"question {number} ran {len({a.run_id for a in answers})} times"
        run = [s.fact for s in runs.get(answers[0].run_id or "", ())]
        wrong = run_problems(run, answers[0]) + promises.problems(request_id, run)
        if wrong:
            return f"question {number}: {wrong[0]}"
    given = {s.fact.run_id for s in history.facts(Accepted, user=user)}
    given |= own_turns(history, user)
    return "events came of a run that nobody asked for" if set(runs) - given else ""
