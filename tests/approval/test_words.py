"""What shares are called."""

from __future__ import annotations

import pytest

from support.approval.words import percent


@pytest.mark.parametrize(
    ("good", "total", "text"),
    [
        (2639, 2639, "100.0%"),
        (2638, 2639, "99.9%"),
        (9496, 10_000, "94.9%"),
        (29, 100, "29.0%"),
        (0, 7, "0.0%"),
    ],
)
def test_less_than_all_is_never_called_all(good: int, total: int, text: str) -> None:
    assert percent(good / total) == text
    assert percent(0.99999, 2) == "99.99%"
