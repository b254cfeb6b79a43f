"""Templates of dialect files: any value, with `{placeholders}` in its strings. Pure functions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Set
from typing import Any

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
#: A table with this one key becomes a string that holds its value as JSON.
JSON = "$json"
#: A table with this one key becomes the whole number that its text shows.
NUMBER = "$number"
_DIGITS = re.compile(r"-?[0-9]{1,18}")


class MissingValue(LookupError):
    """A placeholder that nothing was kept for."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no value for {{{name}}}")
        self.name = name


def fill(template: Any, values: Mapping[str, Any]) -> Any:
    """`template` filled in; a string that is one placeholder takes the value's own type.

    Raises `MissingValue` for a placeholder without a value.
    """
    if isinstance(template, dict):
        if set(template) == {JSON}:
            return json.dumps(fill(template[JSON], values), ensure_ascii=False)
        if set(template) == {NUMBER}:
            text = fill(template[NUMBER], values)
            return int(text) if _DIGITS.fullmatch(str(text)) else text
        return {key: fill(value, values) for key, value in template.items()}
    if isinstance(template, list):
        return [fill(value, values) for value in template]
    if not isinstance(template, str) or "{" not in template:
        return template
    whole = PLACEHOLDER.fullmatch(template)
    if whole:
        return _value(whole, values)
    return PLACEHOLDER.sub(lambda found: str(_value(found, values)), template)


def without(template: Any, names: Set[str]) -> Any:
    """`template` less every value that is nothing but the placeholder of one of `names`."""
    alone = {f"{{{name}}}" for name in names}
    if isinstance(template, dict):
        return {k: without(v, names) for k, v in template.items() if not _is_one_of(v, alone)}
    if isinstance(template, list):
        return [without(v, names) for v in template if not _is_one_of(v, alone)]
    return template


def _is_one_of(value: Any, texts: Set[str]) -> bool:
    return isinstance(value, str) and value in texts


def without_credentials(template: Any, names: Set[str]) -> Any:
    """`template` less everything that would carry one of the credentials of these names."""
    if isinstance(template, dict):
        kept = {k: v for k, v in template.items() if not _carries(v, names)}
        return {key: without_credentials(value, names) for key, value in kept.items()}
    if isinstance(template, list):
        kept_items = (value for value in template if not _carries(value, names))
        return [without_credentials(value, names) for value in kept_items]
    return template


def _carries(value: Any, names: Set[str]) -> bool:
    return isinstance(value, str) and not names.isdisjoint(PLACEHOLDER.findall(value))


def texts(template: Any) -> Iterator[str]:
    """Every string in `template`, however deep; names of keys are none."""
    if isinstance(template, dict | list):
        for value in template.values() if isinstance(template, dict) else template:
            yield from texts(value)
    elif isinstance(template, str):
        yield template


def placeholders(template: Any) -> set[str]:
    """The names of all placeholders in `template`."""
    if isinstance(template, dict):
        return set().union(*map(placeholders, template.values()))
    if isinstance(template, list):
        return set().union(*map(placeholders, template))
    return set(PLACEHOLDER.findall(template)) if isinstance(template, str) else set()


def _value(found: re.Match[str], values: Mapping[str, Any]) -> Any:
    name = found.group(1)
    if values.get(name) is None:
        raise MissingValue(name)
    return values[name]
