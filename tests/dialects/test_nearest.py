"""The rule that nearly took a message is found, with the condition that fails."""

import msgspec
import pytest

from support.dialects import load_dialect
from support.dialects.dialect import Dialect
from support.dialects.loading import dialect_path
from support.dialects.nearest import nearest, rule_lines
from support.dialects.schema import Rule


def dialect(*whens: str) -> Dialect:
    data = load_dialect("agent-chat-v1").data
    rules = [Rule(when=when, says="ignored") for when in whens]
    return Dialect(msgspec.structs.replace(data, read=rules))


@pytest.mark.parametrize(
    ("message", "number", "fails", "was"),
    [
        ({"a": "x", "b": "z"}, 0, "b=='y'", '"z"'),
        ({"a": "x"}, 0, "b=='y'", "missing"),
        ({"a": "other", "d": {"e": "finishd"}}, 1, "d.e=='finished'", '"finishd"'),
        ({"a": "q", "n": 1}, 2, "n>`3`", "1"),
    ],
)
def test_the_rule_of_which_most_holds(message: object, number: int, fails: str, was: str) -> None:
    rules = dialect("a=='x' && b=='y'", "d.e=='finished'", "a=='q' && n > `3`").wire.reader.rules
    found = nearest(rules, message)
    assert found is not None
    assert (found.rule.number, found.fails, found.was) == (number, fails, was)


def test_nothing_is_near_a_message_of_another_kind() -> None:
    assert nearest(dialect("a=='x'").wire.reader.rules, {"zebra": 1}) is None


def test_the_line_of_each_rule_is_that_of_its_condition() -> None:
    text = dialect_path("agent-chat-v1").read_text("utf-8")
    lines, rules = rule_lines(text), load_dialect("agent-chat-v1").data.read
    assert len(lines) == len(rules)
    for line, rule in zip(lines, rules, strict=True):
        assert rule.when in text.splitlines()[line - 1]


@pytest.mark.parametrize(
    "when", ["a[0:2] && b", "a[?b=='c'].d && e=='f'", "*.a", "[a, b]", "{a: b}"]
)
def test_any_condition_can_be_looked_at(when: str) -> None:
    nearest(dialect(when).wire.reader.rules, {"a": [1], "b": 2, "e": "g"})
