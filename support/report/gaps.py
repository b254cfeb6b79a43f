"""What was not assessed, a line for each reason."""

from __future__ import annotations

from collections.abc import Iterable

from support.approval.model import NotAssessed


def by_reason(items: Iterable[NotAssessed]) -> list[NotAssessed]:
    """One line for all that was not assessed for the same reason, naming the first of it."""
    groups: dict[str, list[str]] = {}
    for item in items:
        groups.setdefault(item.why, []).append(item.what)
    return [
        NotAssessed(
            what=what[0] if len(what) == 1 else f"{what[0].rstrip('.:')} and {len(what) - 1} more:",
            why=why,
        )
        for why, what in groups.items()
    ]
