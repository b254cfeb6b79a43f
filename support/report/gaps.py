"""What was not assessed, a line for each cause."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from support.approval.model import NotAssessed


@dataclass(frozen=True)
class Gap:
    """Everything that was not assessed for one and the same reason."""

    why: str
    names: tuple[str, ...]

    @property
    def what(self) -> str:
        """The first of it, and how many more."""
        more = len(self.names) - 1
        return self.names[0] + (f" and {more} more" if more else "")


def by_reason(items: Iterable[NotAssessed]) -> list[Gap]:
    """One line for everything that was not assessed for the same reason.

    A reason that begins with the name of what was not assessed does not say it twice.
    """
    groups: dict[str, list[str]] = {}
    for item in items:
        why = item.why.removeprefix(f"{item.what}: ").rstrip(".")
        groups.setdefault(why, []).append(item.what.rstrip(".:"))
    return [
        Gap(why=why[:1].upper() + why[1:] + ".", names=tuple(names))
        for why, names in groups.items()
    ]
