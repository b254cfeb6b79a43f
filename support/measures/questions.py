"""What was asked, and what came of it: one definition of a question, its first sign and its end.

A question is a request with an id of its own: sent again, it is still the same question. It has
ended when its user has received the last event of its run, live or replayed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from support.journal import History, Seen
from support.journal.facts import (
    DELTA,
    REQUIRED_EVENTS,
    TERMINAL_EVENTS,
    Accepted,
    Event,
    Subscribed,
)

Key = tuple[str, str | None]


@dataclass(frozen=True)
class Question:
    """One request of one user. Times are the journal's, in seconds; None: it never came.

    `first_t` and `answered_t` are the first and the last event of its run that arrived live, not
    replayed: from `asked_t` on they are waits. `token_t` is the first part of the answer, where
    it comes in parts. `types` are all that was seen of its run.
    """

    user: str
    request_id: str
    asked_t: float
    run_id: str | None
    first_t: float | None
    answered_t: float | None
    types: frozenset[str]
    token_t: float | None = None

    @property
    def ended(self) -> bool:
        """True when the last event of its run reached the user."""
        return not self.types.isdisjoint(TERMINAL_EVENTS)


@dataclass(frozen=True)
class EventCount:
    """How many events of a type arrived, on any connection, and in how many runs asked for."""

    seen: int
    runs: int


def questions(history: History) -> list[Question]:
    """Every question that must be answered, in the order in which they were asked first.

    Those over the announced message limit must be refused.
    """
    types: dict[Key, set[str]] = {}
    for seen in history.facts(Event):
        types.setdefault((seen.frame.user, seen.fact.run_id), set()).add(seen.fact.type)
    first: dict[Key, float] = {}
    ends: dict[Key, float] = {}
    tokens: dict[Key, float] = {}
    for seen in live_events(history):
        key = (seen.frame.user, seen.fact.run_id)
        first[key] = min(first.get(key, seen.frame.t), seen.frame.t)
        if seen.fact.type == DELTA:
            tokens[key] = min(tokens.get(key, seen.frame.t), seen.frame.t)
        elif seen.fact.type in TERMINAL_EVENTS:
            ends[key] = min(ends.get(key, seen.frame.t), seen.frame.t)
    given: dict[Key, str | None] = {}
    for answer in history.facts(Accepted):
        given.setdefault((answer.frame.user, answer.fact.request_id), answer.fact.run_id)
    found: dict[Key, Question] = {}
    for sent in history.asked():
        story = history.connections.get(sent.frame.connection)
        if story is not None and story.too_long(sent.frame):
            continue
        user, request_id = sent.frame.user, sent.fact.request_id
        run_id = given.get((user, request_id))
        run: Key = (user, run_id)
        known = run_id is not None
        question = Question(
            user=user,
            request_id=request_id,
            asked_t=sent.frame.t,
            run_id=run_id,
            first_t=first.get(run) if known else None,
            answered_t=ends.get(run) if known else None,
            types=frozenset(types.get(run, ())) if known else frozenset(),
            token_t=tokens.get(run) if known else None,
        )
        found.setdefault((user, request_id), question)
    return list(found.values())


def asked_at(history: History) -> dict[Key, float]:
    """When each run was asked for, by user and run: the journal's time of the first request."""
    sent: dict[Key, float] = {}
    for seen in history.asked():
        sent.setdefault((seen.frame.user, seen.fact.request_id), seen.frame.t)
    runs: dict[Key, float] = {}
    for answer in history.facts(Accepted):
        at = sent.get((answer.frame.user, answer.fact.request_id))
        if at is not None:
            runs.setdefault((answer.frame.user, answer.fact.run_id), at)
    return runs


def first_event_ms(asked: Sequence[Question]) -> list[float]:
    """From each question to the first event of its run, where that was seen live."""
    return [(q.first_t - q.asked_t) * 1000 for q in asked if q.first_t is not None]


def first_token_ms(asked: Sequence[Question]) -> list[float]:
    """From each question to the first part of its answer, where that was seen live."""
    return [(q.token_t - q.asked_t) * 1000 for q in asked if q.token_t is not None]


def whole_answer_ms(asked: Sequence[Question]) -> list[float]:
    """From each question to the last event of its run, where that was seen live."""
    return [(q.answered_t - q.asked_t) * 1000 for q in asked if q.answered_t is not None]


def live_events(history: History) -> Iterator[Seen[Event]]:
    """Every event that was no replay, connection by connection.

    Where a connection resumed without a subscription, and its greeting told no position, the runs
    that were accepted on it are live; of the others nobody knows.
    """
    for story in history.connections.values():
        ready = story.ready.fact if story.ready else None
        last = replayed_to(story.subscribed.fact if story.subscribed else None)
        if ready is not None and ready.follows == "resumed":
            if ready.position is None:
                here = {answer.fact.run_id for answer in story.facts(Accepted)}
                yield from (s for s in story.events if s.fact.run_id in here)
                continue
            last = ready.position
        yield from (s for s in story.events if is_live(s.fact, last))


def replayed_to(answer: Subscribed | None) -> int:
    """The last position that a connection replays, by the answer to its subscription; 0: none."""
    return (answer.last or 0) if answer and answer.recovered else 0


def is_live(event: Event, replayed: int) -> bool:
    """True for an event that is no replay, on a connection that replays up to `replayed`."""
    return (event.position or 1) > replayed


def required_events(history: History) -> tuple[str, ...]:
    """The event types that a successful run has, less those that the dialect has no word for."""
    lacks = {kind for seen in history.facts(Accepted) for kind in seen.fact.lacks}
    return tuple(kind for kind in REQUIRED_EVENTS if kind not in lacks)


def events_by_type(history: History, asked: Sequence[Question]) -> dict[str, EventCount]:
    """Every event received, replays and second devices included, by type; the required first."""
    seen = Counter(s.fact.type for s in history.facts(Event))
    runs = Counter(kind for question in asked for kind in question.types)
    names = dict.fromkeys((*REQUIRED_EVENTS, *TERMINAL_EVENTS, *sorted(seen)))
    return {name: EventCount(seen=seen[name], runs=runs[name]) for name in names}
