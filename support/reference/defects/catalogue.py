"""The register of defects, and how they are put into the healthy classes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from support.reference.assembly import Wiring, assembled, unknown

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
    return assembled([defect_named(name).part for name in names])


def defect_named(name: str) -> Defect:
    """Return the defect with this name; raise ConfigError when there is none."""
    if name not in _register:
        raise unknown("defect", name, _register)
    return _register[name]
