"""What becomes of requests that are repeated, broken, very large, or written while offline."""

from __future__ import annotations

from collections.abc import Collection

from support.checks.counts import several
from support.checks.finding import Finding, check, failed, passed, unknown
from support.checks.runs import run_problems
from support.checks.turns import own_turns
from support.journal import History, Seen, records
from support.journal.facts import Accepted, Asked, MalformedSent, Rejected


@check("the repeated request of {user} ran once")
def ran_once(
    history: History, user: str, twice: Collection[str] = (), reworded: Collection[str] = ()
) -> Finding:
    """Whatever was sent more than once was accepted as often, with one run id, and ran once.

    The requests in `twice` were meant to be sent again before they were accepted. Where that was
    too late, it is not assessed. Those in `reworded` were sent again with other words, which an
    error may answer as well.

    Every acceptance but the first is marked as duplicate; all name one conversation. One may be
    missing where the network broke the connection on which it was due. Everything was accepted, and
    no other run was seen but those that the deployment starts by itself.
    """
    sent: dict[str, list[Seen[Asked]]] = {}
    for seen in history.asked(user):
        sent.setdefault(seen.fact.request_id, []).append(seen)
    accepted = [s.fact for s in history.facts(Accepted, user=user)]
    unheard = set(sent) - {a.request_id for a in accepted}
    if unheard:
        return failed(f"never accepted: {several(len(unheard), 'request')}")
    known = {a.run_id for a in accepted} | own_turns(history, user)
    if set(history.runs_seen_by(user)) - known:
        return failed("events of another run arrived")
    repeated = [times for times in sent.values() if len(times) > 1]
    if not repeated:
        return unknown("nothing was sent more than once")
    findings = [
        _ran_once(history, user, times, may_refuse=times[0].fact.request_id in reworded)
        for times in repeated
    ]
    late = any(r in twice and _at_once(history, user, sent[r]) < 2 for r in sent)
    if late and all(f.ok for f in findings):
        return unknown("it was accepted before it could be sent again", "not_offered")
    return next((f for f in findings if not f.ok), findings[0])


def _ran_once(history: History, user: str, sent: list[Seen[Asked]], *, may_refuse: bool) -> Finding:
    request_id = sent[0].fact.request_id
    accepted = history.facts(Accepted, user=user)
    mine = [s for s in accepted if s.fact.request_id == request_id]
    answers = [s.fact for s in mine]
    lost = [_broken_before(history, s, request_id) for s in sent]
    missing = len(sent) - len(answers) - sum(lost)
    if missing and not (missing == 1 and may_refuse and _refused(history, sent[-1])):
        return failed(f"sent {len(sent)} times, accepted {len(answers)} times")
    runs = {a.run_id for a in answers}
    if len(runs) != 1:
        return failed(f"it started {len(runs)} runs", expected=("one run",))
    if len({a.thread_id for a in answers if a.thread_id is not None}) > 1:
        return failed("its acceptances name different conversations")
    marks = [a.duplicate for a in answers]
    if lost[0] and not marks[0]:
        return unknown("what was sent first had never arrived, so nothing was repeated")
    at_once = _at_once(history, user, sent)
    # Those that were sent before any was accepted may be answered in any order.
    if sorted(marks[:at_once]) + marks[at_once:] != [lost[0]] + [True] * (len(marks) - 1):
        return failed("the repetition was not recognised as one", seen=(str(marks),))
    problems = run_problems(
        [s.fact for s in history.events_of_run(user, runs.pop() or "")], answers[0]
    )
    return failed(problems[0]) if problems else passed(f"sent {len(sent)} times, one run")


def _refused(history: History, sent: Seen[Asked]) -> bool:
    """True when an error came for this request, or for none, after it was sent this time."""
    its = (sent.fact.request_id, None)
    return any(e.request_id in its for e in _errors_after(history, sent.frame))


def _at_once(history: History, user: str, sent: list[Seen[Asked]]) -> int:
    """How often a request was sent before any acceptance of it arrived."""
    request_id = sent[0].fact.request_id
    accepted = (s for s in history.facts(Accepted, user=user) if s.fact.request_id == request_id)
    first = next(accepted, None)
    return len(sent) if first is None else sum(s.frame.seq < first.frame.seq for s in sent)


def _broken_before(history: History, sent: Seen[Asked], request_id: str) -> bool:
    """True when the network broke the connection before the request was accepted there."""
    story = history.connections[sent.frame.connection]
    answered = [s for s in story.facts(Accepted) if s.fact.request_id == request_id]
    by = story.closed.by if story.closed is not None else ""
    hit = history.of(records.Fault, lambda f: f.user in ("", sent.frame.user))
    return not answered and (by == "fault" or (by == "network" and bool(hit)))


