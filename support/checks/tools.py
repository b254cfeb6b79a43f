"""What tools gave, how a run fails, and whether runs at once keep apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from support.checks.answers import response, result_text
from support.checks.counts import several
from support.checks.finding import Finding, check, failed, passed, unknown
from support.checks.internals import internals_in
from support.checks.runs import run_problems
from support.journal import History, Seen
from support.journal.facts import (
    COMPLETED,
    FAILED,
    TERMINAL_EVENTS,
    TOOL_COMPLETED,
    Cancelling,
    Event,
    Rejected,
)


@check("every result belongs to its call, and the answer to {user} uses them")
def results_belong(
    history: History, user: str, request_id: str, expected: Mapping[str, str]
) -> Finding:
    """Each tool named in `expected` completed, well, with those words in its own result.

    The response has to contain them, too.
    """
    run = _run(history, user, request_id)
    done = {str(s.fact.data.get("tool")): s.fact for s in run if s.fact.type == TOOL_COMPLETED}
    if not run or len(expected) < 1:
        return unknown("no event of the run arrived, or no result is known in advance")
    if len(done) < 2:
        return failed(
            f"used: {several(len(done), 'tool')}",
            expected=("at least two tools",),
            seen=tuple(done) or ("none",),
        )
    for tool, words in expected.items():
        if tool not in done:
            return failed(f"{tool} was not used", seen=tuple(done))
        if words not in (result := result_text(done[tool].data)):
            said = f"the result of {tool} is not its own"
            return failed(said, expected=(words,), seen=(result[:200],))
        if words not in response([seen.fact for seen in run]):
            return failed(f"the answer does not use the result of {tool}")
    results = [result_text(event.data) for event in done.values()]
    if len(set(results)) < len(results):
        return failed("two tools have one and the same result", seen=tuple(results))
    unwell = [tool for tool, event in done.items() if event.data.get("ok") is False]
    if unwell:
        return failed(f"{unwell[0]} is reported as not well")
    return passed(f"{len(done)} tools, each with its own result")


@check("{user} receives an error without internal details")
def failed_without_internals(history: History, user: str, request_id: str, code: str) -> Finding:
    """The run ends in one `agent_failed` with that code; no trace, path or secret is in that."""
    run = _run(history, user, request_id)
    if not run:
        return failed("no event of the run arrived")
    wrong = run_problems([s.fact for s in run], history.accepted(user, request_id))
    if wrong:
        return failed(wrong[0], seen=tuple(s.fact.type for s in run))
    end = run[-1]
    if end.fact.type != FAILED:
        return failed(
            f"the run ended in {end.fact.type}", expected=(FAILED,), seen=(end.fact.type,)
        )
    if code and code not in str(end.fact.data.get("code")):
        told = str(end.fact.data.get("code"))
        return failed("the reason is another", expected=(code,), seen=(told,))
    for seen in run:
        found = internals_in(seen)
        if found:
            return failed(
                f"{seen.fact.type} shows something internal",
                seen=(found[:80],),
                records=(seen.frame.seq,),
            )
    return passed(f"{FAILED}, {end.fact.data.get('code')}")


@check(
    "the cancelled run of {user} ended as cancelled within {limit_s:g} s, cancelling it again had"
    " no effect but the documented error, the others succeeded"
)
def only_that_run_cancelled(
    history: History,
    user: str,
    cancelled: str,
    others: Sequence[str],
    limit_s: float,
    absent: Sequence[str] = (),
) -> Finding:
    """Each run is well formed; one ended as cancelled, all others succeeded.

    From the cancellation sent to the end of its run it took at most `limit_s`. A cancellation of
    a run that has ended is answered with one of the errors in `absent`, where there are any.
    """
    if not others:
        return unknown("there was no other run that could have been hit")
    for request_id in (cancelled, *others):
        run = _run(history, user, request_id)
        problems = run_problems([s.fact for s in run], history.accepted(user, request_id))
        if problems:
            return failed(f"{problems[0]}", seen=tuple(s.fact.type for s in run))
        end = next(s.fact for s in run if s.fact.type in TERMINAL_EVENTS)
        status = str(end.data.get("status") if end.type == COMPLETED else end.type)
        wanted = "cancelled" if request_id == cancelled else "succeeded"
        if status != wanted:
            which = "the cancelled run" if request_id == cancelled else "another run"
            return failed(f"{which} ended as {status}", expected=(wanted,), seen=(status,))
    last = _run(history, user, cancelled)[-1]
    wishes = history.facts(Cancelling, direction="sent", user=user)
    sent = [s.frame for s in wishes if s.fact.run_id == last.fact.run_id]
    if not sent:
        return unknown("no cancellation was sent")
    took_s = last.frame.t - sent[0].t
    if took_s > limit_s:
        text = f"the cancelled run ended after {took_s:.1f} s"
        return failed(text, expected=(f"{limit_s:g} s",), records=(sent[0].seq,))
    ends = [s for s in history.facts(Event, user=user) if s.fact.type in TERMINAL_EVENTS]
    known = min(s.frame.seq for s in ends if s.fact.run_id == last.fact.run_id)  # on any device
    again = [frame for frame in sent if frame.seq > known]
    if absent and not again:
        return unknown("the run was not cancelled again after its end")
    for number, late in enumerate(again if absent else ()):
        answers = [s for s in history.facts(Rejected, user=user) if s.frame.seq > late.seq]
        wrong = [s.fact.code for s in answers if s.fact.code not in absent]
        if len(answers) - len(wrong) < len(again) - number:  # one for each that is left
            told = f"answered with {wrong[0]}" if wrong else "not rejected"
            text = f"the cancellation of a run that had ended was {told}"
            return failed(text, expected=tuple(absent), records=(late.seq,))
    return passed(f"1 cancelled after {took_s:.2f} s, {len(others)} succeeded")


def _run(history: History, user: str, request_id: str) -> Sequence[Seen[Event]]:
    accepted = history.accepted(user, request_id)
    if accepted is None or accepted.run_id is None:
        return ()
    return history.events_of_run(user, accepted.run_id)
