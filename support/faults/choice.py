"""Which of the messages that pass are meant: those that match, the n-th such, or some by chance."""

from __future__ import annotations

import random
from collections.abc import Callable

Predicate = Callable[[bytes], bool]


def anything(payload: bytes) -> bool:
    """Every payload matches."""
    return True


def contains(text: str) -> Predicate:
    """Matches a payload that contains `text` as UTF-8."""
    wanted = text.encode()
    return lambda payload: wanted in payload


class Choice:
    """Counts the matching payloads of one direction of one connection, from 1.

    Raises `ValueError` for a probability outside 0 to 1 or an `nth` below 1.
    """

    def __init__(
        self, matching: Predicate, nth: int | None, probability: float, rng: random.Random
    ) -> None:
        if not 0 <= probability <= 1:
            raise ValueError(f"a probability is between 0 and 1, not {probability}")
        if nth is not None and nth < 1:
            raise ValueError(f"frames are counted from 1, not {nth}")
        self._matching, self._nth, self._probability = matching, nth, probability
        self._rng = rng
        self._seen = 0

    def matches(self, payload: bytes) -> bool:
        """Whether it is of the kind that is meant, whichever of them."""
        return self._matching(payload)

    def falls_on(self, payload: bytes) -> bool:
        """Whether this one is meant; draws a random number only for one that might be."""
        if not self.matches(payload):
            return False
        self._seen += 1
        if self._nth is not None and self._seen != self._nth:
            return False
        return self._probability >= 1 or self._rng.random() < self._probability
