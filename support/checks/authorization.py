"""Access to what belongs to other users: what was answered, and in whose name was it done?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

from support.checks.access_attempts import AccessAttempt, access_attempts
from support.checks.counts import several
from support.checks.finding import Finding, check, failed, passed, person, unknown
from support.checks.runs import run_problems
from support.checks.turns import own_turns
from support.journal import History, records
from support.journal.facts import (
    TERMINAL_EVENTS,
    Accepted,
    Asked,
    Cancelling,
    Event,
    IdentityClaimed,
    Ready,
    Rejected,
)

#: A refusal tells by its time that something exists when it differs by both: machines are busy.
TELLING_MS = 50.0
TELLING_TIMES = 3.0
LEAST_TRIES = 3


@check("to {user}, another user's {what} looks like a {what} that does not exist")
def existence_not_revealed(
    history: History, user: str, what: str, codes: Sequence[str] = ()
) -> Finding:
    """Every answer about something real was also given about something made up, and as quickly.

    `what` is a run, conversation or stream. A try at a run must be refused, with one of `codes`
    where there are any. An epoch that is the user's own, too, is no secret: what is replayed to it
    is for the leak detector to judge.
    """
    own = {s.fact.epoch for s in history.facts(Ready, user=user)}
    made = [t for t in access_attempts(history, user) if t.aim.what == what]
    real = [t for t in made if t.aim.whose]
    for attempt in made if codes and what == "run" else ():
        fact = attempt.answer.fact if attempt.answer else None
        if not isinstance(fact, Rejected) or fact.code not in codes:
            return failed(
                f"{_aim(attempt)} was not refused: {attempt.text}",
                expected=(f"error {' or '.join(codes)}",),
                seen=(attempt.text,),
                records=(attempt.frame.seq,),
            )
    secret = [t for t in real if t.aim.what != "stream" or t.aim.given not in own]
    for attempt in secret:
        like = [t for t in made if t.aim.what == attempt.aim.what and not t.aim.whose]
        if not like:
            return unknown(f"nothing made up was tried beside {_aim(attempt)}")
        if not attempt.is_answered_like(like):
            return failed(
                f"{_aim(attempt)} is distinguishable from one that does not exist: {attempt.text}",
                expected=(like[0].text,),
                seen=(attempt.text,),
                records=(attempt.frame.seq, like[0].frame.seq),
            )
    if not real:
        return unknown("no access was attempted")
    if _all_over(history, real):
        return unknown("every run had ended before anybody tried to access it")
    slow = _told_by_time(secret, made)
    if slow:
        return failed(slow)
    return passed(f"{len(real)} attempts, answered like {len(made) - len(real)} with made-up ids")


@check("whatever {user} claims, they act in their own name, never in {victim}'s")
def acted_as_self_only(history: History, user: str, victim: str) -> Finding:
    """Questions were answered to the one who asked, or rejected; no cancel was obeyed.

    No event of a run that the victim has not asked for reached the victim, but of those that the
    deployment starts by itself.
    """
    claimed = history.facts(IdentityClaimed, user=user, direction="sent")
    if not claimed or not history.facts(Event, user=victim):
        return unknown("nobody claimed anything, or the victim was not there")
    given = {s.fact.run_id for s in history.facts(Accepted, user=victim)}
    given |= own_turns(history, victim)
    for event in history.facts(Event, user=victim):
        if event.fact.run_id not in given:
            return failed(
                f"{person(victim)} received {event.fact.type} of a run of {person(user)}'s",
                records=(event.frame.seq,),
            )
    for seen in claimed:
        wrong = _not_their_own(history, user, seen.frame)
        if wrong:
            what = f"claimed in “{seen.fact.where}”"
            return failed(f"{what}, {wrong}", records=(seen.frame.seq,))
    return passed(f"{len(claimed)} claims, none of them believed")


@check("{user} continues in their own conversation")
def same_conversation(history: History, user: str) -> Finding:
    """A question for a conversation was accepted in that very one."""
    asked = [s for s in history.asked(user) if s.fact.thread_id is not None]
    if not asked:
        return unknown("nobody resumed anything")
    for seen in asked:
        accepted = history.accepted(user, seen.fact.request_id)
        if accepted is None or accepted.thread_id != seen.fact.thread_id:
            text = "not accepted" if accepted is None else "accepted in another conversation"
            return failed(text, expected=("accepted there",), records=(seen.frame.seq,))
    return passed(several(len(asked), "question"))


def _all_over(history: History, real: Sequence[AccessAttempt]) -> bool:
    """True when existing runs were tried, and none of them was still under way."""
    ends = {
        s.fact.run_id: s.frame.seq for s in history.facts(Event) if s.fact.type in TERMINAL_EVENTS
    }
    hit = [t for t in real if t.aim.what == "run" and t.aim.given in history.runs]
    return bool(hit) and all(ends.get(t.aim.given, math.inf) < t.frame.seq for t in hit)


def _told_by_time(real: Sequence[AccessAttempt], made: Sequence[AccessAttempt]) -> str:
    for whose in dict.fromkeys(t.aim.whose for t in real):
        these = [t for t in real if t.aim.whose == whose]
        others = [t for t in made if t.aim.what == these[0].aim.what and not t.aim.whose]
        times = [t.took_ms for t in these if t.took_ms is not None]
        usual = [t.took_ms for t in others if t.took_ms is not None]
        if min(len(times), len(usual)) < LEAST_TRIES:
            continue
        less, more = sorted((median(times), median(usual)))
        if more - less > TELLING_MS and more > TELLING_TIMES * less:
            return (
                f"{whose} is revealed by timing: answered in {median(times):.0f} ms,"
                f" what does not exist in {median(usual):.0f} ms"
            )
    return ""


def _not_their_own(history: History, user: str, frame: records.Frame) -> str:
    """What is wrong with the answer to a message that claimed something; empty: nothing."""
    said = frame.facts[0]
    refused = any(
        s.frame.connection == frame.connection and s.frame.seq > frame.seq
        for s in history.facts(Rejected, user=user)
    )
    if isinstance(said, Cancelling) and not refused:
        return "a cancel was not refused"
    if isinstance(said, Asked):
        accepted = history.accepted(user, said.request_id)
        if accepted is None:
            rejected = {s.fact.request_id for s in history.facts(Rejected, user=user)}
            return "" if said.request_id in rejected else "a question was not answered"
        run = history.events_of_run(user, accepted.run_id or "")
        problems = run_problems([s.fact for s in run], accepted)
        return f"a question was not answered to {person(user)}: {problems[0]}" if problems else ""
    return ""


def _aim(attempt: AccessAttempt) -> str:
    return attempt.aim.whose or f"a {attempt.aim.what} that does not exist"
