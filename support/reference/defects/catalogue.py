"""The register of defects, and how they are put into the healthy classes."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

from support.reference.auth import AuthParts
from support.reference.chat import ChatParts
from support.reference.config import ConfigError

T = TypeVar("T", bound=type)
_register: dict[str, Defect] = {}


@dataclass(frozen=True)
class Defect:
    """One way in which the service can be broken.

    ``summary`` is a sentence for people, ``rows`` are the requirements it breaks, ``part`` is the
    subclass that breaks them.
    """

    name: str
    summary: str
    rows: tuple[str, ...]
    part: type


@dataclass(frozen=True)
class Wiring:
    """What the two services are made of, with the chosen defects in place."""

    auth: AuthParts
    chat: ChatParts


def defect(name: str, *rows: str, summary: str | None = None) -> Callable[[T], T]:
    """Register the decorated subclass of a healthy class as the defect ``name``.

    Its summary is the class's docstring. Raises ValueError for a name that is taken.
    """

    def add(part: T) -> T:
        if name in _register:
            raise ValueError(f"two defects are called {name}")
        _register[name] = Defect(name, summary or (part.__doc__ or "").strip(), rows, part)
        return part

    return add


def catalogue() -> list[Defect]:
    """Return every known defect, grouped by subject."""
    return list(_register.values())


def apply(names: Iterable[str]) -> Wiring:
    """Return the services with these defects; they combine freely.

    Raises ConfigError for a name that is not in the catalogue.
    """
    chosen = [_named(name).part for name in names]
    return Wiring(_broken(AuthParts(), chosen), _broken(ChatParts(), chosen))


P = TypeVar("P", AuthParts, ChatParts)


def _broken(parts: P, chosen: Sequence[type]) -> P:
    replaced: dict[str, type] = {}
    for spec in fields(parts):
        healthy: type = getattr(parts, spec.name)
        bases: tuple[type, ...] = tuple(part for part in chosen if issubclass(part, healthy))
        replaced[spec.name] = type(healthy.__name__, (*bases, healthy), {})
    return type(parts)(**replaced)


def _named(name: str) -> Defect:
    if name not in _register:
        near = difflib.get_close_matches(name, _register, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ConfigError(f"unknown defect {name!r}{hint}")
    return _register[name]
