"""A part of the deployment is away for a while: is that admitted, reported, and over afterwards?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

from support.checks.counts import several
from support.checks.finding import Finding, check, failed, passed, unknown
from support.checks.runs import run_problems
from support.journal import History, records
from support.journal.facts import TERMINAL_EVENTS, Rejected


@check("within {limit_s:g} s of losing its {part}, the health endpoint reports unhealthy")
def outage_reported(history: History, part: str, limit_s: float) -> Finding:
    """An answer of health, in that time and during the outage, was that the service is not well.

    No answer at all admits nothing: a health endpoint that hangs tells neither people nor load
    balancers.
    """
    stopped = _done(history, part, "stop")
    if stopped is None:
        return unknown(f"the {part} was never away")
    answers = _during(history, part, stopped, history.of(records.Health))
    if not answers:
        return unknown("health was not checked meanwhile")
    admitted = [h for h in answers if h.http not in (None, 200) and not h.healthy]
    last = answers[-1]
    text = f"HTTP {last.http}, {last.status}" if last.http is not None else f"none: {last.detail}"
    if not admitted:
        silent = all(h.http is None for h in answers)
        told_all = "health gave no answer" if silent else "health went on saying that all is well"
        return failed(
            f"{told_all} ({len(answers)} times)",
            expected=("not healthy, and reported as such",),
            seen=(text,),
            records=(last.seq,),
        )
    took_s = admitted[0].t - stopped.t
    if took_s > limit_s:
        return failed(
            f"health reported it only after {took_s:.1f} s",
            expected=(f"at most {limit_s:g} s",),
            records=(admitted[0].seq,),
        )
    return passed(f"HTTP {admitted[0].http} after {took_s:.2f} s")


@check("while the {part} is down, {user} gets an answer or an error within {limit_s:g} s")
def answered_in_outage(history: History, user: str, part: str, limit_s: float) -> Finding:
    """Each request of that time was rejected or answered, in that time and during the outage.

    Rejected means a structured error with a code and words; answered means a whole run. A request
    that was accepted, and then nothing, was left waiting.
    """
    stopped = _done(history, part, "stop")
    if stopped is None:
        return unknown(f"the {part} was never away")
    asked = [s for s in history.asked(user) if _during(history, part, stopped, [s.frame])]
    if not asked:
        return unknown("nothing was asked meanwhile")
    slowest_s = 0.0
    for seen in asked:
        answer, problem = _answer(history, user, seen.fact.request_id)
        if answer is None:
            return failed(problem, records=(seen.frame.seq,))
        took_s = answer.t - seen.frame.t
        slowest_s = max(slowest_s, took_s)
        if took_s > limit_s or not _during(history, part, stopped, [answer]):
            back = "" if _during(history, part, stopped, [answer]) else ", once the store was back"
            return failed(
                f"the answer came only after {took_s:.1f} s{back}",
                expected=(f"at most {limit_s:g} s",),
                records=(seen.frame.seq, answer.seq),
            )
        if problem:
            return failed(problem, records=(seen.frame.seq, answer.seq))
    return passed(f"{several(len(asked), 'request')}, the slowest took {slowest_s:.2f} s")


@check("within {limit_s:g} s of its {part} returning, the service is healthy again")
def recovered_from_outage(history: History, part: str, limit_s: float) -> Finding:
    """The last word of health, asked until then at most, is that the service is well."""
    started = _done(history, part, "start")
    if started is None:
        return unknown(f"the {part} was never given back")
    answers = history.of(records.Health, lambda h: h.seq > started.seq)
    if not answers:
        return unknown("health was not checked afterwards")
    last = answers[-1]
    took_s = last.t - last.took_ms / 1000 - started.t
    took = f"{took_s:.2f} s after it was back"
    if last.http != 200 or not last.healthy:
        text = f"HTTP {last.http}, {last.status}"
        return failed(f"still not well {took}", seen=(text,), records=(last.seq,))
    if took_s > limit_s:
        return failed(f"only well {took}", expected=(f"at most {limit_s:g} s",))
    return passed(f"well again {took}", records=(last.seq,))


@check("{user} gets a sign-in error within {limit_s:g} s, and can sign in afterwards")
def sign_in_recovers(history: History, user: str, limit_s: float) -> Finding:
    """A try during the outage of the auth service failed in that time; one after it succeeded.

    It failed as an outage: no connection, or a server's error (HTTP 5xx). A 4xx would tell the user
    that the password is wrong.
    """
    stopped, started = _done(history, "auth", "stop"), _done(history, "auth", "start")
    if stopped is None or started is None:
        return unknown("the auth service was never away, or never given back")
    tries = history.of(records.SignedIn, lambda r: r.user == user)
    before = _during(history, "auth", stopped, tries)
    after = [r for r in tries if r.seq > started.seq]
    if not before or not after:
        return unknown("there was no try during the outage, or none after it")
    for tried in before:
        if tried.ok:
            return unknown("signing in worked all the time: the service was not away")
        if tried.status is not None and tried.status < 500:
            return failed(
                f"during the outage the answer blamed the user: {tried.detail}",
                expected=("no connection, or HTTP 5xx",),
                seen=(f"HTTP {tried.status}",),
                records=(tried.seq,),
            )
        if tried.took_ms > limit_s * 1000:
            return failed(
                f"the user was left waiting for {tried.took_ms / 1000:.1f} s",
                expected=(f"at most {limit_s:g} s",),
                records=(tried.seq,),
            )
    if not after[-1].ok:
        text = f"still not possible: {after[-1].detail}"
        return failed(text, seen=(after[-1].detail,), records=(after[-1].seq,))
    took = f"after {before[0].took_ms / 1000:.2f} s"
    return passed(f"received “{before[0].detail}” {took}, and signed in afterwards")


@check("{user} is admitted while the {part} service is down")
def let_in_meanwhile(history: History, user: str, part: str) -> Finding:
    """The newest connection that was tried during the outage was greeted before its end."""
    stopped = _done(history, part, "stop")
    if stopped is None:
        return unknown(f"the {part} service was never away")
    own = history.connections_of(user)
    tried = [c for c in own if _during(history, part, stopped, [c.connecting])]
    if not tried:
        return unknown("the user did not try meanwhile")
    story = tried[-1]
    if story.ready is None or not _during(history, part, stopped, [story.ready.frame]):
        why = story.refused.detail if story.refused is not None else "no greeting"
        return failed(f"the user was not admitted: {why}", records=(story.connecting.seq,))
    return passed("admitted", records=(story.ready.frame.seq,))


def _answer(history: History, user: str, request_id: str) -> tuple[records.Frame | None, str]:
    """The frame that ended the wait for a request, None for none; and what is wrong with it."""
    errors = [s for s in history.facts(Rejected, user=user) if s.fact.request_id == request_id]
    if errors:
        wrong = errors[0].fact.problems
        return errors[0].frame, f"the error is wrong: {wrong[0]}" if wrong else ""
    accepted = history.accepted(user, request_id)
    if accepted is None or accepted.run_id is None:
        return None, "a request was neither rejected nor accepted"
    run = history.events_of_run(user, accepted.run_id)
    problems = run_problems([s.fact for s in run], accepted)
    end = next((s.frame for s in run if s.fact.type in TERMINAL_EVENTS), None)
    return end, f"a request was accepted, and then {problems[0]}" if problems else ""


R = TypeVar("R", bound=records.Record)


def _during(history: History, part: str, stopped: records.Control, found: Sequence[R]) -> list[R]:
    """Those of `found` that happened while the part was away."""
    begun = [
        c.seq
        for c in history.of(records.Control)
        if c.part == part and c.action == "start" and c.seq > stopped.seq
    ]
    until = min(begun, default=math.inf)
    return [r for r in found if stopped.seq < r.seq < until]


def _done(history: History, part: str, action: str) -> records.Control | None:
    found = history.of(records.Control, lambda c: c.part == part and c.action == action and c.done)
    return found[-1] if found else None
