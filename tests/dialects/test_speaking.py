"""What a dialect says for a user: native frames from templates, and handshakes."""

from __future__ import annotations

import json
from pathlib import Path

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given

import support.dialects.loading as loading
from support.config import DeploymentError, NotOffered
from support.dialects import Dialect, Handshake, Outgoing, Person, load_dialect
from support.dialects.endings import Refusal, refusals_for
from support.dialects.expressions import captured
from support.dialects.loading import DIALECTS
from support.dialects.templates import MissingValue, fill
from support.journal import facts

DIALECT = load_dialect("agent-chat-v1")
USER = DIALECT.speaker()


def handshake(token: str | None, way: str) -> Handshake:
    return DIALECT.conversation(Person()).handshake(token, way)


def said(message: Outgoing) -> object:
    return json.loads(message.text)


def test_a_question_is_a_user_message() -> None:
    message = USER.ask("q-1", "How much is 12 * 7?")
    assert said(message) == {
        "type": "user_message",
        "request_id": "q-1",
        "content": "How much is 12 * 7?",
    }
    assert message.fact == facts.Asked(request_id="q-1")


def test_a_question_for_a_conversation_names_it() -> None:
    message = USER.ask("q-1", "And now?", thread="t-1")
    assert said(message) == {
        "type": "user_message",
        "request_id": "q-1",
        "content": "And now?",
        "thread_id": "t-1",
    }
    assert message.fact == facts.Asked(request_id="q-1", thread_id="t-1")


@pytest.mark.parametrize("where", DIALECT.data.claims)
def test_a_claim_comes_on_top_of_what_a_message_says(where: str) -> None:
    plain = USER.cancel("r-1")
    claiming = USER.claiming(plain, where, "u-alice")
    assert said(claiming).items() > said(plain).items()
    assert "u-alice" in claiming.text
    assert (claiming.fact, claiming.also) == (plain.fact, (facts.IdentityClaimed(where=where),))


@given(st.text(), st.text())
def test_any_text_can_be_asked_and_stays_what_it_is(request_id: str, text: str) -> None:
    message = USER.ask(request_id, text)
    assert said(message)["content"] == text
    assert said(message)["request_id"] == request_id


def test_a_ping_carries_its_nonce() -> None:
    assert said(USER.ping("n-1")) == {"type": "ping", "nonce": "n-1"}
    assert USER.ping("n-1").fact == facts.Pinged(nonce="n-1")


def test_a_live_subscription_names_no_place() -> None:
    assert said(USER.subscribe()) == {"type": "subscribe"}
    assert USER.subscribe().fact == facts.Subscribing()


def test_a_resume_names_its_place_as_a_number() -> None:
    message = USER.resume("e-1", 41)
    assert said(message) == {"type": "subscribe", "epoch": "e-1", "after": 41}
    assert message.fact == facts.Subscribing(epoch="e-1", after=41)


@given(st.integers() | st.floats(allow_nan=False) | st.booleans() | st.lists(st.text()))
def test_a_placeholder_alone_takes_the_type_of_its_value(value: object) -> None:
    assert fill({"a": {"b": "{x}"}}, {"x": value}) == {"a": {"b": value}}


def test_a_placeholder_among_words_becomes_one_of_them() -> None:
    assert fill("after {x} of {y}", {"x": 3, "y": "e"}) == "after 3 of e"


def test_what_is_no_text_is_left_as_it_is() -> None:
    assert fill({"n": 1, "b": True, "l": ["{x}"]}, {"x": 2}) == {"n": 1, "b": True, "l": [2]}


def test_json_may_stand_in_a_string() -> None:
    assert fill({"a": {"$json": {"b": "{x}"}}}, {"x": 2}) == {"a": '{"b": 2}'}


def test_an_id_may_be_sent_as_a_number() -> None:
    assert fill({"run": {"$number": "{x}"}}, {"x": "5001"}) == {"run": 5001}
    assert fill({"run": {"$number": "{x}"}}, {"x": "r-1"}) == {"run": "r-1"}


def test_a_placeholder_without_a_value_is_an_error_that_names_it() -> None:
    with pytest.raises(MissingValue, match=r"no value for \{y\}"):
        fill("{x} and {y}", {"x": 1})


@pytest.mark.parametrize("kind", ["plain", "tool", "slow"])
def test_every_question_carries_the_canary_and_its_tag(kind: str) -> None:
    text = USER.prompt(kind, "zqcanary", "note 7")
    assert "zqcanary" in text
    assert "note 7" in text
    assert "{" not in text


def test_no_other_question_is_asked_in_the_place_of_one_of_many_steps() -> None:
    """A `long` question has few steps, so a sentence about many would not be true of it."""
    prompts = {kind: text for kind, text in DIALECT.data.prompts.items() if kind != "steps"}
    shorter = Dialect(msgspec.structs.replace(DIALECT.data, prompts=prompts)).speaker()
    assert shorter.prompt("long", "zqcanary", "note 7")
    with pytest.raises(NotOffered, match="the dialect has no steps prompt"):
        shorter.prompt("steps", "zqcanary", "note 7")


def test_why_a_kind_of_question_is_not_asked_is_said_in_the_words_of_the_file() -> None:
    data = msgspec.structs.replace(DIALECT.data, prompts={}, cannot={"tools": "one at a time"})
    with pytest.raises(NotOffered, match="one at a time"):
        Dialect(data).speaker().prompt("tools", "zqcanary", "note 7")


