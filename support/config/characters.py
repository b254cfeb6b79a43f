"""Strings hold whole characters: where in a message one is cut in half."""

from __future__ import annotations

import json
from typing import Any

SHOWN = 40  # characters of a field's name that are shown


def half_a_character(message: str) -> str:
    """The path of the first string in `message` with an escape of half a surrogate pair.

    Empty where there is none, or where the message is no JSON for another reason, too. RFC 8259 8.2
    leaves such strings open; decoders differ in what they make of them.
    """
    try:
        return _path(json.loads(message))
    except (ValueError, RecursionError):
        return ""


def _path(whole: Any) -> str:
    todo: list[tuple[str, Any]] = [("", whole)]
    while todo:
        path, value = todo.pop()
        if isinstance(value, str) and _halved(value):
            return path or "the message"
        if isinstance(value, list):
            todo += [(f"{path}[{n}]", inner) for n, inner in reversed([*enumerate(value)])]
        elif isinstance(value, dict):
            for name, inner in reversed(value.items()):
                if _halved(name):
                    return f"the name of a field of {path or 'the message'}"
                todo.append((f"{path}.{name[:SHOWN]}".lstrip("."), inner))
    return ""


def _halved(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
