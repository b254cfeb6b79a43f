"""How subclasses of healthy classes are put in their place: what defects and variants share."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

from support.reference.auth import AuthParts
from support.reference.chat import ChatParts
from support.reference.config import ConfigError


@dataclass(frozen=True)
class Wiring:
    """What the two services are made of."""

    auth: AuthParts
    chat: ChatParts


def assembled(subclasses: Sequence[type]) -> Wiring:
    """Return the services with these subclasses; those of one class combine, the first on top."""
    return Wiring(_replaced(AuthParts(), subclasses), _replaced(ChatParts(), subclasses))


P = TypeVar("P", AuthParts, ChatParts)


def _replaced(parts: P, subclasses: Sequence[type]) -> P:
    chosen: dict[str, type] = {}
    for spec in fields(parts):
        healthy: type = getattr(parts, spec.name)
        bases: list[type] = _most_derived(
            [part for part in subclasses if issubclass(part, healthy)]
        )
        chosen[spec.name] = type(healthy.__name__, (*bases, healthy), {})
    return type(parts)(**chosen)


def _most_derived(classes: Sequence[type]) -> list[type]:
    # A class next to its own subclass is one base too many: Python finds no order for them.
    return [
        base
        for base in classes
        if not any(issubclass(other, base) and other is not base for other in classes)
    ]


def unknown(kind: str, name: str, known: Iterable[str]) -> ConfigError:
    """Return the error for a ``kind`` called ``name`` that there is not."""
    near = difflib.get_close_matches(name, list(known), 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return ConfigError(f"unknown {kind} {name!r}{hint}")
