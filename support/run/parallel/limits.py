"""When a run is ended although scenarios are left: its time is up, or nothing can save it."""

from __future__ import annotations

import time
from collections.abc import Callable

from support.approval import Outcome
from support.config import Environment
from support.report.formatting import lasting
from support.run.cost import ANSWERS_S, Expected

WHOLE_RUN_S = 600.0
#: A failure within this share of `after_rejection_s` shortens nothing: with 60 s, one in the first
#: 20 s. A later one does, so that the run ends after 80 s. A time that was set is not shortened.
SOON = 1 / 3


class Limits:
    """The ends of a run, in seconds of the monotonic clock. `gate`: a failure rejects it.

    `clock` gives the time.
    """

    def __init__(
        self,
        environment: Environment,
        *,
        gate: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._began = clock()
        self._environment = environment
        self._gate = gate
        self._whole_s = environment.patience.whole_run_s or WHOLE_RUN_S
        self._rejected: float | None = None

    def expect(self, expected: Expected) -> None:
        """A deployment may be slower than the bundled one: then a run has more time by itself."""
        given = self._environment.patience.whole_run_s is not None
        if not given and not self._environment.uses_reference:
            self._whole_s = max(WHOLE_RUN_S, expected.seconds(ANSWERS_S[-1]))

    def rejects(self, outcome: Outcome) -> bool:
        """True when the run can only be rejected, by that outcome."""
        known = {one.scenario for one in self._environment.policy.accepted_failures}
        if not (self._gate and outcome.failing and outcome.name not in known):
            return False
        if self._rejected is None:
            self._rejected = self._clock()
        return True

    def time_is_up(self) -> str:
        """Why the whole run has taken too long, in a sentence; empty while it has not."""
        if self._clock() - self._began < self._whole_s:
            return ""
        return (
            f"The run was ended after {lasting(self._whole_s)} (patience.whole_run_s, --timeout)."
        )

    def decided(self) -> str:
        """Why nothing further has to be known, in a sentence; empty while it has to."""
        if self._rejected is None:
            return ""
        after_s = self._goes_on_s(self._rejected - self._began)
        if self._clock() - self._rejected < after_s:
            return ""
        after = lasting(after_s) if after_s else "no time"
        return (
            f"The run was ended {after} after its first failure: it can only be rejected"
            " (patience.after_rejection_s)."
        )

    def _goes_on_s(self, failed_s: float) -> float:
        """How long a run goes on that has failed after `failed_s`.

        A late failure has shown a part of the extent before: half of the time is enough for more,
        unless a time was asked for.
        """
        patience = self._environment.patience
        after_s = patience.after_rejection_s
        if "after_rejection_s" in patience.model_fields_set:
            return after_s
        return min(after_s, max(after_s / 2, after_s + SOON * after_s - failed_s))
