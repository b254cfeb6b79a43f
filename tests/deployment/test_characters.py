"""Half a surrogate pair is found wherever it stands, and whole ones are accepted."""

from __future__ import annotations

import json

import pytest

from support.config.characters import half_a_character
from support.dialects import load_dialect
from support.journal import facts

DIALECT = load_dialect("agent-chat-v1")
HIGH, LOW = "\ud83d", "\ude00"


@pytest.mark.parametrize("half", [HIGH, LOW, f"a{HIGH}b", f"{LOW}{HIGH}", f"{HIGH}{HIGH}{LOW}"])
@pytest.mark.parametrize(
    ("message", "where"),
    [
        ({"type": "pong", "nonce": "HALF"}, "nonce"),
        ({"type": "agent_thinking", "data": {"text": "HALF", "step": 1}}, "data.text"),
        ({"type": "x", "data": {"list": [1, ["ok", "HALF"]]}}, "data.list[1][1]"),
        ({"type": "x", "data": {"HALF": 1}}, "the name of a field of data"),
        ({"type": "HALF"}, "type"),
        ("HALF", "the message"),
    ],
)
def test_half_a_surrogate_pair_is_named_with_its_place(
    message: object, where: str, half: str
) -> None:
    escaped = json.dumps(half)[1:-1]
    frame = json.dumps(message).replace("HALF", escaped)
    (fact,) = DIALECT.read(frame)
    assert fact == facts.Unreadable(why=f"half a surrogate pair in {where}")


@pytest.mark.parametrize(
    "frame", ['{"type":"pong","nonce":"\\ud83d\\ude00"}', '{"type":"x"', "[[["]
)
def test_whole_characters_and_other_breakage_are_something_else(frame: str) -> None:
    assert half_a_character(frame) == ""
