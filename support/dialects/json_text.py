"""JSON in a text, as far as its value could be kept. Pure functions."""

from __future__ import annotations

from typing import Any

import msgspec

MAX_DEPTH = 100  # levels of nesting in a message; far deeper ones could be read, but not kept
#: What msgspec raises for a text that it cannot decode.
NO_JSON = (msgspec.MsgspecError, UnicodeEncodeError, RecursionError)


def as_json(text: str) -> Any:
    """The JSON in a text; None for anything else, and for what is nested too deep."""
    try:
        value = msgspec.json.decode(text)
    except NO_JSON:
        return None
    return None if too_deep(text, value) else value


def too_deep(text: str, value: Any) -> bool:
    """True where `value`, which the JSON `text` says, is nested over `MAX_DEPTH` levels deep."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return any(isinstance(value, dict | list) for value in level)
