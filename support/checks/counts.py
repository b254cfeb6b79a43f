"""How many there are, in words."""

from __future__ import annotations


def several(count: int, one: str, many: str = "") -> str:
    """`1 run`, `2,000 runs`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
