"""Nothing that arrives is passed over in silence: members of lists, values, parts of frames."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

from support.dialects import Dialect, Person, load_dialect
from support.dialects.loading import problems_of
from support.journal import Redactor, facts

START = """
format = 2
name = "lists"
[handshake]
path = "/"
[handshake.ways.header]
[send.ask]
message = { ask = "{text}", id = "{request_id}" }
[runs]
id = "id"
"""
LIST = """
[[read]]
when = "items"
says = "agent_thinking"
each = "items"
if = "kind=='thought'"
data = { text = "text" }
more = true
[[read]]
when = "items"
says = "agent_completed"
each = "items"
if = "kind=='end'"
data = { response = "text" }
set = { "data.status" = "succeeded" }
%s
"""
RUN = """
[[read]]
when = "word"
says = "nothing"
keep = { answer = "word" }
[[read]]
when = "over"
says = "agent_completed"
get = { run_id = "run" }
data = { response = "%s.answer" }
set = { "data.status" = "succeeded" }
"""
FRAMING = """
import base64, json
class Packed:
    def opening(self): return []
    def decode(self, frame): return [json.loads(base64.b85decode(frame))]
    def encode(self, message): return base64.b85encode(json.dumps(message).encode())
    def reply(self, frame): return [b"seen"] if isinstance(frame, bytes) else []
"""


def loaded(folder: Path, text: str) -> Dialect:
    path = folder / "ours.toml"
    path.write_text(text, "utf-8")
    return load_dialect(str(path))


def test_a_member_of_a_list_that_no_rule_takes_is_reported(tmp_path: Path) -> None:
    said = loaded(tmp_path, START + LIST % "").read(
        '{"id": "r", "items": [{"kind": "thought", "text": "hm"}, {"kind": "dance"}]}'
    )
    assert [type(fact) for fact in said] == [facts.Event, facts.Unreadable]
    told = "1 of 2 members of items that no rule understands, the first is number 2"
    assert said[1] == facts.Unreadable(why=told)


def test_a_member_that_is_said_to_be_ignored_is_not_reported(tmp_path: Path) -> None:
    ignoring = (
        'more = true\n[[read]]\nwhen = "items"\nsays = "ignored"\neach = "items"\n'
        "if = \"kind=='dance'\""
    )
    said = loaded(tmp_path, START + LIST % ignoring).read(
        '{"id": "r", "items": [{"kind": "thought", "text": "hm"}, {"kind": "dance"}]}'
    )
    assert [type(fact) for fact in said] == [facts.Event, facts.Ignored]


def test_a_rule_that_has_had_its_turn_leaves_its_list_alone(tmp_path: Path) -> None:
    text = START + (LIST % "").replace("more = true\n", "once = true\n", 1)
    conversation = loaded(tmp_path, text).conversation(Person())
    frame = '{"id": "r", "items": [{"kind": "thought", "text": "hm"}]}'
    heard = [conversation.read(frame).facts for _ in range(2)]
    assert [len(said) for said in heard] == [1, 0]


def test_what_is_kept_does_not_hide_a_run_of_the_message(tmp_path: Path) -> None:
    (problem,) = problems_of(START + RUN % "run")
    assert re.search(r"line \d+, read\[1\]: .*write kept\.answer", problem), problem
    conversation = loaded(tmp_path, START + RUN % "kept").conversation(Person())
    conversation.read('{"id": "r-1", "word": "84"}')
    (event,) = conversation.read('{"id": "r-1", "run": "r-1", "over": true}').facts
    assert isinstance(event, facts.Event)
    assert (event.run_id, event.data["response"], event.problems) == ("r-1", "84", ())


def test_secrets_are_found_whatever_they_are_packed_in(tmp_path: Path) -> None:
    (tmp_path / "packed.py").write_text(FRAMING, "utf-8")
    rule = '[frames]\nframing = "packed.py:Packed"\n[[read]]\nwhen = "word"\n'
    rule += 'says = "agent_completed"\ndata = { response = "word" }\n'
    rule += 'set = { "data.status" = "succeeded" }\n'
    conversation = loaded(tmp_path, START + rule).conversation(Person())
    secret = "a-secret-that-nobody-else-may-see"
    redactor = Redactor()
    redactor.add_secret(secret, "token")
    frame = base64.b85encode(json.dumps({"id": "r", "word": secret}).encode())
    text = conversation.as_text(frame)
    assert isinstance(text, str)
    assert secret in text
    heard = conversation.read(redactor.redact(text))
    (event,) = heard.facts
    assert isinstance(event, facts.Event)
    assert secret not in event.data["response"]
    assert event.data["response"]
    assert [reply.text for reply in heard.replies] == [b"seen"]


ASKS_FIRST = """
format = 2
name = "asks"
[handshake]
path = "/"
[handshake.ways.header]
%s
[[hello]]
wait = "hello"
[[hello]]
send = { key = "{token}" }
wait = "welcome"
[send.ask]
message = { ask = "{text}", id = "{request_id}" }
[[read]]
when = "hello || welcome"
says = "ignored"
[[read]]
when = "done"
says = "agent_completed"
data = { response = "done" }
set = { "data.status" = "succeeded" }
"""


def test_what_everyone_is_asked_first_is_no_answer_to_a_stranger(tmp_path: Path) -> None:
    def heard(dialect: Dialect, text: str) -> list[type]:
        conversation = dialect.conversation(Person())
        conversation.handshake("bad", "header")
        conversation.opened("bad")
        conversation.read('{"hello": 1}')
        return [type(fact) for fact in conversation.read(text).facts]

    asks = loaded(tmp_path, ASKS_FIRST % "")
    assert [type(f) for f in first(asks)] == [facts.Ignored, facts.Challenge]
    assert heard(asks, '{"hello": 1}') == [facts.Ignored], "it asks once"
    assert heard(asks, '{"done": "84"}') == [facts.Event]
    by_header = loaded(tmp_path, ASKS_FIRST % 'headers = { Authorization = "{token}" }')
    assert [type(f) for f in first(by_header)] == [facts.Ignored]


def first(dialect: Dialect) -> tuple[facts.AnyFact, ...]:
    conversation = dialect.conversation(Person())
    conversation.handshake("bad", "header")
    conversation.opened("bad")
    return conversation.read('{"hello": 1}').facts
