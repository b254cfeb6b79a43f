"""Access to what belongs to other users: what was answered, and in whose name was it done?"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from statistics import median

import msgspec

from support.checks.finding import Finding, check, failed, passed, person, unknown
from support.checks.runs import run_problems
from support.journal import History, Seen, records
from support.journal.facts import (
    TERMINAL_EVENTS,
    Accepted,
    AccessAttempted,
    Asked,
    Cancelling,
    Event,
    IdentityClaimed,
    Ready,
    Rejected,
    Subscribed,
)

#: A refusal tells by its time that something exists when it differs by both: machines are busy.
TELLING_MS = 50.0
TELLING_TIMES = 3.0
LEAST_TRIES = 3
_VARIES = re.compile(r"[0-9a-f-]{8,}|[0-9]+", re.IGNORECASE)


class Try(msgspec.Struct, frozen=True):
    """One reach for something, and what was answered before the next (None: nothing)."""

    aim: AccessAttempted
    frame: records.Frame
    answer: Seen[Rejected] | Seen[Accepted] | Seen[Subscribed] | None

    @property
    def took_ms(self) -> float | None:
        """From the question to its answer."""
        return None if self.answer is None else (self.answer.frame.t - self.frame.t) * 1000

    @property
    def told(self) -> str:
        """The answer in words, without the id that was asked for and without what always varies."""
        if self.answer is None:
            return "no answer"
        fact = self.answer.fact
        if isinstance(fact, Rejected):
            words = (fact.message or "").replace(self.aim.given or "\0", "…")
            fields = ", ".join(fact.keys)
            return f"error {fact.code}: {_VARIES.sub('#', words)} (fields {fields})"
        if isinstance(fact, Accepted) and self.aim.what != "conversation":
            return "accepted"
        if isinstance(fact, Accepted):
            where = "that" if fact.thread_id == self.aim.given else "another"
            return f"accepted, in {where} conversation"
        return f"recovered {fact.recovered}, {fact.count} events, {fact.reason or 'no reason'}"


def tries(history: History, user: str) -> list[Try]:
    """Everything that `user` reached for, in order."""
    sent = history.facts(AccessAttempted, user=user, direction="sent")
    answers: list[Seen[Rejected] | Seen[Accepted] | Seen[Subscribed]] = [
        *history.facts(Rejected, user=user),
        *history.facts(Accepted, user=user),
        *history.facts(Subscribed, user=user),
    ]
    answers.sort(key=lambda seen: seen.frame.seq)
    found = []
    for number, seen in enumerate(sent):
        until = sent[number + 1].frame.seq if number + 1 < len(sent) else math.inf
        mine = (
            a
            for a in answers
            if seen.frame.seq < a.frame.seq < until and a.frame.connection == seen.frame.connection
        )
        found.append(Try(seen.fact, seen.frame, next(mine, None)))
    return found


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
    made = [t for t in tries(history, user) if t.aim.what == what]
    real = [t for t in made if t.aim.whose]
    for attempt in made if codes and what == "run" else ():
        fact = attempt.answer.fact if attempt.answer else None
        if not isinstance(fact, Rejected) or fact.code not in codes:
            return failed(
                f"{_aim(attempt)} was not refused: {attempt.told}",
                expected=(f"error {' or '.join(codes)}",),
                seen=(attempt.told,),
                records=(attempt.frame.seq,),
            )
    secret = [t for t in real if t.aim.what != "stream" or t.aim.given not in own]
    for attempt in secret:
        like = [t for t in made if t.aim.what == attempt.aim.what and not t.aim.whose]
        if not like:
            return unknown(f"nothing made up was tried beside {_aim(attempt)}")
        if attempt.told not in {t.told for t in like}:
            return failed(
                f"{_aim(attempt)} is told from one that does not exist: {attempt.told}",
                expected=(like[0].told,),
                seen=(attempt.told,),
                records=(attempt.frame.seq, like[0].frame.seq),
            )
    if not real:
        return unknown("nobody reached for anything")
    if _all_over(history, real):
        return unknown("every run had ended before anybody reached for it")
    slow = _told_by_time(secret, made)
    if slow:
        return failed(slow)
    return passed(f"{len(real)} tries, answered like {len(made) - len(real)} made up")


@check("whatever {user} claims, they act in their own name, never in {victim}'s")
def acted_as_self_only(history: History, user: str, victim: str) -> Finding:
    """Questions were answered to the one who asked, or rejected; no cancel was obeyed.

    No event of a run that the victim has not asked for reached the victim.
    """
    claimed = history.facts(IdentityClaimed, user=user, direction="sent")
    if not claimed or not history.facts(Event, user=victim):
        return unknown("nobody claimed anything, or the victim was not there")
    given = {s.fact.run_id for s in history.facts(Accepted, user=victim)}
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
        return unknown("nobody went on with anything")
    for seen in asked:
        accepted = history.accepted(user, seen.fact.request_id)
        if accepted is None or accepted.thread_id != seen.fact.thread_id:
            told = "not accepted" if accepted is None else "accepted in another conversation"
            return failed(told, expected=("accepted there",), records=(seen.frame.seq,))
    return passed(f"{len(asked)} question(s)")


def _all_over(history: History, real: Sequence[Try]) -> bool:
    """True when runs that there are were reached for, and none of them was still under way."""
    ends = {
        s.fact.run_id: s.frame.seq for s in history.facts(Event) if s.fact.type in TERMINAL_EVENTS
    }
    hit = [t for t in real if t.aim.what == "run" and t.aim.given in history.runs]
    return bool(hit) and all(ends.get(t.aim.given, math.inf) < t.frame.seq for t in hit)


def _told_by_time(real: Sequence[Try], made: Sequence[Try]) -> str:
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
            rejected_with_error = {s.fact.request_id for s in history.facts(Rejected, user=user)}
            return "" if said.request_id in rejected_with_error else "a question was not answered"
        run = history.events_of_run(user, accepted.run_id or "")
        problems = run_problems([s.fact for s in run], accepted)
        return f"a question was not answered to {person(user)}: {problems[0]}" if problems else ""
    return ""


def _aim(attempt: Try) -> str:
    return attempt.aim.whose or f"a {attempt.aim.what} that does not exist"