@pytest.mark.parametrize(
    ("sent", "unique"),
    [
        ("{request_id}", False),
        ("{user_id}/{request_id}", True),
        ("{request_id}-of-{user_id}", True),
        ({"of": ["{user_id}"]}, False),
        ("u={user_id} r={request_id}", False),
        ('{"by":"{user_id}","id":"{request_id}"}', False),
    ],
)
def test_who_makes_request_ids_unique_by_user_shows_nothing_of_shared_ones(
    sent: object, unique: bool
) -> None:
    message = {"id": "{request_id}", "ref": {"deep": [sent]}, "by": "{user_id}"}
    ask = msgspec.structs.replace(DIALECT.data.send["ask"], message=message)
    data = msgspec.structs.replace(DIALECT.data, send={**DIALECT.data.send, "ask": ask})
    if unique:
        with pytest.raises(NotOffered, match="request ids unique by user"):
            Dialect(data).ensure_users_share_request_ids()
    else:
        Dialect(data).ensure_users_share_request_ids()


# --- the handshake


def test_the_token_goes_into_the_header() -> None:
    plan = handshake("abc", "header")
    assert plan.headers == {"Authorization": "Bearer abc"}
    assert plan.subprotocols == ["agent-chat.v1"]
    assert plan.path == "/ws"


def test_the_token_goes_into_the_subprotocol_for_browsers() -> None:
    plan = handshake("abc", "subprotocol")
    assert plan.headers == {}
    assert plan.subprotocols == ["agent-chat.v1", "bearer.abc"]


@pytest.mark.parametrize("way", ["header", "subprotocol"])
def test_without_a_token_there_is_no_trace_of_one(way: str) -> None:
    plan = handshake(None, way)
    assert plan.headers == {}
    assert plan.subprotocols == ["agent-chat.v1"]


def test_a_token_may_travel_in_the_address_alone() -> None:
    plan = handshake("a b", "query token")
    assert (plan.headers, plan.path) == ({}, "/ws?token=a+b")
    assert handshake(None, "query token").path == "/ws"


def test_a_way_that_a_backend_does_not_have_is_not_offered() -> None:
    with pytest.raises(NotOffered, match="no token travels by pigeon"):
        handshake("abc", "pigeon")


def test_a_handshake_leaves_the_dialect_as_it_was() -> None:
    handshake("abc", "header").headers["X"] = "y"
    assert handshake("def", "header").headers == {"Authorization": "Bearer def"}


def test_only_the_agreed_refusal_is_one() -> None:
    assert DIALECT.agrees("token", http=401)
    assert not DIALECT.agrees("token", http=403)
    assert DIALECT.agrees("origin", http=403)
    assert not DIALECT.agrees("token", close=4401)
    assert not DIALECT.agrees("token")


@pytest.mark.parametrize(
    ("why", "right", "wrong"),
    [
        ("version", {426, 400}, {101, 401, 500}),
        ("key", {400}, {101, 426, 500}),
        ("malformed_header", {401, 400}, {101, 403, 500}),
        ("oversized_token", {401, 400, 413, 414, 431}, {101, 403, 500}),
        ("scope", set(), {400, 401, 403}),
    ],
)
def test_a_refusal_that_a_dialect_does_not_name_is_that_of_the_standards(
    why: str, right: set[int], wrong: set[int]
) -> None:
    token = {"token": [Refusal(http=401)]}
    statuses = {refusal.http for refusal in refusals_for(why, token)}
    assert statuses == right
    assert not statuses & wrong
    assert refusals_for(why, {why: []}) == []


# --- values out of answers


def test_what_an_answer_lacks_is_not_captured() -> None:
    paths = {"id": "user.id", "name": "user.name"}
    assert captured({"user": {"id": 7}}, paths) == {"id": "7"}
    assert captured("no object", paths) == {}


# --- dialect files


def test_every_dialect_file_can_be_loaded() -> None:
    for path in DIALECTS.glob("*.toml"):
        assert load_dialect(path.stem).name == path.stem


def test_an_unknown_dialect_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(DeploymentError, match=r"no dialect 'klingon'; there are: .*agent-chat-v1"):
        load_dialect("klingon")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("name = ", "this is no TOML: Invalid value"),
        ('format = 2\nname = "x"', "handshake"),
        ("format = 2\nsurprise = 1", "line 2, surprise: there is no such key"),
        ('name = "x"\nreceive = []', "the file is written in format 1; .*docs/dialects.md"),
    ],
)
def test_a_broken_dialect_file_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, word: str
) -> None:
    monkeypatch.setattr(loading, "DIALECTS", tmp_path)
    (tmp_path / "broken.toml").write_text(content, "utf-8")
    with pytest.raises(DeploymentError, match=rf"the dialect broken\.toml is broken: .*{word}"):
        load_dialect("broken")


def test_broken_input_over_the_announced_limit_may_be_closed_on_as_too_long() -> None:
    what = "a message nested ten thousand levels deep"
    for limit, close in ((None, ()), (65_536, ()), (16_384, (1009,))):
        fact = USER.broken(what, limit)[0].fact
        assert isinstance(fact, facts.MalformedSent)
        assert fact.close == close
