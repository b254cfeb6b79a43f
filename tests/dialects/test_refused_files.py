"""Mistakes in a dialect file are found when it is loaded, not by a step of a gate."""

from __future__ import annotations

import re
import tomllib

import pytest

from support.deployment import deployment
from support.dialects.expressions import MISSING, compiled
from support.dialects.loading import dialect_path, problems_of
from support.dialects.values import CAPABILITIES, QUESTION_KINDS

TEXT = dialect_path("agent-chat-v1").read_text("utf-8")
PLAIN = re.compile(r"^plain = .*$", re.MULTILINE)


def only_problem(text: str) -> str:
    """What is wrong with it, by key; the line is that of the key."""
    (problem,) = problems_of(text)
    found = re.fullmatch(r"line (\d+), (.*)", problem)
    assert found is not None, problem
    key = re.split(r"[.:]", found[2].partition(": ")[0])[-1]
    assert key in text.splitlines()[int(found[1]) - 1], problem
    return found[2]


def with_line(table: str, line: str) -> str:
    """The file with one more line in a table."""
    assert f"[{table}]\n" in TEXT
    return TEXT.replace(f"[{table}]\n", f"[{table}]\n{line}\n")


# --- questions


def test_a_prompt_has_no_other_placeholders_than_its_own() -> None:
    text = PLAIN.sub('plain = "{bar} My note is {canary} {filler} ({tag})"', TEXT, count=1)
    assert "{bar}" in text
    assert problems_of(text.replace("{bar}", "")) == []
    assert only_problem(text) == "prompts.plain: nothing is kept as {bar}"


@pytest.mark.parametrize(
    ("table", "line"),
    [
        ("prompts", 'tol = "{canary} {tag}"'),
        ("answers", 'tol = ["84"]'),
        ("failures", 'tol = "E_ONE"'),
        ("results", 'tol = { calculator = "84" }'),
    ],
)
def test_a_kind_of_question_that_nobody_asks_is_refused(table: str, line: str) -> None:
    told = f"{table}.tol: there is no such kind of question (did you mean 'tool'?); there are: "
    assert only_problem(with_line(table, line)).startswith(told + "plain, tool, ")


def test_every_kind_of_question_has_a_prompt_in_the_usual_dialect() -> None:
    assert set(tomllib.loads(TEXT)["prompts"]) == set(QUESTION_KINDS)


ANSWER, RESULT = 'page = ["({tag})"]', 'long = { calculator = "84" }'


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (ANSWER, 'page = [""]', "answers.page: every answer would be right: name a word"),
        (ANSWER, 'page = ["84", " "]', "answers.page: every answer would be right: name a word"),
        (ANSWER, "page = []", "answers.page: every answer would be right: leave the key out"),
        (RESULT, 'long = { c = "" }', "results.long.c: every result would be right: name a word"),
        (RESULT, "long = {}", "results.long: it names no tool: leave the key out"),
    ],
)
def test_words_that_make_every_answer_right_are_refused(old: str, new: str, told: str) -> None:
    assert TEXT.count(old) == 1
    (problem,) = problems_of(TEXT.replace(old, new))
    assert told in problem


# --- expressions


@pytest.mark.parametrize("pattern", ["[", "(?P<a", "*", "a{99999999999}"])
def test_a_pattern_that_is_none_is_refused(pattern: str) -> None:
    text = TEXT.replace("type=='pong'", f"find('{pattern}', type)")
    told = f"{pattern!r} is no regular expression: {reason(pattern)}"
    assert only_problem(text).endswith(f"when: {told}")


def reason(pattern: str) -> str:
    """What Python has against it."""
    with pytest.raises((re.error, OverflowError)) as error:
        re.compile(pattern)
    return str(error.value)


DEEP = 100_000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("find(a, b)", {"a": "[", "b": "x"}),
        ("json(a).b", {"a": "[" * DEEP}),
        ("json(a)", {"a": "[" * 200 + "]" * 200}),
        ("json(a)", {"a": '"\\ud800"'}),
        ("json(a)", {"a": "NaN"}),
    ],
)
def test_what_cannot_be_evaluated_has_no_value(text: str, message: dict[str, str]) -> None:
    assert compiled(text)(message) in (MISSING, None)


# --- addresses and frames


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('path = "/ws"', 'path = "ws"', "handshake.path"),
        ('path = "/ws"', 'path = "?room=1"', "handshake.path"),
        ('post = "/token/refresh"', 'post = "token"', "http.refresh.post"),
        ('health = "/health"', 'health = "health"', "http.health"),
    ],
)
def test_a_path_without_a_slash_is_refused(old: str, new: str, key: str) -> None:
    assert TEXT.count(old) == 1
    path = new.partition(" = ")[2].strip('"')
    told = f"{key}: the path {path!r} does not begin with a slash"
    assert only_problem(TEXT.replace(old, new)) == told
    assert problems_of(TEXT.replace(old, f'{new.partition(" = ")[0]} = "{{token}}"')) == []


@pytest.mark.parametrize("wrong", ["zz", "8", "0x89"])
def test_binary_input_that_is_no_hex_is_refused(wrong: str) -> None:
    entry = f'[broken."a strange frame"]\nbinary = "{wrong}"\nclose = [1003]\n'
    assert problems_of(TEXT + entry.replace(wrong, "89 50")) == []
    assert f"broken.a strange frame.binary: {wrong!r} is no hex: " in only_problem(TEXT + entry)


# --- reasons


def test_a_reason_that_no_report_would_give_is_refused() -> None:
    text = f'{TEXT}\n[cannot]\npositon = "none"\n'
    told = "no report would give this reason: nothing is called 'positon' (did you mean 'positions'"
    assert only_problem(text).startswith(f"cannot.positon: {told}")
    for name in (*CAPABILITIES, "cancel", "tools"):
        assert problems_of(f'{TEXT}\n[cannot]\n{name} = "none"\n') == []


def test_a_reason_can_be_given_for_all_that_a_deployment_may_lack() -> None:
    assert set(CAPABILITIES) == set(deployment.CAPABILITIES)
