"""A part of the target is away for a while: is that admitted, told, and over afterwards?"""

from __future__ import annotations

from support.checks.finding import Finding, check, failed, passed, unknown
from support.checks.runs import run_problems
from support.journal import History, records
from support.journal.facts import Rejected


@check("while its {part} is away, the service admits it, and {user} is not left waiting")
def outage_admitted(history: History, question: str, user: str, part: str) -> Finding:
    """Health said so during the outage; each request of that time was turned down, or answered.

    Turned down means a structured error with a code and words; answered means a whole run, be it
    after the outage. What is neither was left in silence.
    """
    stopped = _done(history, part, "stop")
    if stopped is None:
        return unknown(question, f"the {part} was never away")
    started = _done(history, part, "start")
    until = started.seq if started is not None else float("inf")
    answers = history.of(records.Health, lambda h: stopped.seq < h.seq < until)
    if not answers:
        return unknown(question, "health was not asked meanwhile")
    if all(h.http == 200 or h.healthy for h in answers):
        return failed(
            question,
            f"health went on saying that all is well ({len(answers)} times)",
            expected=("not healthy, and said so",),
            seen=(f"HTTP {answers[-1].http}, {answers[-1].status}",),
            records=(answers[-1].seq,),
        )
    asked = [s for s in history.asked(user) if stopped.seq < s.frame.seq < until]
    if not asked:
        return unknown(question, "nothing was asked meanwhile")
    for seen in asked:
        problem = _left_waiting(history, user, seen.fact.request_id)
        if problem:
            return failed(question, problem, records=(seen.frame.seq,))
    return passed(question, f"health said so, {len(asked)} request(s) were not left in silence")


@check("after the outage of its {part} the service is well again")
def outage_over(history: History, question: str, part: str) -> Finding:
    """The last word of health, after all had been given back, is that the service is well."""
    started = _done(history, part, "start")
    if started is None:
        return unknown(question, f"the {part} was never given back")
    answers = history.of(records.Health, lambda h: h.seq > started.seq)
    if not answers:
        return unknown(question, "health was not asked afterwards")
    last = answers[-1]
    took = f"{last.t - started.t:.2f} s after it was back"
    if last.http != 200 or not last.healthy:
        told = f"HTTP {last.http}, {last.status}"
        return failed(question, f"still not well {took}", seen=(told,), records=(last.seq,))
    return passed(question, f"well again {took}", records=(last.seq,))


@check("{user} can not sign in while nobody can, is told so, and can afterwards")
def signs_in_again(history: History, question: str, user: str) -> Finding:
    """One refused try during the outage of the auth service, and a successful one after it."""
    stopped, started = _done(history, "auth", "stop"), _done(history, "auth", "start")
    if stopped is None or started is None:
        return unknown(question, "the auth service was never away, or never given back")
    tries = history.of(records.SignedIn, lambda r: r.user == user)
    before = [r for r in tries if stopped.seq < r.seq < started.seq]
    after = [r for r in tries if r.seq > started.seq]
    if not before or not after:
        return unknown(question, "there was no try during the outage, or none after it")
    if before[-1].ok:
        return unknown(question, "signing in worked all the time: the service was not away")
    if not after[-1].ok:
        told = f"still not possible: {after[-1].detail}"
        return failed(question, told, seen=(after[-1].detail,), records=(after[-1].seq,))
    return passed(question, f"told “{before[0].detail}”, and signed in afterwards")


def _left_waiting(history: History, user: str, request_id: str) -> str:
    errors = [s.fact for s in history.facts(Rejected, user=user) if s.fact.request_id == request_id]
    if errors:
        return f"the error is wrong: {errors[0].problems[0]}" if errors[0].problems else ""
    accepted = history.accepted(user, request_id)
    if accepted is None or accepted.run_id is None:
        return "a request was neither turned down nor taken"
    run = [s.fact for s in history.events_of_run(user, accepted.run_id)]
    problems = run_problems(run, accepted)
    return f"a request was taken, and then {problems[0]}" if problems else ""


def _done(history: History, part: str, action: str) -> records.Control | None:
    found = history.of(records.Control, lambda c: c.part == part and c.action == action and c.done)
    return found[-1] if found else None
