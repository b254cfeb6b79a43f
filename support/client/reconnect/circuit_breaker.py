"""The circuit breaker: after so many failures in a row no attempt is made for a while, then one.

After Nygard, "Release It!" (2007), and Fowler's "CircuitBreaker". No I/O and no timer of its own:
it looks at the clock when it is asked, so that asking is cheap and nothing runs in the background.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

Transition = Callable[["State", "State", str], object]


class State(StrEnum):
    """Closed: attempts are made. Open: none is. Half-open: a single one is, to see."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class CircuitBreaker:
    """Counts failures in a row. Ask `allows()` before each attempt, and report how it ended.

    `clock` gives seconds; `on_transition(before, after, reason)` is called on every transition.
    """

    def __init__(
        self,
        *,
        failures: int,
        cool_down_s: float,
        clock: Callable[[], float],
        on_transition: Transition,
    ) -> None:
        self.state = State.CLOSED
        self._limit = failures
        self._cool_down_s = cool_down_s
        self._clock = clock
        self._on_transition = on_transition
        self._failed = 0
        self._opened = 0.0

    @property
    def again_in_s(self) -> float:
        """How long until an attempt may be made; 0 when one may be made now."""
        if self.state is not State.OPEN:
            return 0.0
        return max(self._opened + self._cool_down_s - self._clock(), 0.0)

    def allows(self) -> bool:
        """True when an attempt may be made. Once the cool-down is over, for one alone: the probe.

        A caller that got True must report `succeeded` or `failed`, whatever happens.
        """
        if self.state is State.CLOSED:
            return True
        if self.state is State.HALF_OPEN or self.again_in_s > 0:
            return False
        self._move(State.HALF_OPEN, "the cool-down is over")
        return True

    def succeeded(self) -> None:
        """An attempt succeeded. One that was begun before the breaker opened changes nothing."""
        if self.state is State.OPEN:
            return
        self._failed = 0
        if self.state is State.HALF_OPEN:
            self._move(State.CLOSED, "the probe succeeded")

    def failed(self) -> None:
        """An attempt failed. One that was begun before the breaker opened changes nothing."""
        if self.state is State.OPEN:
            return
        self._failed += 1
        if self.state is State.HALF_OPEN:
            self._open("the probe failed")
        elif self._failed >= self._limit:
            self._open(f"{self._failed} failures in a row")

    def _open(self, reason: str) -> None:
        self._opened = self._clock()
        self._move(State.OPEN, reason)

    def _move(self, to: State, reason: str) -> None:
        before, self.state = self.state, to
        self._on_transition(before, to, reason)
