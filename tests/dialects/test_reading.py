"""What a dialect makes of what arrives: the right fact, or a plain word for what is wrong."""

from __future__ import annotations

import json
import math
from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from histories import ALICE
from hypothesis import example, given, settings

from support.dialects import Person, load_dialect
from support.dialects.dialect import Dialect
from support.dialects.schema import EventDefaults, Field, Rule
from support.journal import facts, records

DIALECT = load_dialect("agent-chat-v1")

#: Every message of the wire contract, as it is written there, and the fact it says.
CONTRACT: list[tuple[dict[str, Any], facts.AnyFact]] = [
    (
        {
            "type": "ready",
            "connection_id": "c-1",
            "user_id": "u-1",
            "server_time": 1795221908.81,
            "heartbeat_s": 20,
            "stream": {"epoch": "e-1", "position": 41, "oldest": 1},
            "limits": {
                "message_bytes": 65536,
                "retained_events": 10000,
                "messages_per_s": 100,
                "connections_per_user": 20,
            },
        },
        facts.Ready(
            connection_id="c-1",
            user_id="u-1",
            server_time=1795221908.81,
            heartbeat_s=20,
            epoch="e-1",
            position=41,
            message_bytes=65536,
            messages_per_s=100,
            connections_per_user=20,
            retained_events=10000,
        ),
    ),
    (
        {
            "type": "accepted",
            "request_id": "q-1",
            "run_id": "r-1",
            "thread_id": "t-1",
            "duplicate": True,
        },
        facts.Accepted(request_id="q-1", run_id="r-1", thread_id="t-1", duplicate=True),
    ),
    (
        {"type": "subscribed", "recovered": True, "from": 42, "to": 43, "count": 2, "reason": None},
        facts.Subscribed(recovered=True, first=42, last=43, count=2),
    ),
    (
        {
            "type": "subscribed",
            "recovered": False,
            "from": 0,
            "to": 0,
            "count": 0,
            "reason": "expired",
        },
        facts.Subscribed(recovered=False, first=0, last=0, count=0, reason="expired"),
    ),
    (
        {"type": "pong", "nonce": "n-1", "server_time": 1795221908.81},
        facts.Pong(nonce="n-1", server_time=1795221908.81),
    ),
    (
        {"type": "announcement", "timestamp": 1.5, "data": {"message": "Hello!"}},
        facts.Announcement(message="Hello!"),
    ),
    (
        {"type": "error", "code": "not_found", "message": "no such run", "request_id": "q-1"},
        facts.Rejected(
            code="not_found",
            message="no such run",
            request_id="q-1",
            keys=("code", "message", "request_id", "type"),
        ),
    ),
    (
        {"type": "error", "code": "invalid_json", "message": "no JSON", "request_id": None},
        facts.Rejected(
            code="invalid_json",
            message="no JSON",
            keys=("code", "message", "request_id", "type"),
        ),
    ),
    (
        {"type": "closing", "reason": "restart", "retry_after_s": 1},
        facts.Closing(reason="restart", retry_after_s=1),
    ),
    ({"type": "something-new", "of": "tomorrow"}, facts.Ignored(type="something-new")),
]

DATA: dict[str, dict[str, Any]] = {
    "agent_started": {"agent": "a", "request": "r"},
    "agent_thinking": {"text": "", "step": 1},
    "tool_executing": {"tool": "t", "call_id": "c", "arguments": {"a": [1]}},
    "tool_completed": {
        "tool": "t",
        "call_id": "c",
        "result": None,
        "ok": False,
        "duration_ms": 1.5,
    },
    "agent_completed": {"response": "", "status": "cancelled", "duration_ms": 0},
    "agent_failed": {"code": "E_X", "message": ""},
}


def event(kind: str, **changed: Any) -> dict[str, Any]:
    usual = {
        "type": kind,
        "event_id": 44,
        "epoch": "e-1",
        "run_id": "r-1",
        "thread_id": "t-1",
        "user_id": "u-1",
        "timestamp": 1795221908.91,
        "data": DATA[kind],
    }
    return {**usual, **changed}


def read(message: Any) -> facts.AnyFact:
    (fact,) = DIALECT.read(message if isinstance(message, str | bytes) else json.dumps(message))
    return fact


# --- the contract


@pytest.mark.parametrize(
    ("message", "fact"), CONTRACT, ids=[f"{m['type']}-{n}" for n, (m, _) in enumerate(CONTRACT)]
)
def test_every_message_of_the_contract_says_its_fact(
    message: dict[str, Any], fact: facts.AnyFact
) -> None:
    assert read(message) == fact


@pytest.mark.parametrize("kind", DATA)
def test_every_event_of_the_contract_says_what_it_carries(kind: str) -> None:
    assert read(event(kind)) == facts.Event(
        type=kind,
        position=44,
        epoch="e-1",
        run_id="r-1",
        thread_id="t-1",
        user_id="u-1",
        timestamp=1795221908.91,
        data=DATA[kind],
    )


