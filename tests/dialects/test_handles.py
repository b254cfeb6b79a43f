"""Handles to come back by: each replaces the one before, and may become void."""

from __future__ import annotations

import json
from pathlib import Path

import live_agent
import pytest
from live_agent import HANDLES, Agent
from test_connection_ends import met

from support.dialects import Conversation, Person, load_dialect
from support.dialects.loading import DIALECTS, problems_of

ROOT = Path(__file__).resolve().parents[2]
CURSOR = '[resume]\nmode = "cursor"\nquery = { handle = "{cursor}" }\n'


def back(dialect: Path, *messages: dict[str, object]) -> tuple[str, bool]:
    """The path by which a device comes back that has heard these, and whether it begins anew."""
    person = Person()
    first = opened(dialect, person)
    for message in messages:
        first.read(json.dumps(message))
    first.over()
    again = load_dialect(str(dialect)).conversation(person)
    path = again.handshake(None, "header", resuming=True).path
    again.opened(None)
    (greeting,) = again.read('{"hi": true}').facts
    return path, bool(getattr(greeting, "anew", None))


def opened(dialect: Path, person: Person) -> Conversation:
    conversation = load_dialect(str(dialect)).conversation(person)
    conversation.handshake(None, "header")
    conversation.opened(None)
    conversation.read('{"hi": true}')
    return conversation


def handle(good: bool, **what: str) -> dict[str, object]:
    return {"handle": {"good": good, **what}}


@pytest.mark.parametrize(
    ("messages", "path", "anew"),
    [
        ((handle(True, id="a"), handle(True, id="b")), "/live?handle=b", False),
        ((handle(True, id="a"), handle(False)), "/live", True),
        ((handle(True, id="a"), handle(False, id="b")), "/live", True),
        ((handle(True, id="a"), handle(True, id="")), "/live", True),
        ((handle(False), handle(True, id="b")), "/live?handle=b", False),
        ((), "/live", False),
    ],
    ids=["replaced", "void", "void with a name", "empty", "valid again", "never told"],
)
def test_a_device_comes_back_by_its_newest_handle(
    messages: tuple[dict[str, object], ...], path: str, anew: bool, tmp_path: Path
) -> None:
    dialect = live_agent.written(tmp_path, HANDLES, resume=CURSOR)
    assert back(dialect, *messages) == (path, anew)


def test_plain_rules_follow_the_place_of_a_device(tmp_path: Path) -> None:
    text = live_agent.written(tmp_path, resume=CURSOR + 'cursor = "at"\n').read_text("utf-8")
    plain = '[[read]]\nwhen = "type==\'note\'"\nsays = "ignored"\nget = { type = "at" }\n'
    first = text.index("[[read]]")
    path = tmp_path / "plain.toml"
    path.write_text(text[:first] + plain + text[first:], "utf-8")
    assert back(path, {"type": "note", "at": "c-7"}) == ("/live?handle=c-7", False)


def test_what_is_missed_by_a_valid_handle_is_owed(tmp_path: Path) -> None:
    dialect = live_agent.written(tmp_path, HANDLES, resume=CURSOR)
    _, whole = met(tmp_path, Agent(), dialect)
    assert whole.ok, whole.summary


def test_a_run_that_is_lost_to_a_void_handle_is_not_assessed(tmp_path: Path) -> None:
    dialect = live_agent.written(tmp_path, HANDLES, resume=CURSOR)
    _, whole = met(tmp_path, Agent({"says_void"}), dialect)
    assert (whole.state, whole.cause) == ("unknown", "not_offered")


def test_a_valid_handle_that_brings_nothing_back_is_a_loss(tmp_path: Path) -> None:
    dialect = live_agent.written(tmp_path, HANDLES, resume=CURSOR)
    _, whole = met(tmp_path, Agent({"forgets"}), dialect)
    assert whole.state == "failed"


def test_gemini_live_resumes_by_what_its_page_adds(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "dialects" / "gemini-live.md").read_text("utf-8")
    added = page.split("```toml\n")[-1].split("```")[0]
    resume, setup, rule = added.strip().split("\n\n")
    text = (DIALECTS / "gemini-live.toml").read_text("utf-8")
    for given in (resume, setup):
        head = given.splitlines()[0]
        text = text.replace(f"{head}\n" + 'mode = "none"\n' * (head == "[resume]"), f"{given}\n")
    first = text.index("[[read]]")
    path = tmp_path / "gemini.toml"
    path.write_text(text[:first] + rule + "\n" + text[first:], "utf-8")
    person, sent = Person(), []
    for update in ({"newHandle": "h-1", "resumable": True}, {"resumable": False}, {}):
        conversation = load_dialect(str(path)).conversation(person)
        conversation.handshake("T", "header", resuming=True)
        (hello,) = conversation.opened("T")
        sent.append(json.loads(hello.text)["setup"]["sessionResumption"])
        conversation.read('{"setupComplete": {}}')
        conversation.read(json.dumps({"sessionResumptionUpdate": update}))
        conversation.over()
    assert sent == [{}, {"handle": "h-1"}, {}]


@pytest.mark.parametrize(
    ("rules", "resume", "told"),
    [
        (HANDLES, '[resume]\nmode = "none"\n', "a handle would never be used without"),
        (HANDLES.replace("valid =", "good ="), CURSOR, "handle has no 'good'"),
        (
            '[[read]]\nwhen = "handle"\nsays = "handle"\nset = { valid = false }\n',
            CURSOR,
            "a valid has to come from the message",
        ),
    ],
    ids=["never used", "no such field", "void by the file"],
)
def test_a_handle_that_proves_nothing_is_refused(
    rules: str, resume: str, told: str, tmp_path: Path
) -> None:
    (problem,) = problems_of(live_agent.written(tmp_path, rules, resume=resume).read_text("utf-8"))
    assert told in problem
    assert problem.startswith("line ")
