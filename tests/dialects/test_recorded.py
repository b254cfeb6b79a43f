"""What real systems sent, and what their dialects make of it.

Each recording under `recorded/<dialect>` is one session: connections that open, questions, calls
answered, and the messages received, in order. Beside it, in `.facts`, is what has to be understood:
a line for every fact that is more than "ignored", and every message sent back at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from support.dialects import load_dialect
from support.dialects.speaker import Person
from support.journal import facts

RECORDED = Path(__file__).parent / "recorded"
SESSIONS = sorted(RECORDED.glob("*/*.jsonl"))
REAL = (
    "codex-app-server",
    "dagster",
    "gemini-live",
    "jupyter-server",
    "openai-realtime",
    "openai-responses",
    "openhands",
)
#: What earlier calls and dialogues have captured.
KNOWN = {"token": "T", "user_id": "me", "kernel": "k", "conversation": "c", "chat": "t"}


@pytest.mark.parametrize("session", SESSIONS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_a_recorded_session_is_understood(session):
    expected = session.with_suffix(".facts").read_text("utf-8").splitlines()
    assert list(understood(session)) == expected


@pytest.mark.parametrize("session", SESSIONS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_every_recorded_message_meets_a_rule(session):
    assert not [line for line in understood(session) if line.startswith("unreadable")]


def test_each_real_system_has_recordings_of_good_and_failed_runs():
    found = {(path.parent.name, path.stem) for path in SESSIONS}
    for system in REAL:
        assert {(system, "failing")} < {(name, what) for name, what in found if name == system}


def understood(session: Path) -> Iterator[str]:
    """A line for each thing that the dialect understood."""
    dialect = load_dialect(session.parent.name)
    person = Person()
    person.values.update({**dialect.data.variables, **KNOWN})
    conversation = dialect.conversation(person)
    for line in session.read_text("utf-8").splitlines():
        row = json.loads(line)
        if "open" in row:
            conversation.over()
            conversation = dialect.conversation(person)
            opening = conversation.handshake("T", "header", resuming=row["open"]["again"])
            yield f"open {opening.path.split('session_id')[0]}"
            conversation.opened("T")
        elif "asked" in row:
            fact = facts.Asked(request_id=row["asked"], answer=(), ends="succeeded")
            conversation.sent(fact)
            yield f"asked {row['asked']}"
        elif "answered" in row:
            asked = dialect.speaker(person).ask("question-1", "text")
            assert asked.request is not None
            given = row["answered"]
            body = json.dumps(given["body"])
            heard = conversation.answered(given["status"], body, asked.request)
            yield from told(heard)
        else:
            yield from told(conversation.read(json.dumps(row["in"])))


def told(heard: Any) -> Iterator[str]:
    """Facts and replies, a line each; messages of no interest are left out."""
    for fact in heard.facts:
        if not isinstance(fact, facts.Ignored):
            yield described(fact)
    for reply in heard.replies:
        if getattr(reply.fact, "what", "") == "reply":
            yield "reply " + reply.text.replace("\n", " ")[:120]


def described(fact: facts.AnyFact) -> str:
    """The fact's kind and what it says, without what is empty."""
    said = {
        k: v for k, v in msgspec.to_builtins(fact).items() if v not in (None, "", [], {}, False)
    }
    kind = said.pop("fact")
    if kind == "event":
        kind = said.pop("type")
    return " ".join((kind, json.dumps(said, ensure_ascii=False, sort_keys=True)))
