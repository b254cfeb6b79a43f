"""The register of lawful variants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from support.reference.assembly import unknown

T = TypeVar("T", bound=type)
_register: dict[str, Variant] = {}


@dataclass
class Variant:
    """Another way of keeping the contract.

    ``summary`` is a sentence for people; ``parts`` are subclasses of healthy classes, ``settings``
    are such as ``{"chat.retained_events": "60"}``.
    """

    name: str
    summary: str
    parts: list[type] = field(default_factory=list)
    settings: Mapping[str, str] = field(default_factory=dict)


def lawful(name: str) -> Callable[[T], T]:
    """Register the decorated subclass of a healthy class as (a part of) the variant ``name``.

    The docstring of the first part is the summary.
    """

    def add(part: T) -> T:
        known = _register.setdefault(name, Variant(name, (part.__doc__ or "").strip()))
        known.parts.append(part)
        return part

    return add


def lawful_settings(name: str, summary: str, **settings: str) -> None:
    """Register other settings, such as ``chat__heartbeat_s="5"``, as the variant ``name``."""
    pairs = {key.replace("__", "."): value for key, value in settings.items()}
    _register[name] = Variant(name, summary, settings=pairs)


def catalogue() -> list[Variant]:
    """Return every known variant."""
    return list(_register.values())


def variant_named(name: str) -> Variant:
    """Return the variant with this name; raise ConfigError when there is none."""
    if name not in _register:
        raise unknown("lawful variant", name, _register)
    return _register[name]
