"""A backend on Socket.IO with connection state recovery: each device comes back as itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.config import DeploymentError
from support.dialects import Dialect, Person, load_dialect, new_nonce
from support.dialects.conversation import Conversation
from support.dialects.framings import SocketIo
from support.dialects.loading import problems_of
from support.journal import facts

FILE = """
format = 2
name = "tutor"
[handshake]
path = "/socket.io/?EIO=4&transport=websocket"
[handshake.ways.header]
[frames]
framing = "socket.io"
[[hello]]
when = "new"
send = { connect = { token = "{token}" } }
wait = "event=='connect'"
keep = { pid = "data.pid" }
[[hello]]
when = "back"
send = { connect = { token = "{token}", pid = "{pid}", offset = "{cursor}" } }
wait = "event=='connect' && data.pid=='{pid}'"
keep = { pid = "data.pid" }
[send.ask]
message = { event = "ask", data = { ref = "{request_id}", text = "{text}" }, ack = "{number}" }
[resume]
mode = "cursor"
cursor = "data[1]"
[claims]
body = { data = { user = "{user_id}" } }
[[read]]
when = "event=='ack'"
says = "accepted"
get = { request_id = "data.ref", run_id = "data.run" }
[[read]]
when = "event=='done'"
says = "agent_completed"
get = { run_id = "data[0].run" }
data = { response = "data[0].answer" }
set = { "data.status" = "succeeded" }
"""


FIRST_OPEN = "[[hello]]\nwait = \"event=='open'\"\n[[hello]]"
#: The same, and the token travels in the handshake.
BY_COOKIE = (
    FILE.replace("ways.header]", 'ways.header]\nheaders = { Cookie = "t={token}" }')
    .replace('token = "{token}", pid', "pid")
    .replace('token = "{token}"', 'device = "web"')
    .replace("[[hello]]", FIRST_OPEN, 1)
)
PINGED_BY_ACK = """
[send.ping]
message = { event = "anything", ack = "{nonce}" }
[[read]]
when = "event=='ack' && !(data.ref)"
says = "pong"
get = { nonce = { at = "ack", is = "integer" } }
"""


@pytest.fixture
def tutor(tmp_path: Path) -> Dialect:
    path = tmp_path / "tutor.toml"
    path.write_text(FILE, "utf-8")
    return load_dialect(str(path))


def opened(tutor: Dialect, person: Person, *, again: bool = False) -> tuple[Conversation, Any]:
    """A connection of a device, new or `again`, and the payload of its connect."""
    conversation = tutor.conversation(person)
    conversation.handshake("T", "header", resuming=again)
    (connect,) = conversation.opened("T")
    (message,) = SocketIo().decode(connect.text)
    return conversation, message["data"]


def answers(conversation: Conversation, pid: str) -> None:
    conversation.read(f'40{{"sid":"s","pid":"{pid}"}}')
    assert conversation.established


def test_each_device_comes_back_with_what_it_was_given_itself(tutor: Dialect) -> None:
    alice = Person()
    phone, said = opened(tutor, alice)
    assert said == {"token": "T"}
    answers(phone, "phone-1")
    laptop, said = opened(tutor, alice)
    assert said == {"token": "T"}, "a new device came back as the other one"
    answers(laptop, "laptop-1")
    phone.read('42["done",{"run":"r","answer":"a"},"p-7"]')
    laptop.read('42["done",{"run":"r","answer":"a"},"l-9"]')
    phone.over()
    phone, said = opened(tutor, alice, again=True)
    assert said == {"token": "T", "pid": "phone-1", "offset": "p-7"}
    answers(phone, "phone-1")
    laptop.over()
    _, said = opened(tutor, alice, again=True)
    assert said == {"token": "T", "pid": "laptop-1", "offset": "l-9"}


def test_what_came_before_a_greeting_that_never_came_is_asked_for_again(tutor: Dialect) -> None:
    """Missed events come before the answer to the connect; a connection may be lost in between."""
    alice = Person()
    phone, _ = opened(tutor, alice)
    answers(phone, "phone-1")
    phone.read('42["done",{"run":"r-1","answer":"a"},"p-7"]')
    phone.over()
    phone, said = opened(tutor, alice, again=True)
    assert said["offset"] == "p-7"
    phone.read('42["done",{"run":"r-2","answer":"b"},"p-8"]')
    phone.over()
    phone, said = opened(tutor, alice, again=True)
    assert said["offset"] == "p-7"
    phone.read('42["done",{"run":"r-2","answer":"b"},"p-8"]')
    answers(phone, "phone-1")
    phone.over()
    _, said = opened(tutor, alice, again=True)
    assert said["offset"] == "p-8"


def test_a_question_in_a_framing_is_recognized_on_its_way(tutor: Dialect) -> None:
    question = tutor.speaker().ask("q-1", "What is 12 * 7?")
    assert isinstance(question.text, str)
    assert tutor.asks(question.text.encode())
    assert not tutor.asks(b'42["abort",{"run":"r-1"}]')
    assert not tutor.asks(b"2")


def test_a_question_with_json_in_a_string_is_recognized_on_its_way(tmp_path: Path) -> None:
    path = tmp_path / "packed.toml"
    packed = 'data = { "$json" = { ref = "{request_id}", text = "{text}" } }'
    path.write_text(FILE.replace('data = { ref = "{request_id}", text = "{text}" }', packed))
    dialect = load_dialect(str(path))
    question = dialect.speaker().ask("q-1", "Hello")
    assert isinstance(question.text, str)
    assert dialect.asks(question.text.encode())


def test_a_claim_goes_beside_what_an_event_says(tutor: Dialect) -> None:
    user = tutor.speaker()
    claiming = user.claiming(user.ask("q-1", "Hello"), "body", "u-alice")
    (message,) = SocketIo().decode(claiming.text)
    assert message["data"] == {"ref": "q-1", "text": "Hello", "user": "u-alice"}


@pytest.mark.parametrize(
    ("was", "wrong", "told"),
    [
        (
            'message = { event = "ask", data = { ref = "{request_id}", text = "{text}" },'
            ' ack = "{number}" }',
            'message = ["ask", { ref = "{request_id}", text = "{text}" }]',
            "send.ask.message: it is neither an event nor a connect",
        ),
        (
            '{ connect = { token = "{token}" } }',
            '{ auth = "{token}" }',
            "hello[0].send: it is neith",
        ),
        (', ack = "{number}" }', ', id = "{number}" }', "'id' would not be sent"),
        ("data = { ref", "args = { ref", "args is the list of the arguments"),
        (', ack = "{number}" }', ', args = ["x"] }', "'args' would not be sent"),
        ('{ connect = { token = "{token}" } }', '{ event = "x", connect = {} }', "'event' would"),
        ("[resume]\n", "[resume]\nagain = true\n", "resume.again: it would mean nothing"),
    ],
)
def test_a_message_that_socket_io_cannot_send_is_an_error_of_the_file(
    was: str, wrong: str, told: str
) -> None:
    assert was in FILE
    (problem,) = problems_of(FILE.replace(was, wrong))
    assert told in problem
    assert "line " in problem


def test_an_event_may_have_several_arguments() -> None:
    framing = SocketIo()
    sent = framing.encode({"event": "ask", "args": ["room-1", {"q": 1}], "ack": 4})
    assert sent == '424["ask", "room-1", {"q": 1}]'
    assert framing.decode(sent) == [{"event": "ask", "data": ["room-1", {"q": 1}], "ack": 4}]


def test_a_framing_that_cannot_encode_says_so(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "class Mine:\n"
        "    def opening(self):\n        return []\n"
        "    def encode(self, message):\n        return message['missing']\n"
    )
    path = tmp_path / "mine.toml"
    path.write_text(FILE.replace('"socket.io"', '"mine.py:Mine"'), "utf-8")
    with pytest.raises(DeploymentError, match=r"the framing cannot encode a message \(KeyError"):
        load_dialect(str(path)).speaker().ask("q-1", "Hello")


def test_the_example_of_the_guide_is_a_part_of_a_dialect() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "dialects.md").read_text("utf-8")
    example = guide.partition("### Socket.IO")[2].partition("```toml\n")[2].partition("```")[0]
    rules = FILE[FILE.index("[[read]]") :]
    assert "[resume]" in example
    assert problems_of(f'format = 2\nname = "guide"\n{example}{rules}') == []


@pytest.mark.parametrize("file", [FILE.replace("[[hello]]", FIRST_OPEN, 1), BY_COOKIE])
def test_what_everybody_gets_before_they_connect_is_no_admission(file: str, tmp_path: Path) -> None:
    (tmp_path / "tutor.toml").write_text(file, "utf-8")
    conversation = load_dialect(str(tmp_path / "tutor.toml")).conversation(Person())
    conversation.handshake(None, "header")
    conversation.opened(None)
    assert conversation.read('0{"sid":"e","pingInterval":25000}').facts == (facts.Challenge(),)
    (admitted,) = conversation.read('40{"sid":"s","pid":"p"}').facts
    assert isinstance(admitted, facts.Ready)


def test_an_acknowledgement_answers_a_ping(tmp_path: Path) -> None:
    path = tmp_path / "tutor.toml"
    first = PINGED_BY_ACK + "[[read]]"
    path.write_text(FILE.replace("[[read]]", first, 1), "utf-8")
    tutor, alice = load_dialect(str(path)), Person()
    conversation, _ = opened(tutor, alice)
    answers(conversation, "phone-1")
    nonce = new_nonce()
    ping = tutor.speaker(alice).ping(nonce).text
    assert ping == f'42{nonce}["anything"]'
    assert conversation.read(f"43{nonce}[]").facts == (facts.Pong(nonce=nonce),)


def test_an_acknowledgement_has_a_number() -> None:
    with pytest.raises(ValueError, match="an ack is a whole number, not 'fence-7'"):
        SocketIo().encode({"event": "ask", "ack": "fence-7"})
