"""What a message says, in words: one fact of it on one line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from support.approval.words import several
from support.journal import facts, records


def fact_text(fact: facts.Fact, frame: records.Frame) -> str:
    """One fact as text."""
    match fact:
        case facts.Event():
            place = f"  no. {fact.position}" if fact.position is not None else ""
            return f"{fact.type}  {_run(fact.run_id)}{place}  {_data(fact.data)}".rstrip()
        case facts.Asked():
            return f"asks (request {_id(fact.request_id)}): {_question(frame.text)}"
        case facts.Accepted():
            again = ", as before" if fact.duplicate else ""
            return f"the request is accepted{again}  {_run(fact.run_id)}".rstrip()
        case facts.Turn():
            return f"the service starts a run by itself  {_run(fact.run_id)}".rstrip()
        case facts.Ready():
            return f"the service greets {_id(fact.user_id or 'the user')}"
        case facts.Announcement():
            return f"announcement to everyone: {fact.message}"
        case facts.Subscribing():
            after = "from now on" if fact.after is None else f"after no. {fact.after}"
            return f"subscribes {after}"
        case facts.Subscribed():
            return _subscribed(fact)
        case facts.Pinged():
            return "ping"
        case facts.Pong():
            return "pong"
        case facts.MalformedSent():
            return f"sends {fact.what}"
        case facts.Rejected():
            why = ": ".join(part for part in (fact.code, fact.message) if part)
            return f"the request is rejected: {why or 'no reason given'}"
        case facts.Closing(time_left_s=float(left_s)):
            return f"the service announces the end of this connection in {left_s:g} s"
        case facts.Closing():
            back = f", retry after {fact.retry_after_s:g} s" if fact.retry_after_s else ""
            return f"the service announces its shutdown ({fact.reason or 'no reason'}){back}"
        case facts.Handle(cursor=str(), valid=True):
            return "the service gives a handle to resume by"
        case facts.Handle():
            return "the service says that resuming is not possible now"
        case facts.IdentityClaimed():
            return f"and claims another identity in “{fact.where}”"
        case facts.AccessAttempted():
            return f"tries to access {fact.whose or f'a {fact.what} that does not exist'}"
        case facts.Ignored():
            return f"{fact.type or 'a message'} (ignored)"
        case facts.Challenge():
            return "the service asks who this is"
        case facts.TurnedAway():
            return "the service refuses this client"
        case facts.Unreadable():
            return f"unreadable: {fact.why}"
        case _:
            return type(fact).__name__


def _subscribed(fact: facts.Subscribed) -> str:
    if fact.recovered is None:
        return "is subscribed from now on"
    if not fact.recovered:
        return f"cannot resume, missed events are gone: {fact.reason or 'no reason given'}"
    if not fact.count:
        return "is subscribed, no event was missed"
    which = f"{fact.first}" if fact.first == fact.last else f"{fact.first} to {fact.last}"
    return f"resumes with {several(fact.count, 'missed event')}, no. {which}"


def _run(run_id: str | None) -> str:
    return f"run {_id(run_id)}" if run_id else ""


def _id(identifier: str) -> str:
    """Enough of an id to tell it from the others of one scenario."""
    return identifier if len(identifier) <= 12 else f"{identifier[:10]}…"


def _data(data: dict[str, Any]) -> str:
    return ", ".join(
        f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in data.items()
    )


def _question(text: str) -> str:
    """The longest text in a request: what was asked, whatever the dialect calls it."""
    try:
        found = max(_texts(json.loads(text)), key=len, default="")
    except (ValueError, RecursionError):
        return text
    return found or text


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
