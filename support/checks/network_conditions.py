"""On a bad network: has everybody the whole story in the end, and was the network bad at all?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from support.checks.answers import Promises
from support.checks.finding import Finding, check, failed, passed, person, unknown
from support.checks.runs import run_problems
from support.checks.stream import holes
from support.journal import History, records
from support.journal.facts import Accepted


@check("even on a bad network (seed {seed}) everybody has the whole story in the end")
def complete_despite_faults(
    history: History,
    users: Sequence[str],
    questions: int,
    seed: int,
    harms: Sequence[str] = ("reset", "drop", "delay"),
) -> Finding:
    """Each question ran once, whole and rightly answered, and no event is missing in all that came.

    Each of `harms` must have happened, or nothing is proven.
    """
    happened = Counter(f.name for f in history.of(records.Fault))
    kind = [name for name in harms if not happened[name]]
    if not users or kind:
        return unknown(f"the network was too kind: no {', '.join(kind) or 'users'}")
    for user in users:
        problem = _problem(history, user, questions)
        if problem:
            name = person(user)
            told = tuple(f"{count} × {name}" for name, count in sorted(happened.items()))
            return failed(f"{name}: {problem}", seen=told)
    cuts, lost = happened["reset"], happened["drop"]
    return passed(f"{len(users)} people, {cuts} cuts, {lost} lost messages")


@check("in the end {user}'s questions ran once each, and every run has reached the user completely")
def complete_in_the_end(history: History, user: str) -> Finding:
    """As `complete_despite_faults`, of one user and whatever the user asked."""
    asked = {s.fact.request_id for s in history.asked(user)}
    if not asked:
        return unknown("nothing was asked")
    problem = _problem(history, user, len(asked))
    if problem:
        return failed(problem)
    return passed(f"{len(asked)} question(s), nothing missing")


@check("{user}'s app has given up its stalled handshake within {limit_s:g} s")
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


@check("the network was like that: it {weather}")
def network_fault_fired(
    history: History, weather: str, fault: str, times: int | None = None
) -> Finding:
    """That very fault happened to what passed: exactly `times`, if that is given."""
    fired = history.of(records.Fault, lambda f: f.name == fault and not f.user)
    if not fired:
        return unknown(f"no {fault} happened to anything that passed")
    if times is not None and len(fired) != times:
        return unknown(f"{fault} happened {len(fired)} times, not {times}")
    return passed(fired[0].detail or fired[0].name, records=(fired[0].seq,))


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
    return "events came of a run that nobody asked for" if set(runs) - given else ""
