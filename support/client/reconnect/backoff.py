"""Exponential backoff: the pause before each attempt to reconnect, doubled, capped, jittered.

Jitter after Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015): of a nominal
pause the share `jitter` is random, so that people who were cut off together do not reconnect
together. 0.5 is his "equal jitter", 1 his "full jitter"; never is a pause above its nominal.
"""

from __future__ import annotations

import random

_LARGEST_POWER = 60  # of two: beyond it every cap has long been reached, and floats end


class Backoff:
    """The pauses of one user, in seconds. `rng` decides the jitter: seed it to see the same again.

    `scale` multiplies every pause, so that a rehearsal need not take as long as the real thing.
    """

    def __init__(
        self,
        rng: random.Random,
        *,
        base_s: float = 1.0,
        cap_s: float = 8.0,
        jitter: float = 0.5,
        attempts: int = 5,
        scale: float = 1.0,
    ) -> None:
        self.attempts = attempts
        self._rng = rng
        self._base_s, self._cap_s = base_s, cap_s
        self._jitter, self._scale = jitter, scale

    def nominal_s(self, attempt: int) -> float:
        """The longest pause before that attempt, counted from 1: base, 2 × base, … at most cap."""
        power = min(attempt - 1, _LARGEST_POWER)
        return min(self._cap_s, self._base_s * 2.0**power) * self._scale

    def pause_s(self, attempt: int, announced_s: float = 0.0) -> float:
        """The pause before that attempt; `announced_s` is what the deployment has asked for.

        An announced time is honoured in full and not scaled, and our own pause comes on top:
        everyone received the same one (RFC 9110 10.2.3 has it as a minimum).
        """
        share = 1.0 - self._jitter * self._rng.random()
        return announced_s + self.nominal_s(attempt) * share