def test_unknown_fields_are_kept_in_the_data_and_ignored_elsewhere() -> None:
    more = event("agent_thinking", extra=1, data={"text": "hm", "step": 1, "extra": 2})
    fact = read(more)
    assert isinstance(fact, facts.Event)
    assert fact.problems == ()
    assert fact.data["extra"] == 2


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_optional_text_may_be_empty(nothing: str | None) -> None:
    message = {"type": "error", "code": "invalid_json", "message": "no", "request_id": nothing}
    fact = read(message)
    assert isinstance(fact, facts.Rejected)
    assert fact.request_id is None
    assert fact.problems == ()


def test_a_live_subscription_is_answered_with_zeros() -> None:
    answer = {"type": "subscribed", "recovered": True, "from": 0, "to": 0, "count": 0}
    assert read(answer) == facts.Subscribed(recovered=True, first=0, last=0, count=0)


# --- what is wrong is named


@pytest.mark.parametrize(
    ("message", "path"),
    [
        ({"type": "pong", "nonce": "n", "server_time": 1}, "nonce"),
        ({"type": "pong", "nonce": "n", "server_time": 1}, "server_time"),
        ({"type": "closing", "reason": "x", "retry_after_s": 1}, "retry_after_s"),
        ({"type": "error", "code": "x", "message": "y"}, "code"),
        (event("agent_started"), "event_id"),
        (event("agent_started"), "user_id"),
        (event("agent_started"), "data"),
    ],
)
def test_what_is_missing_is_named(message: dict[str, Any], path: str) -> None:
    bare = {k: v for k, v in message.items() if k != path}
    assert f"{path} is missing" in read(bare).problems
    assert f"{path} is missing" in read({**message, path: None}).problems


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"event_id": "44"}, 'event_id should be a whole number, was "44"'),
        ({"event_id": 4.5}, "event_id should be a whole number, was 4.5"),
        ({"event_id": True}, "event_id should be a whole number, was true"),
        ({"timestamp": "now"}, 'timestamp should be a number, was "now"'),
        ({"timestamp": False}, "timestamp should be a number, was false"),
        ({"user_id": 7}, "user_id should be a text that is not empty, was 7"),
        ({"user_id": ""}, 'user_id should be a text that is not empty, was ""'),
        ({"data": []}, "data should be an object, was []"),
    ],
    ids=str,
)
def test_a_value_of_the_wrong_kind_is_named(changed: dict[str, Any], problem: str) -> None:
    fact = read(event("agent_failed", **changed))
    assert problem in fact.problems


@pytest.mark.parametrize(
    ("kind", "data", "problem"),
    [
        ("tool_completed", {"ok": "yes"}, 'data.ok should be true or false, was "yes"'),
        ("tool_completed", {"duration_ms": None}, "data.duration_ms is missing"),
        ("agent_thinking", {"text": {}}, "data.text should be a text, was {}"),
        (
            "agent_completed",
            {"status": "done"},
            "data.status should be one of succeeded, cancelled, paused",
        ),
    ],
)
def test_a_wrong_value_in_the_data_is_named(kind: str, data: dict[str, Any], problem: str) -> None:
    assert read(event(kind, data={**DATA[kind], **data})).problems == (problem,)


def test_a_wrong_value_is_shown_in_brief() -> None:
    fact = read(event("agent_failed", timestamp=["x" * 1_000_000]))
    assert all(len(problem) < 120 for problem in fact.problems)


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (b"\x00\x01\x02", "a binary frame of 3 bytes"),
        ("", "not JSON"),
        ("hello", "not JSON"),
        ('{"type": "pong"', "not JSON"),
        ('{"type": NaN}', "not JSON"),
        ('{"type": "\\ud800"}', "half a surrogate pair in type"),
        ("\ud800", "not JSON"),
        ("null", "a message that no rule of the dialect agent-chat-v1 understands"),
        ("[]", "a message that no rule of the dialect agent-chat-v1 understands"),
        ('"pong"', "a message that no rule of the dialect agent-chat-v1 understands"),
        ('{"kind": "pong"}', "a message that no rule of the dialect agent-chat-v1 understands"),
        ("[" * 100_000, "not JSON"),
        ("[" * 500 + "]" * 500, "a message nested over 100 levels deep"),
    ],
)
def test_what_is_no_message_is_unreadable_and_says_why(frame: str | bytes, why: str) -> None:
    fact = read(frame)
    assert isinstance(fact, facts.Unreadable)
    assert fact.why.startswith(why)


@pytest.mark.parametrize("kind", [None, 7, "", [], {}, True])
def test_a_type_that_is_no_word_is_named(kind: object) -> None:
    assert read({"type": kind}).problems != ()


# --- whatever arrives


def survives(fact: facts.AnyFact) -> None:
    """A fact stays what it is on its way through a journal file."""
    frame = records.Frame(
        t=0.0, connection="c", user=ALICE, direction="received", size=1, text="", facts=(fact,)
    )
    back = records.decode(records.encode(frame))
    assert isinstance(back, records.Frame)
    assert _alike(msgspec.to_builtins(back.facts[0]), msgspec.to_builtins(fact))


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[k], other[k]) for k in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, float) and isinstance(other, int) and not isinstance(other, bool):
        return math.isclose(one, other)  # a whole number where the fact has a float
    return bool(one == other)


