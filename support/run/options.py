"""What options of several commands mean."""

from __future__ import annotations

from collections.abc import Iterable

import click


def pairs(flags: Iterable[str]) -> dict[str, str]:
    """The settings of `-D KEY=VALUE` options. Raises `UsageError` where one has no value."""
    given: dict[str, str] = {}
    for flag in flags:
        key, equals, value = flag.partition("=")
        if not equals:
            raise click.UsageError(f"-D wants KEY=VALUE, not {flag!r}")
        given[key] = value
    return given
