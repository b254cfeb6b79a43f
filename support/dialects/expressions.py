"""Expressions of dialect files: JMESPath, compiled when the file is loaded. Pure functions.

What most rules are (dotted paths, comparisons, and / or / not) becomes plain Python closures; all
else is left to the JMESPath interpreter, with a few functions of our own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import jmespath
from jmespath import functions
from jmespath.exceptions import JMESPathError
from jmespath.visitor import Options, TreeInterpreter

from support.dialects.json_text import as_json

#: Takes a message, gives a value; `MISSING` where a path leads nowhere.
Getter = Callable[[Any], Any]

MISSING = object()


class ExpressionError(ValueError):
    """An expression that does not compile; the message says why."""


class _Functions(functions.Functions):  # type: ignore[misc]  # jmespath has no types
    """What JMESPath lacks: regular expressions, times, JSON inside a string, division."""

    @functions.signature({"types": ["string"]}, {"types": ["string", "null"]})
    def _func_find(self, pattern: str, text: str | None) -> str | None:
        found = re.search(pattern, text) if text is not None else None
        if found is None:
            return None
        return found.group(1) if found.re.groups else found.group()

    @functions.signature({"types": ["string", "null"]})
    def _func_unix(self, text: str | None) -> float | None:
        """Unix seconds of an ISO 8601 time; without a zone it is taken as UTC."""
        if text is None:
            return None
        try:
            when = datetime.fromisoformat(text)
        except ValueError:
            return None
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()

    @functions.signature({"types": ["string", "null"]})
    def _func_json(self, text: str | None) -> Any:
        return as_json(text) if text is not None else None

    @functions.signature({"types": ["number", "null"]}, {"types": ["number"]})
    def _func_div(self, number: float | None, by: float) -> float | None:
        return None if number is None or by == 0 else number / by


_OPTIONS = Options(custom_functions=_Functions())
_INTERPRETER = TreeInterpreter(_OPTIONS)


@lru_cache(maxsize=4096)
def compiled(text: str) -> Getter:
    """The value of the expression in a message: `MISSING` or None where there is none.

    Raises `ExpressionError` when `text` is no JMESPath. What it returns raises nothing: an
    expression that cannot be evaluated on a message has no value there.
    """
    return _compile(parsed(text))


def parsed(text: str) -> dict[str, Any]:
    """The syntax tree of an expression. Raises `ExpressionError`."""
    try:
        tree: dict[str, Any] = jmespath.compile(text).parsed
    except (JMESPathError, ValueError) as error:
        raise ExpressionError(str(error).split("\n")[0].rstrip(":")) from error
    _check_functions(tree)
    return tree


def is_true(value: Any) -> bool:
    """JMESPath's truth: numbers are true, and what is missing, false or empty is not."""
    if value is MISSING or value is None or value is False:
        return False
    return not isinstance(value, str | list | dict) or bool(value)


def captured(message: Any, wanted: Mapping[str, str]) -> dict[str, str]:
    """What `message` has of the values wanted, as texts, by name; what it lacks is left out."""
    found = {name: compiled(text)(message) for name, text in wanted.items()}
    return {k: str(v) for k, v in found.items() if v is not MISSING and v not in (None, "")}


def dotted(tree: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The keys of a plain dotted path, None for any other expression."""
    if tree["type"] == "field":
        return (tree["value"],)
    if tree["type"] == "subexpression":
        parts = [dotted(child) for child in tree["children"]]
        if all(parts):
            return tuple(key for part in parts if part for key in part)
    return None


def paths(tree: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Every plain dotted path in an expression, each as long as it is."""
    path = dotted(tree)
    if path is not None:
        yield path
    else:
        for child in tree["children"]:
            if isinstance(child, Mapping):
                yield from paths(child)


def wrong_patterns(tree: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with each pattern of `find` that stands in the expression itself."""
    children = [child for child in tree["children"] if isinstance(child, Mapping)]
    if tree["type"] == "function_expression" and tree["value"] == "find":
        for given in children[:1]:
            try:
                re.compile(given["value"] if given["type"] == "literal" else "")
            except (re.error, TypeError, OverflowError, RecursionError) as error:
                yield f"{given['value']!r} is no regular expression: {error}"
    for child in children:
        yield from wrong_patterns(child)


def _check_functions(tree: Mapping[str, Any]) -> None:
    if tree["type"] == "subexpression" and tree["children"][0]["type"] == "not_expression":
        raise ExpressionError("`!a.b` means `(!a).b`; write `!(a.b)`")
    if tree["type"] == "function_expression" and tree["value"] not in _FUNCTIONS:
        known = ", ".join(sorted(_FUNCTIONS))
        raise ExpressionError(f"there is no function {tree['value']}(); there are: {known}")
    for child in tree["children"]:
        if isinstance(child, Mapping):
            _check_functions(child)


_FUNCTIONS = frozenset(_OPTIONS.custom_functions.FUNCTION_TABLE)


def _compile(tree: Mapping[str, Any]) -> Getter:
    path = dotted(tree)
    if path is not None:
        return _path(path)
    kind, children = tree["type"], tree["children"]
    if kind == "current":
        return lambda message: message
    if kind == "literal":
        constant = tree["value"]
        return lambda message: constant
    if kind == "comparator" and tree["value"] in ("eq", "ne"):
        return _comparison(tree["value"] == "eq", *map(_compile, children))
    if kind == "not_expression":
        inner = _compile(children[0])
        return lambda message: not is_true(inner(message))
    if kind in ("and_expression", "or_expression"):
        return _either(kind == "or_expression", *map(_compile, children))
    return _interpreted(tree)


def _path(keys: tuple[str, ...]) -> Getter:
    if len(keys) == 1:
        key = keys[0]
        return lambda m: m.get(key, MISSING) if isinstance(m, dict) else MISSING

    def get(message: Any) -> Any:
        for key in keys:
            if not isinstance(message, dict) or key not in message:
                return MISSING
            message = message[key]
        return message

    return get


def _comparison(equal: bool, left: Getter, right: Getter) -> Getter:
    return lambda message: _same(left(message), right(message)) is equal


def _same(left: Any, right: Any) -> bool:
    """Equality of JSON: true is not 1, and what is missing is null."""
    left, right = (None if side is MISSING else side for side in (left, right))
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def _either(this_or_that: bool, left: Getter, right: Getter) -> Getter:
    def choose(message: Any) -> Any:
        value = left(message)
        return value if is_true(value) is this_or_that else right(message)

    return choose


def _interpreted(tree: Mapping[str, Any]) -> Getter:
    def get(message: Any) -> Any:
        try:
            return _INTERPRETER.visit(tree, message)
        except (JMESPathError, ArithmeticError, TypeError, ValueError, RecursionError, re.error):
            return MISSING

    return get
