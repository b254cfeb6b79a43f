"""Why no rule took a message: the rule that came nearest, and which of its conditions fails."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from support.dialects.expressions import MISSING, compiled, dotted, is_true, parsed
from support.dialects.flow import Flow
from support.dialects.reader import CompiledRule

_SIGNS = {"eq": "==", "ne": "!=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


@dataclass(frozen=True)
class Nearest:
    """A rule that nearly took a message: `held` of its `of` conditions hold, `fails` does not.

    `was` is what the message has in that place, as JSON; empty where that cannot be said.
    """

    rule: CompiledRule
    held: int
    of: int
    fails: str
    was: str


def nearest(rules: Sequence[CompiledRule], message: Any) -> Nearest | None:
    """The rule of which the greatest share holds; None where nothing at all points to one.

    Of equals, the one whose failing comparison asks for a text most like the one that is there.
    """
    found = [(_likeness(rule, message), rule) for rule in rules]
    best, rule = max(found, key=lambda pair: pair[0], default=((0.0, 0.0), None))
    if rule is None or best <= (0.0, 0.0):
        return None
    scope = rule.scope(message, Flow(), "")
    conditions = list(_conditions(parsed(rule.rule.when)))
    failing = [c for c in conditions if not _holds(c, scope)]
    first = max(failing, key=lambda c: _similarity(c, scope), default=None)
    if first is None:
        return None
    held = len(conditions) - len(failing)
    return Nearest(
        rule, held, len(conditions), _written(first) or rule.rule.when, _was(first, scope)
    )


def rule_lines(text: str) -> list[int]:
    """The line of each rule's `when` in the text of a dialect file, in the order of the rules."""
    lines: list[int] = []
    searching = False
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"\s*\[\[\s*read\s*\]\]", line):
            lines.append(number)
            searching = True
        elif searching and re.match(r"\s*when\s*=", line):
            lines[-1], searching = number, False
    return lines


def _likeness(rule: CompiledRule, message: Any) -> tuple[float, float]:
    scope = rule.scope(message, Flow(), "")
    conditions = list(_conditions(parsed(rule.rule.when)))
    failing = [c for c in conditions if not _holds(c, scope)]
    alike = max((_similarity(c, scope) for c in failing), default=0.0)
    return 1 - len(failing) / len(conditions), alike if alike > 0.5 else 0.0


def _conditions(tree: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What is joined by `&&`, however deep."""
    if tree["type"] == "and_expression":
        for child in tree["children"]:
            yield from _conditions(child)
    else:
        yield tree


def _holds(tree: Mapping[str, Any], scope: Any) -> bool:
    text = _written(tree)
    return bool(text) and is_true(compiled(text)(scope))


def _similarity(tree: Mapping[str, Any], scope: Any) -> float:
    """How alike the text that is asked for is to the one in its place, from 0 to 1."""
    if tree["type"] != "comparator" or tree["value"] != "eq":
        return 0.0
    left, right = tree["children"]
    there, wanted = compiled(_written(left) or "@")(scope), right.get("value")
    if right["type"] != "literal" or not isinstance(there, str) or not isinstance(wanted, str):
        return 0.0
    return SequenceMatcher(None, there, wanted).ratio()


def _was(tree: Mapping[str, Any], scope: Any) -> str:
    if tree["type"] != "comparator" or dotted(tree["children"][0]) is None:
        return ""
    value = compiled(_written(tree["children"][0]))(scope)
    return "missing" if value is MISSING else json.dumps(value, ensure_ascii=False, default=str)


def _written(tree: Mapping[str, Any]) -> str:
    """The expression of a syntax tree; empty for what conditions are seldom made of."""
    kind, children, value = tree["type"], tree["children"], tree.get("value")
    if not all(isinstance(child, Mapping) for child in children):
        return ""
    parts = [_written(child) for child in children]
    if kind in ("field", "literal"):
        return _name(str(value)) if kind == "field" else _literal(value)
    if kind == "current":
        return "@"
    if not all(parts):
        return ""
    match kind:
        case "subexpression":
            return ".".join(parts)
        case "index":
            return f"[{value}]"
        case "index_expression":
            return "".join(parts)
        case "comparator":
            return f"{parts[0]}{_SIGNS[str(value)]}{parts[1]}"
        case "not_expression":
            return f"!({parts[0]})"
        case "and_expression" | "or_expression":
            return f"({(' && ' if kind.startswith('and') else ' || ').join(parts)})"
        case "function_expression":
            return f"{value}({', '.join(parts)})"
    return ""


def _name(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z_]\w*", text) else json.dumps(text)


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "\\'") + "'"
    return "`" + json.dumps(value) + "`"
