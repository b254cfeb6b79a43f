"""Identifiers with colons, slashes or letters beyond ASCII: found wherever they stand."""

from __future__ import annotations

import json
import time

import pytest

from support.journal import Redactor
from support.journal.unusual_names import UnusualNames

NAMES = ("urn:run:2026.Ab:c-d.v1", "user/ü 7", "早上", "a b", 'x"y\\z')


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_found_plain_and_as_json_writes_it(name: str) -> None:
    names = UnusualNames()
    for other in NAMES:
        names.add(other)
    for text in (f"of {name}.", json.dumps({"run": name}), json.dumps(name, ensure_ascii=False)):
        assert names.found_in(text.lower()) == {name.lower()}


def test_a_name_within_a_longer_word_is_another_name() -> None:
    names = UnusualNames()
    names.add("urn:run:7")
    assert not names.found_in("urn:run:77 xurn:run:7 urn:run:7-b")


def test_names_that_begin_alike_are_told_apart() -> None:
    names = UnusualNames()
    for number in range(50):
        names.add(f"conversation:history:{number}")
    assert names.found_in("in conversation:history:31, not :3") == {"conversation:history:31"}


def test_thousands_of_names_take_no_longer_than_the_frame_took_to_come() -> None:
    redactor = Redactor()
    for number in range(5_000):
        redactor.add_identifier(f"urn:run:2026.{number:x}:{number}", "run", f"user{number}")
    frame = json.dumps({"run_id": "urn:run:2026.1f:31", "text": "word " * 50})
    started = time.perf_counter()
    for _ in range(100):
        assert redactor.mentions(frame) == ("run:user31",)
    assert time.perf_counter() - started < 0.5, "100 frames"
