"""Lists and tables as variables and flags write them: `a,b` or JSON."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_settings import NoDecode


def _list(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not value.startswith("["):
        return [one for one in value.split(",") if one]
    return from_json(value, 'a list is expected, such as a,b or ["a", "b"]')


def _table(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not value.startswith("{"):
        return {key: one for key, _, one in (pair.partition("=") for pair in value.split(","))}
    return from_json(value, 'a table is expected, such as a=1,b=2 or {"a": "1", "b": "2"}')


def from_json(text: str, expected: str) -> object:
    """What the text says in JSON. Raises `ValueError` with what is `expected`."""
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError(expected) from None


#: What makes a field one of these: settings do not decode it, so that no text has to be JSON.
Listed = (NoDecode, BeforeValidator(_list))
Texts = Annotated[tuple[str, ...], *Listed]
Table = Annotated[dict[str, str], NoDecode, BeforeValidator(_table)]
