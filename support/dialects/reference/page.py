"""Every table and key of a dialect file, from the schema itself and `keys.toml`."""

from __future__ import annotations

import inspect
import json
import tomllib
import types
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from support.dialects.canonical import EVENT_DATA, FIELDS, is_event
from support.dialects.schema import Call, DialectData
from support.dialects.values import Table

_KEYS = Path(__file__).parent / "keys.toml"
_HEAD = """# Dialect files: every table and key

Written by `greenlight dialect reference` from the schema: change that, not this page. How to write
a file of your own, step by step: [dialects.md](dialects.md).

A file is TOML; a key that is not listed here is an error, told with its line.

**expression** is [JMESPath](https://jmespath.org) over a message: `type=='a' && data.ok`,
`params.items[0].id`, `not_null(id, key)`. Besides JMESPath's own functions there are
`find(regex, text)` (the first group, or the whole match), `unix(iso_8601)` (Unix seconds),
`json(text)` and `div(number, by)`. Literals are `'text'`, `` `1` ``, `` `true` ``. Write `!(a.b)`:
`!a.b` means something else.

**template** is any TOML value. `{name}` in its strings is replaced; a string that is only one
placeholder takes the value's own type; a table with the one key `"$json"` becomes a string that
holds that JSON, and one with the one key `"$number"` the whole number that its text shows. What
there is everywhere: `{token}`, `{user_id}`, `{session}` (one for each device, kept when it
reconnects), `{connection}`, `{uuid}` (always new), `{now}` (ISO 8601), `{number}` (one more for
each message sent), `[variables]`, and whatever calls captured or the dialogue of `[[hello]]`
kept (what rules keep belongs to a run: see `[[read]]`). In `[send]` also `{request_id}`,
`{text}`, `{thread}`, `{run_id}`, `{nonce}`, `{epoch}`, `{after}`, `{position}`, `{cursor}`; in
`set` of a rule, `{asked}` (the oldest question that is not accepted yet) and `{run}` (the run
under way).
"""


class _Expression(str):
    """What `Expr` stands for here: to Python, expressions are texts."""


_WORDS = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "true or false",
    Any: "template",
    _Expression: "expression",
}


@cache
def key_texts() -> dict[str, dict[str, str]]:
    """What each key means, by the name of its table's class."""
    return tomllib.loads(_KEYS.read_text("utf-8"))


def tables() -> dict[type[Table], list[str]]:
    """Every kind of table of a file, and the paths that lead to it; the file itself first."""
    found: dict[type[Table], list[str]] = {}
    _collect("", DialectData, found)
    found[Call].sort(key=lambda path: path != "[[before]]")
    return found


def reference_page() -> str:
    """The whole page, as Markdown."""
    parts = [_HEAD]
    for kind, paths in tables().items():
        also = f"\n\nAlso: {', '.join(f'`{path}`' for path in paths[1:])}." if paths[1:] else ""
        parts.append(f"## {_title(paths)}\n\n{_doc(kind)}{also}\n\n{_rows(kind)}")
    parts.append(_facts())
    return "\n".join(part.rstrip() + "\n" for part in parts)


def _title(paths: list[str]) -> str:
    return f"`{paths[0]}`" if paths[0] else "The file itself"


def _collect(path: str, kind: type[Table], found: dict[type[Table], list[str]]) -> None:
    known = kind in found
    found.setdefault(kind, []).append(path)
    if known:
        return
    for name, written in _hints(kind).items():
        inner, many = _table_in(written), _is(written, list) and not _is(written, dict)
        if inner is not None:
            below = f"{path.strip('[]')}.{name}" if path else name
            below += ".<name>" if _is(written, dict) else ""
            _collect(f"[[{below}]]" if many else f"[{below}]", inner, found)


def _hints(kind: type[Table]) -> dict[str, Any]:
    """The types of the keys, with expressions told from other texts."""
    hints = get_type_hints(kind, localns={"Expr": _Expression})
    names = zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True)
    return {encoded: hints[name] for name, encoded in names}


def _rows(kind: type[Table]) -> str:
    texts, hints = key_texts().get(kind.__name__, {}), _hints(kind)
    lines = ["| key | type | default | meaning |", "|---|---|---|---|"]
    for key in msgspec.structs.fields(kind):
        name = key.encode_name
        lines.append(
            f"| `{name}` | {_type(hints[name])} | {_default(key)} | {texts.get(name, '')} |"
        )
    return "\n".join(lines)


def _default(key: msgspec.structs.FieldInfo) -> str:
    if key.default is not msgspec.NODEFAULT:
        return "–" if key.default is None or key.default == "" else f"`{_toml(key.default)}`"
    if key.default_factory is not msgspec.NODEFAULT:
        value = key.default_factory()
        return "–" if not value or isinstance(value, msgspec.Struct) else f"`{_toml(value)}`"
    return "**required**"


def _toml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _type(kind: Any) -> str:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_type(a) for a in arguments if a is not type(None)))
    if origin is Literal:
        return ", ".join(f"`{_toml(value)}`" for value in arguments)
    if origin is list:
        return f"list of {_type(arguments[0])}"
    if origin is dict:
        return f"table of {_type(arguments[1])}"
    if isinstance(kind, type) and issubclass(kind, Table):
        title = _title(tables()[kind])
        return f"[{title}](#{''.join(c for c in title.lower() if c.isalnum() or c in '-_')})"
    return _WORDS.get(kind, str(kind))


def _doc(kind: type) -> str:
    return inspect.cleandoc(kind.__doc__ or "")


def _is(kind: Any, wanted: type) -> bool:
    if kind is wanted or get_origin(kind) is wanted:
        return True
    if get_origin(kind) in (Union, types.UnionType):
        return any(_is(part, wanted) for part in get_args(kind))
    return False


def _table_in(kind: Any) -> type[Table] | None:
    if isinstance(kind, type) and issubclass(kind, Table):
        return kind
    return next((found for part in get_args(kind) if (found := _table_in(part))), None)


def _facts() -> str:
    lines = [
        "## What a rule can say",
        "",
        "`says` is one of these; `get` and `set` name its fields. Fields of an event are optional",
        "where your backend lacks them; what is named must be there, or it is a finding, unless it",
        "is written `{ at = …, optional = true }`. Times are Unix seconds.",
        "",
        "| says | fields (`get`, `set`) | `data` |",
        "|---|---|---|",
    ]
    for says, known in FIELDS.items():
        data = EVENT_DATA.get(says, {}) if is_event(says) else {}
        lines.append(f"| `{says}` | {_kinds(known)} | {_kinds(data)} |")
    return "\n".join(lines)


def _kinds(known: dict[str, Any]) -> str:
    return ", ".join(f"`{name}` ({kind})" for name, kind in known.items()) or "–"