@check("{user} gets the documented response")
def rejected_as_documented(history: History, user: str) -> Finding:
    """After each broken input: one of the agreed errors, or one of the agreed ways to end.

    Where it may be ignored, the connection has to go on: a round trip on it shows that.
    """
    inputs = history.facts(MalformedSent, user=user, direction="sent")
    if not inputs:
        return unknown("nothing broken was sent")
    for seen in inputs:
        errors = _errors_after(history, seen.frame)
        if errors and errors[0].code in seen.fact.rejected and errors[0].problems:
            return failed(f"the error is wrong: {errors[0].problems[0]}")
        if answered_as_documented(history, seen):
            continue
        closed = history.connections[seen.frame.connection].closed
        wanted = [*seen.fact.rejected, *(f"close {c}" for c in seen.fact.close)]
        text = f"error {errors[0].code}" if errors else "no answer"
        if closed is not None and closed.by != "user":
            text = (
                f"the connection was ended by the {closed.ended_by}, code {closed.code or 'none'}"
            )
        return failed(
            f"to {seen.fact.what}: {text}",
            expected=tuple(wanted),
            seen=(text,),
            records=(seen.frame.seq,),
        )
    return passed(
        f"{several(len(inputs), 'malformed input')}, each answered or ignored as documented"
    )


def answered_as_documented(history: History, seen: Seen[MalformedSent]) -> bool:
    """True for an agreed error, an agreed end, or none of them where it may be ignored."""
    errors = _errors_after(history, seen.frame)
    if errors and errors[0].code in seen.fact.rejected:
        return True
    closed = history.connections[seen.frame.connection].closed
    if closed is not None and closed.by == "target" and closed.code in seen.fact.close:
        return True
    if closed is not None and closed.by == "network" and seen.fact.drop:
        return True
    return seen.fact.ignored and not errors and _went_on(history, seen.frame)


def _errors_after(history: History, frame: records.Frame) -> list[Rejected]:
    answers = history.connections[frame.connection].facts(Rejected)
    return [s.fact for s in answers if s.frame.seq > frame.seq]


@check("{user}'s oversize message closes the connection with the documented code")
def oversize_refused(history: History, user: str, limit: int) -> Finding:
    """The connection that carried more than `limit` bytes was closed for it."""
    long = [s for s in history.asked(user) if s.frame.size > limit]
    if not long:
        return unknown("no message was over the limit")
    for seen in long:
        closed = history.connections[seen.frame.connection].closed
        accepted = [
            a
            for a in history.facts(Accepted, user=user)
            if a.fact.request_id == seen.fact.request_id
        ]
        text = (
            f"closed by the {closed.ended_by}, code {closed.code or 'none'}"
            if closed
            else "still open"
        )
        if accepted:
            return failed("it was accepted", expected=("a close",), seen=("accepted",))
        if closed is None or "oversize" not in closed.causes:
            wanted = "a close that means a message too long"
            return failed(text, expected=(wanted,), seen=(text,))
    return passed("closed as documented")


@check("everything {user} wrote while offline was sent afterwards, in order")
def outbox_delivered(history: History, user: str, at_least: int) -> Finding:
    """Every queued request was sent, in the order written, and accepted in that order."""
    queued = [q for q in history.of(records.Queued) if q.user == user]
    kept: list[str] = []
    refused = 0
    for entry in queued:
        if entry.refused > refused:
            refused = entry.refused
        else:
            kept.append(entry.request_id)
    if not kept or len(kept) < at_least:
        return unknown(f"only {len(kept)} messages waited")
    asked = [s.fact.request_id for s in history.asked(user)]
    sent = [r for r in asked if r in kept]
    answers = [s.fact.request_id for s in history.facts(Accepted, user=user)]
    accepted = [r for r in answers if r is not None and r in kept]
    for words, seen in (("went out", sent), ("were taken", accepted)):
        if seen != kept:
            return failed(
                f"{len(kept)} waited, {len(seen)} {words}"
                + ("" if sorted(seen) != sorted(kept) else ", in another order"),
                expected=(f"{len(kept)} messages, in order",),
                seen=(f"{len(seen)} {words}",),
            )
    return passed(f"{len(kept)} messages, in order")


@check("{user} got an error for every message that did not fit the queue")
def overflow_reported(history: History, user: str, count: int) -> Finding:
    """The outbox refused exactly `count`, each with a record, and none of them went out."""
    queued = [q for q in history.of(records.Queued) if q.user == user]
    if not queued:
        return unknown("nothing was written while offline")
    reported = queued[-1].refused
    if reported != count:
        return failed(f"{reported} were reported", expected=(f"{count}",), seen=(f"{reported}",))
    refused = {
        q.request_id
        for before, q in zip([None, *queued[:-1]], queued, strict=True)
        if q.refused > (before.refused if before else 0)
    }
    sent = {s.fact.request_id for s in history.facts(Asked, user=user, direction="sent")}
    if refused & sent:
        return failed("a message was reported as refused and went out all the same")
    return passed(f"{count} refused, each with an error")


def _went_on(history: History, frame: records.Frame) -> bool:
    """True when all that was sent before a later round trip on the connection has arrived."""
    fences = history.of(records.Fence, lambda f: f.connection == frame.connection and f.held)
    return any(fence.seq > frame.seq for fence in fences)
