"""The further formats of the reference: lists of events, cursors of devices, tokens in messages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.config import NotOffered
from support.dialects import Person, load_dialect
from support.dialects.templates import without_credentials
from support.journal import facts

CURSORS, GRAPHQL = load_dialect("reference-cursors"), load_dialect("reference-graphql")


def batch(*names: str, **more: Any) -> str:
    """A message with an event of each of these names."""
    events = [
        {
            "__typename": name,
            "cursor": f"c{number}",
            "task": "r",
            "topic": "t",
            "owner": "u",
            "at": 1.0,
            **more,
        }
        for number, name in enumerate(names)
    ]
    body = {"type": "next", "id": "events", "payload": {"data": {"agentEvents": events}}}
    return json.dumps(body)


def types(text: str) -> list[str]:
    return [fact.type for fact in GRAPHQL.read(text) if isinstance(fact, facts.Event)]


def test_events_of_one_message_keep_their_order_whatever_the_order_of_the_rules() -> None:
    wrong = ("Thought", "Began", "ToolResult", "ToolCall")
    assert types(batch(*wrong)) == [
        "agent_thinking",
        "agent_started",
        "tool_completed",
        "tool_executing",
    ]


def test_a_field_of_a_member_is_read_though_it_is_called_message() -> None:
    (failed,) = GRAPHQL.read(batch("Failure", errorCode="E", message="it failed"))
    assert isinstance(failed, facts.Event)
    assert (failed.data, failed.problems) == ({"code": "E", "message": "it failed"}, ())


def test_events_after_a_cursor_are_sent_once() -> None:
    (began,) = GRAPHQL.read(batch("Began", agent="a", request="q"))
    assert isinstance(began, facts.Event)
    assert (began.id, began.once) == ("c0", True)


def test_a_token_that_nobody_has_is_left_out_of_the_dialogue() -> None:
    first = GRAPHQL.conversation(Person())
    first.handshake(None, "header")
    assert json.loads(first.opened(None)[0].text) == {"type": "connection_init", "payload": {}}
    some = ["a {token}", {"b": "{token}", "c": [1]}]
    assert without_credentials(some, {"token"}) == [{"c": [1]}]


WELCOME = {
    "kind": "welcome",
    "owner": "u",
    "now": "2026-01-01T00:00:00Z",
    "heartbeat_s": 20,
    "limits": {"connections_per_user": 20},
}


def read_up_to(person: Person, cursor: str, *, resuming: bool = False) -> tuple[Any, str]:
    """A connection that has read an event with that cursor, and the path it was opened with."""
    conversation = CURSORS.conversation(person)
    path = conversation.handshake("T", "header", resuming=resuming).path
    conversation.opened("T")
    conversation.read(json.dumps(WELCOME))
    conversation.read(json.dumps({"kind": "event", "name": "job.thought", "cursor": cursor}))
    return conversation, path


def test_each_device_resumes_from_its_own_cursor() -> None:
    person = Person({"conversation": "c"})
    one, _ = read_up_to(person, "from-one")
    other, fresh = read_up_to(person, "from-other")
    assert "cursor=" not in fresh
    one.over()
    again, path = read_up_to(person, "from-one-later", resuming=True)
    assert path.endswith("cursor=from-one")
    other.over()
    again.over()
    paths = [read_up_to(person, "x", resuming=True)[1] for _ in range(2)]
    assert [path.rpartition("=")[2] for path in paths] == ["from-one-later", "from-other"]


def test_a_connection_that_was_never_established_leaves_no_device() -> None:
    person = Person()
    refused = GRAPHQL.conversation(person)
    refused.handshake("bad", "header")
    refused.opened("bad")
    refused.over()
    good = GRAPHQL.conversation(person)
    good.handshake("T", "header")
    good.opened("T")
    (subscription, *_) = good.read('{"type": "connection_ack"}').replies[1:]
    assert "variables" not in json.loads(subscription.text)["payload"]  # the person's first


def test_questions_by_http_are_not_on_the_connection() -> None:
    GRAPHQL.ensure_asks_by_message()
    with pytest.raises(NotOffered, match="HTTP"):
        CURSORS.ensure_asks_by_message()


def test_a_question_refused_by_http_is_the_rejection_of_that_question() -> None:
    person = Person({"conversation": "c", "token": "T"})
    request = CURSORS.speaker(person).ask("q-1", "?", thread="t").request
    assert request is not None
    heard = CURSORS.conversation(person).answered(404, "{}", request)
    assert heard.facts == (facts.Rejected(code="http 404", request_id="q-1"),)