any_text = st.text(st.characters(exclude_categories=()))
any_number = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from([2**63, 2**64, -(2**63) - 1, 10**30, 10**308, 10**309, 10**400, 10**4299]),
)
any_json = st.recursive(
    st.one_of(st.none(), st.booleans(), any_number, any_text),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(any_text, inner, max_size=3)
    ),
    max_leaves=8,
)
field_names = sorted(
    {key for message, _ in CONTRACT for key in message}
    | {key for kind in DATA for key in event(kind)}
)
data_names = sorted({key for data in DATA.values() for key in data} | {"message"})


@st.composite
def messages(draw: st.DrawFn) -> str:
    """Messages of known types in which anything may stand anywhere."""
    kinds = [*DATA, *(message["type"] for message, _ in CONTRACT)]
    message = draw(st.dictionaries(st.sampled_from(field_names), any_json))
    for table, names in (("data", data_names), ("stream", ["epoch", "position"])):
        if draw(st.booleans()):
            message[table] = draw(st.dictionaries(st.sampled_from(names), any_json))
    message["type"] = draw(st.sampled_from(kinds) | any_json)
    return json.dumps(message, ensure_ascii=draw(st.booleans()))


@given(any_text | st.binary())
def test_any_frame_is_read_without_raising(frame: str | bytes) -> None:
    survives(read(frame))


@given(any_json, st.booleans())
def test_any_json_is_read_without_raising(value: Any, ascii_only: bool) -> None:
    survives(read(json.dumps(value, ensure_ascii=ascii_only)))


@settings(max_examples=80)
@given(messages())
@example(json.dumps(event("agent_failed", timestamp=10**400)))
@example(json.dumps(event("agent_failed", event_id=10**400)))
@example(json.dumps(event("agent_failed", timestamp=-(10**309))))
@example(json.dumps(event("agent_failed", data={"code": 10**4299})))
def test_any_message_is_read_and_what_it_says_can_be_kept(message: str) -> None:
    survives(read(message))


@given(st.integers(1, 2000), st.sampled_from(["[]", "{}"]), st.sampled_from(["data", "type"]))
def test_any_depth_is_read_without_raising(depth: int, brackets: str, where: str) -> None:
    opening = '{"a":' if brackets == "{}" else "["
    nested = opening * depth + "1" + brackets[1] * depth
    text = json.dumps(event("agent_thinking", **{where: "HERE"})).replace('"HERE"', nested)
    survives(read(text))


def test_a_deep_value_where_a_word_belongs_is_read_without_raising() -> None:
    for depth in (90, 99, 100, 101, 980, 985, 990, 995, 1000):
        nested = "[" * depth + "]" * depth
        text = json.dumps(event("agent_failed", data={"code": "HERE"})).replace('"HERE"', nested)
        survives(read(text))


def test_a_very_long_text_is_kept_whole() -> None:
    fact = read(event("agent_thinking", data={"text": "ä" * 1_000_000, "step": 1}))
    assert isinstance(fact, facts.Event)
    assert len(fact.data["text"]) == 1_000_000
    survives(fact)


def test_an_id_that_is_a_number_is_read_as_one_and_has_to_be_there() -> None:
    number = Field(at="run", is_="integer")
    rule = Rule(when="ev=='begun'", says="agent_started", get={"run_id": number})
    data = msgspec.structs.replace(DIALECT.data, read=[rule], event=EventDefaults())
    conversation = Dialect(data).conversation(Person())
    (begun,) = conversation.read('{"ev":"begun","run":5001}').facts
    assert isinstance(begun, facts.Event)
    assert begun.run_id == "5001"
    (nameless,) = conversation.read('{"ev":"begun"}').facts
    assert isinstance(nameless, facts.Event)
    assert nameless.problems == ("run is missing",)


def test_a_message_may_have_a_run_of_its_own() -> None:
    data = msgspec.structs.replace(
        DIALECT.data,
        read=[
            Rule(when="ev=='run.begin'", says="accepted", get={"run_id": "run"}),
            Rule(when="ev=='note'", says="nothing", keep={"note": "text"}),
            Rule(
                when="run.note", says="agent_thinking", data={"text": "run.note", "step": "run.n"}
            ),
        ],
        event=EventDefaults(),
    )
    conversation = Dialect(data).conversation(Person())
    begun = conversation.read('{"ev":"run.begin","run":"r-1"}').facts
    assert isinstance(begun[0], facts.Accepted)
    assert begun[0].run_id == "r-1"
    conversation.read('{"ev":"note","text":"hm"}')
    (thought,) = conversation.read('{"ev":"x","run":{"n":7}}').facts
    assert isinstance(thought, facts.Event)
    assert thought.data == {"text": "hm", "step": 7}
