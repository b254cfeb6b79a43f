"""Who may do what: readers read, operators announce, and nobody goes beyond their rights."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from support.checks.access_attempts import access_attempts
from support.checks.counts import several
from support.checks.finding import Finding, check, failed, passed, person, unknown
from support.journal import History, Seen, records
from support.journal.facts import (
    TERMINAL_EVENTS,
    Accepted,
    Announcement,
    Event,
    Ready,
    Rejected,
    Subscribed,
)


@check("{user} may read and nothing else")
def forbidden_by_scope(history: History, user: str, codes: Sequence[str]) -> Finding:
    """Whatever the user tried was answered with one of the `codes`, and nothing was accepted.

    Without codes nobody can tell from an error whether it says that this is forbidden.
    """
    tried = access_attempts(history, user)
    if not tried:
        return unknown("nobody tried anything")
    for attempt in tried:
        fact = attempt.answer.fact if attempt.answer else None
        if not isinstance(fact, Rejected) or (codes and fact.code not in codes):
            text = attempt.text.split(" (fields")[0]
            how = _outcome(fact)
            return failed(
                f"{attempt.aim.whose} was {how}" + (f": {text}" if fact else ""),
                expected=(f"error {' or '.join(codes)}" if codes else "an error",),
                seen=(text,),
                records=(attempt.frame.seq,),
            )
    if history.facts(Accepted, user=user):
        return failed("a request was accepted all the same")
    if not codes:
        text = "the dialect does not say by which error something is forbidden ([codes] forbidden)"
        return unknown(text, "not_offered")
    return passed(f"{len(tried)} attempts, all forbidden")


def _outcome(answer: Rejected | Accepted | Subscribed | None) -> str:
    """What an attempt came to that was not refused as documented."""
    if answer is None:
        return "not refused: no answer came"
    return "refused with another error" if isinstance(answer, Rejected) else "within reach"


@check("{reader} has received everything that {owner} has")
def reader_received_all(history: History, reader: str, owner: str) -> Finding:
    """Every event of what the owner asked since the reader listens reached the reader as well.

    So did the rest of a run that the reader saw begin, however late the answer to the reader's
    subscription came. The reader held a fence after the last of them.
    """
    ready = next((c.ready for c in history.connections_of(reader) if c.ready), None)
    if ready is None:
        return unknown(f"{person(reader)} was never there")
    since = _listening_from(history, reader)
    seen = Counter(_told(s.fact) for s in history.facts(Event, user=reader))
    events: list[Seen[Event]] = []
    for asked in history.asked(owner):
        accepted = history.accepted(owner, asked.fact.request_id)
        run = history.events_of_run(owner, accepted.run_id or "") if accepted else []
        if asked.frame.seq > since or (run and _told(run[0].fact) in seen):
            events += run
    ends = [s for s in events if s.fact.type in TERMINAL_EVENTS]
    if not ends:
        said = "been answered" if events else "asked anything"
        return unknown(f"{person(owner)} has not {said} since {person(reader)} listens")
    fences = [f for f in history.of(records.Fence) if f.user == reader and f.held]
    if not fences or fences[-1].seq < ends[-1].frame.seq:
        return unknown(f"{person(reader)} had no round trip after it")
    missing = Counter(_told(s.fact) for s in events) - seen
    if missing:
        text = f"{missing.total()} of {len(events)} events never came"
        return failed(text, seen=tuple(kind for _, kind, _ in missing))
    return passed(f"{len(events)} events, {several(len(ends), 'answer')}")


@check("only an operator can announce to everyone")
def only_operators_announce(history: History, people: Sequence[str]) -> Finding:
    """Everybody else's announcements were refused as documented, and reached none of these people.

    What an operator said afterwards reached each of them, and a fence was held after it.
    """
    said = history.of(records.Announcing)
    others, operators = [a for a in said if not a.allowed], [a for a in said if a.allowed]
    if not people or not others or not operators:
        return unknown("nobody without the scope tried, or no operator announced anything")
    heard = history.facts(Announcement)
    for attempt in others:
        reached = [s for s in heard if attempt.words in s.fact.message]
        if reached:
            return failed(
                f"{person(reached[0].frame.user)} received the announcement {attempt.means}",
                records=(attempt.seq, reached[0].frame.seq),
            )
        if not attempt.agreed:
            answer = _answer(attempt)
            return failed(
                f"an announcement {attempt.means} was not refused as documented: {answer}",
                seen=(answer,),
                records=(attempt.seq,),
            )
    if not operators[-1].agreed:
        return unknown(f"an operator was not heard either: {_answer(operators[-1])}")
    for user in people:
        mine = [s for s in heard if s.frame.user == user and operators[-1].words in s.fact.message]
        if not mine:
            return failed(f"the operator's announcement never reached {person(user)}")
        fences = [f for f in history.of(records.Fence) if f.user == user and f.held]
        if not fences or fences[-1].seq < mine[0].frame.seq:
            return unknown(f"{person(user)} had no round trip after it")
    return passed(f"{len(others)} attempts refused, received by none of {len(people)}")


def _listening_from(history: History, reader: str) -> float:
    """The record with which the reader's newest subscription was answered, or their greeting."""
    answers = [seen.frame.seq for seen in history.facts(Subscribed, user=reader)]
    greetings = [seen.frame.seq for seen in history.facts(Ready, user=reader)]
    known = answers or greetings
    return known[-1] if known else math.inf


def _told(event: Event) -> tuple[str | None, str, int | None]:
    return event.run_id, event.type, event.position


def _answer(said: records.Announcing) -> str:
    return f"HTTP {said.status}" if said.status is not None else "no answer"
