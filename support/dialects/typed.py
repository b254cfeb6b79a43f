"""The fast way to read: rules that are plain enough become one typed msgspec decoder.

A rule is plain when it asks for one value of one top-level key, and takes top-level values and
those of `data`. What does not fit (an unknown field, a wrong kind, anything else) is left to the
general reader, which alone says what is wrong: here a message is right, or it is not read.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec

from support.dialects.canonical import FACTS, is_event
from support.dialects.expressions import dotted, parsed
from support.dialects.reader import CompiledRule, Reader, Value
from support.dialects.values import Kind
from support.journal import facts

#: A message's text in, its one fact out; None: to be read the general way.
TypedReader = Callable[[str], facts.AnyFact | None]

_TYPES: dict[Kind, Any] = {
    "text": str,
    "string": str,
    "number": int | float,
    "integer": int,
    "boolean": bool,
    "object": dict[str, Any],
    "anything": Any,
    "present": Any,
}
#: How a value of `data` is tested, as source; `{v}` stands for it.
_TESTS: dict[Kind, str] = {
    "text": "type({v}) is str and {v}",
    "string": "type({v}) is str",
    "number": "(type({v}) is float or type({v}) is int and -1e308 < {v} < 1e308)",
    "integer": "type({v}) is int",
    "boolean": "type({v}) is bool",
    "object": "type({v}) is dict",
    "anything": "{v} is not None and {v} != ''",
    "present": "{v} is not _absent",
}
_MOST_BRACKETS = 100


def typed_reader(reader: Reader) -> TypedReader | None:
    """The fast reader of the plain rules at the start; None where there are none, or rules that
    need a connection's past."""
    if reader.stateful or not reader.rules:
        return None
    key = _tag_key(reader.rules[0])
    builders: dict[type, Callable[[Any], facts.AnyFact | None]] = {}
    tags: set[str] = set()
    for rule in reader.rules:
        plain = _plain(rule, key)
        if plain is None:
            # Its messages, and those of the rules behind it, need the general reader.
            tag = _tag(rule, key)
            if tag is None:
                break
            tags.add(tag)
            continue
        tag, top, data = plain
        if tag not in tags:
            tags.add(tag)
            builders[_struct(tag, key, top)] = _builder(rule, top, data)
    if not builders:
        return None
    return _reader(builders)


def _reader(builders: dict[type, Callable[[Any], facts.AnyFact | None]]) -> TypedReader:
    union: Any = None
    for kind in builders:
        union = kind if union is None else union | kind
    decode = msgspec.json.Decoder(union).decode

    def read(text: str) -> facts.AnyFact | None:
        if text.count("{") + text.count("[") > _MOST_BRACKETS:
            return None
        try:
            message = decode(text)
        except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
            return None
        return builders[type(message)](message)

    return read


def _tag_key(rule: CompiledRule) -> str:
    tree = parsed(rule.rule.when)
    path = dotted(tree["children"][0]) if tree["type"] == "comparator" else None
    return path[0] if path is not None and len(path) == 1 else ""


def _tag(rule: CompiledRule, key: str) -> str | None:
    """The value that the rule wants at `key`; None when it asks for something else."""
    tree = parsed(rule.rule.when)
    if tree["type"] != "comparator" or tree["value"] != "eq":
        return None
    left, right = tree["children"]
    if dotted(left) != (key,) or right["type"] != "literal":
        return None
    return right["value"] if isinstance(right["value"], str) else None


def _plain(
    rule: CompiledRule, key: str
) -> tuple[str, list[tuple[str, Value]], list[tuple[str, Value]]] | None:
    """The tag, the values at the top and those in `data`; None for a rule that is not plain."""
    tag = _tag(rule, key)
    told = rule.rule
    if (
        tag is None
        or told.each
        or told.more
        or told.set
        or rule.lacks
        or rule.late
        or rule.pace
        or rule.says in ("rejected", "nothing")
    ):
        return None
    top = [(_key(value), value) for value in rule.values]
    data = [(_key(value, "data"), value) for value in rule.data]
    has_data = any(place == "data" and value.name == "data" for place, value in top)
    if not all(place for place, _ in (*top, *data)) or (data and not has_data):
        return None
    if len({place for place, _ in top}) < len(top):
        return None
    if any(value.numbered for _, value in (*top, *data)):
        return None
    return tag, [(str(p), v) for p, v in top], [(str(p), v) for p, v in data]


def _key(value: Value, under: str = "") -> str | None:
    try:
        path = dotted(parsed(value.label))
    except ValueError:
        return None
    if path is None or path[:-1] != ((under,) if under else ()):
        return None
    return path[-1]


def _struct(tag: str, key: str, top: list[tuple[str, Value]]) -> type:
    fields: list[tuple[str, Any, Any]] = []
    for place, value in sorted(top, key=lambda pair: pair[1].optional):
        if place == key:
            continue
        kind = _TYPES[value.kind]
        if value.optional:
            fields.append((f"f_{value.name}", kind | None if kind is not Any else Any, None))
        else:
            fields.append((f"f_{value.name}", kind, msgspec.NODEFAULT))
    renamed = {f"f_{value.name}": place for place, value in top}
    return msgspec.defstruct(
        "Typed",
        fields,
        tag_field=key,
        tag=tag,
        rename=renamed,
        forbid_unknown_fields=True,
        gc=False,
    )


def _builder(
    rule: CompiledRule, top: list[tuple[str, Value]], data: list[tuple[str, Value]]
) -> Callable[[Any], facts.AnyFact | None]:
    """A function from the decoded struct to the fact, as source of its own: no loop, no dict."""
    names: dict[str, Any] = {"_fact": FACTS[rule.says], "_absent": object()}
    given: list[str] = []
    lines = ["def build(m):"]
    for _, value in top:
        v = f"m.f_{value.name}"
        if value.kind in ("text", "anything") and not value.optional:
            lines.append(f" if {v} == '' or {v} is None: return None")
        elif value.kind == "text":
            lines.append(f" if {v} == '': return None")
        elif value.kind == "number":
            lines.append(f" if {v} is not None and not -1e308 < {v} < 1e308: return None")
        if value.allowed is not None:
            names[f"_in_{value.name}"] = value.allowed
            lines.append(f" if {v} not in _in_{value.name}: return None")
        if value.name != "data":
            given.append(f"{value.name}={v}")
    if is_event(rule.says) and rule.says != "event":
        given.append(f"type={rule.says!r}")
    if any(value.name == "data" for _, value in top):
        lines.append(" d = m.f_data")
        lines += _data_tests(data, names)
        given.append("data=d")
    lines.append(f" return _fact({', '.join(given)})")
    exec("\n".join(lines), names)  # names and keys come from our own tables, quoted
    build: Callable[[Any], facts.AnyFact | None] = names["build"]
    return build


def _data_tests(data: list[tuple[str, Value]], names: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    for place, value in data:
        absent = ", _absent" if value.kind == "present" else ""
        lines.append(f" v = d.get({json.dumps(place)}{absent})")
        test = _TESTS[value.kind].format(v="v")
        if value.optional:
            lines.append(f" if v is not None and not ({test}): return None")
        else:
            lines.append(f" if not ({test}): return None")
        if value.allowed is not None:
            names[f"_of_{value.name}"] = value.allowed
            lines.append(f" if v not in _of_{value.name}: return None")
        if place != value.name:
            lines.append(f" d[{json.dumps(value.name)}] = v")
    return lines
