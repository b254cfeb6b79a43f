"""How far a user has read: what is kept of it, and what is said of it when they come back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.config.errors import NotOffered
from support.dialects import Dialect, Person, load_dialect
from support.journal import facts

FILE = """
format = 2
name = "logs"
[handshake]
path = "/"
[handshake.ways.header]
[send.ask]
message = { ask = "{text}", id = "{request_id}" }
[[hello]]
send = { hello = "{connection}" }
wait = "welcome"
[[hello]]
when = "again"
send = { follow = "{run}", since = { at = "{cursor}" } }
[resume]
mode = "cursor"
cursor = "at"
%s
[[read]]
when = "began"
says = "accepted"
get = { request_id = "id", run_id = "began" }
[[read]]
when = "step"
says = "agent_thinking"
get = { run_id = "run" }
data = { text = "step" }
[[read]]
when = "done"
says = "agent_completed"
get = { run_id = "run" }
data = { response = "done" }
set = { "data.status" = "succeeded" }
"""


def dialect(folder: Path, of_run: bool = True) -> Dialect:
    path = folder / "logs.toml"
    path.write_text(FILE % ('cursor_of = "run"' if of_run else ""), "utf-8")
    return load_dialect(str(path))


def connected(logs: Dialect, person: Person, *, again: bool = False) -> tuple[Any, list[Any]]:
    """A connection, and what is said after its welcome."""
    conversation = logs.conversation(person)
    conversation.handshake(None, "header", resuming=again)
    conversation.opened(None)
    said = conversation.read('{"welcome": true}').replies
    return conversation, [json.loads(message.text) for message in said]


def asks(conversation: Any, request_id: str) -> None:
    conversation.sent(facts.Asked(request_id=request_id))


def hears(conversation: Any, **message: Any) -> None:
    conversation.read(json.dumps(message))


def test_a_run_of_which_nothing_has_arrived_is_followed_from_its_start(tmp_path: Path) -> None:
    logs, person = dialect(tmp_path), Person()
    alice, said = connected(logs, person)
    assert said == []
    asks(alice, "q-1")
    hears(alice, id="q-1", began="r-1")
    alice.over()
    _, said = connected(logs, person, again=True)
    assert said == [{"follow": "r-1", "since": {}}]


def test_the_cursor_of_one_run_says_nothing_of_the_next(tmp_path: Path) -> None:
    logs, person = dialect(tmp_path), Person()
    alice, _ = connected(logs, person)
    asks(alice, "q-1")
    hears(alice, id="q-1", began="r-1")
    hears(alice, run="r-1", step="1", at="c-1")
    hears(alice, run="r-1", done="yes", at="c-2")
    asks(alice, "q-2")
    hears(alice, id="q-2", began="r-2")
    alice.over()
    again, said = connected(logs, person, again=True)
    assert said == [{"follow": "r-2", "since": {}}]
    hears(again, run="r-2", step="1", at="c-3")
    again.over()
    _, said = connected(logs, person, again=True)
    assert said == [{"follow": "r-2", "since": {"at": "c-3"}}]


def test_the_cursor_of_a_stream_outlives_its_runs(tmp_path: Path) -> None:
    logs, person = dialect(tmp_path, of_run=False), Person()
    alice, _ = connected(logs, person)
    asks(alice, "q-1")
    hears(alice, id="q-1", began="r-1")
    hears(alice, run="r-1", done="yes", at="c-1")
    asks(alice, "q-2")
    hears(alice, id="q-2", began="r-2")
    alice.over()
    _, said = connected(logs, person, again=True)
    assert said == [{"follow": "r-2", "since": {"at": "c-1"}}]


def test_a_snapshot_has_no_middle() -> None:
    assert "replay" not in load_dialect("codex-app-server").capabilities
    assert "replay" in load_dialect("openhands").capabilities
    assert "replay" not in load_dialect("openai-realtime").capabilities


def test_what_a_dialect_does_not_say_is_not_offered() -> None:
    codex = load_dialect("codex-app-server")
    with pytest.raises(NotOffered, match="how a future position is refused"):
        codex.refuses_to_resume("a future position")
    with pytest.raises(NotOffered, match="who does not read"):
        _ = codex.unread_bytes
    assert codex.close_causes(1008) == codex.close_causes(4408) == ()
    assert codex.rejects("absent") == ("-32600",)


def test_what_comes_of_the_removal_is_no_run_s_any_more() -> None:
    codex, person = load_dialect("codex-app-server"), Person({"chat": "t"})
    conversation = codex.conversation(person)
    conversation.handshake("T", "header")
    conversation.opened("T")
    ended = '{"method": "turn/completed", "params": {"turn": {"id": "r", "status": "interrupted"}}}'
    last = codex.data.after[0]
    assert conversation.following([last.message], "farewell", last.wait or "")
    heard = conversation.read(ended)
    assert heard.facts == (facts.Ignored(type="after the last message"),)
    assert not heard.farewell
    answer = conversation.following([last.message], "farewell", last.wait or "")[0]
    assert conversation.read(
        json.dumps({"id": json.loads(answer.text)["id"], "result": {}})
    ).farewell


def test_a_dialect_may_say_that_an_acceptance_comes_late() -> None:
    codex = load_dialect("codex-app-server")
    (accepted,) = codex.read('{"id": "q", "result": {"turn": {"id": "r"}}}')
    assert isinstance(accepted, facts.Accepted)
    assert accepted.late


def test_one_close_code_may_mean_several_things_and_none_means_nothing() -> None:
    ours = load_dialect("agent-chat-v1")
    assert ours.close_causes(1008) == ("unread", "flood")
    assert ours.close_causes(1012) == ("restart",)
    assert ours.close_causes(None) == ours.close_causes(1006) == ()


def test_what_a_rule_has_kept_of_the_run_under_way_is_sent_by_who_comes_back(
    tmp_path: Path,
) -> None:
    path = tmp_path / "logs.toml"
    text = (FILE % "").replace('follow = "{run}"', 'follow = "{run}", chat = "{chat}"')
    kept = 'run_id = "began" }\nkeep = { chat = "chat" }'
    text = text.replace('run_id = "began" }', kept).replace('at = "{cursor}"', "x = 1")
    path.write_text(text.replace("[resume]", '[runs]\nid = "began || run"\n[resume]'), "utf-8")
    logs, person = load_dialect(str(path)), Person()
    first, said = connected(logs, person)
    asks(first, "q1")
    hears(first, id="q1", began="r1", chat="c1")
    first.over()
    again, said = connected(logs, person, again=True)
    assert said == [{"follow": "r1", "chat": "c1", "since": {"x": 1}}]
    hears(again, run="r1", done="yes")
    again.over()
    assert connected(logs, person, again=True)[1] == []


@pytest.mark.parametrize("order", [("q1", "q2"), ("q2", "q1")])
def test_what_an_acceptance_keeps_is_of_its_run_also_where_messages_name_none(
    order: tuple[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "logs.toml"
    text = (FILE % "").replace('follow = "{run}"', 'chat = "{chat}", note = "{note}"')
    kept = 'run_id = "began" }\nkeep = { chat = "chat" }'
    text = text.replace('run_id = "began" }', kept).replace('at = "{cursor}"', "x = 1")
    noted = '[[read]]\nwhen = "note"\nsays = "nothing"\nkeep = { note = "note", chat = "chat" }\n'
    path.write_text(text + noted, "utf-8")
    logs, person = load_dialect(str(path)), Person()
    first, _ = connected(logs, person)
    hears(first, note="of no run", chat="of no run")
    first.over()
    again, said = connected(logs, person, again=True)
    assert said == []
    for request_id in order:
        asks(again, request_id)
    hears(again, note="n1")
    hears(again, id="q1", began="r1", chat="c1")
    hears(again, note="n2")
    again.over()
    said = connected(logs, person, again=True)[1]
    assert said == [{"chat": "c1", "note": "n2", "since": {"x": 1}}]


@pytest.mark.parametrize(
    ("mode", "run", "asked_again", "read"),
    [
        ("replay_all", "r1", False, False),
        ("snapshot", "r1", False, False),
        ("replay_all", "r2", False, True),
        ("replay_all", "r1", True, True),
        ("live", "r1", False, True),
    ],
    ids=["told again", "in a snapshot", "another run", "asked again", "not promised"],
)
def test_an_acceptance_that_is_replayed_is_no_second_one(
    mode: str, run: str, asked_again: bool, read: bool, tmp_path: Path
) -> None:
    path = tmp_path / "logs.toml"
    text = FILE.replace('send = { follow = "{run}", since = { at = "{cursor}" } }', 'wait = "hi"')
    path.write_text(text.replace('"cursor"\ncursor = "at"\n%s', f'"{mode}"'), "utf-8")
    logs, person = load_dialect(str(path)), Person()
    first, _ = connected(logs, person)
    asks(first, "q1")
    hears(first, id="q1", began="r1")
    first.over()
    again, _ = connected(logs, person, again=True)
    if asked_again:
        asks(again, "q1")
    heard = again.read(json.dumps({"id": "q1", "began": run})).facts
    assert [type(fact) for fact in heard] == ([facts.Accepted] if read else [])


def test_an_acceptance_that_comes_twice_to_one_connection_is_read_twice(tmp_path: Path) -> None:
    path = tmp_path / "logs.toml"
    text = FILE.replace('send = { follow = "{run}", since = { at = "{cursor}" } }', 'wait = "hi"')
    path.write_text(text.replace('"cursor"\ncursor = "at"\n%s', '"snapshot"'), "utf-8")
    logs, person = load_dialect(str(path)), Person()
    alice, _ = connected(logs, person)
    asks(alice, "q1")

    def read(conversation: Any) -> int:
        return len(conversation.read(json.dumps({"id": "q1", "began": "r1"})).facts)

    assert [read(alice), read(alice)] == [1, 1]
    alice.over()
    again, _ = connected(logs, person, again=True)
    assert [read(again), read(again)] == [0, 1]
    again.sent(facts.Subscribing())
    assert [read(again), read(again)] == [0, 1]


def test_a_page_is_asked_only_where_its_answer_shows_that_it_arrived(tmp_path: Path) -> None:
    path = tmp_path / "logs.toml"
    page = '[prompts]\npage = "{filler} {canary} {tag}"\n'
    for answers, why in (("", "nothing shows that it arrives whole"), ('page = ["{tag}"]', None)):
        path.write_text((FILE % "").replace("[resume]", f"{page}[answers]\n{answers}\n[resume]"))
        told = load_dialect(str(path)).data.not_asked("page")
        assert told is None if why is None else told is not None and why in told
