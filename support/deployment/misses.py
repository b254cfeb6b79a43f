"""What was waited for in vain again and again: the next wait for the same is shorter."""

from __future__ import annotations

from collections import Counter

#: In so many failed scenarios the same must have been missed before.
SCENARIOS = 2
#: A round trip that was missed so many times, and has never come, is waited for less long.
ROUND_TRIPS = 3
#: The share of the usual wait that is left then, and never less than these seconds.
SHARE, LEAST_S = 0.25, 1.0
#: What came is waited for at least so many times as long as it took in any scenario that passed.
SPARE = 2.0


class Misses:
    """By what is waited for. Only what fails counts, so no passing run waits less than usual.

    A round trip that nobody answers fails no scenario by itself. It counts as long as none was ever
    answered, however late, and a deployment that passes has answered some. Of round trips that were
    waited for at the same time one counts: they may all have met the same bad moment.
    """

    def __init__(self) -> None:
        self._scenarios: Counter[str] = Counter()
        self._times: Counter[str] = Counter()
        self._over: dict[str, float] = {}  # when the last miss that counts had reached its limit
        self._answered = False
        self._longest_s: dict[str, float] = {}
        self._missed_now: set[str] = set()
        self._longest_now_s: dict[str, float] = {}

    def limit_s(self, what: str, usual_s: float, *, round_trip: bool = False) -> float:
        """How long to wait for `what`, in seconds: `usual_s` or less."""
        never = round_trip and not self._answered and self._times[what] >= ROUND_TRIPS
        if self._scenarios[what] < SCENARIOS and not never:
            return usual_s
        enough_s = SPARE * self._longest_s.get(what, 0.0)
        return min(usual_s, max(SHARE * usual_s, LEAST_S, enough_s))

    def came(self, what: str, took_s: float) -> None:
        """A wait for `what` was not in vain."""
        self._longest_now_s[what] = max(took_s, self._longest_now_s.get(what, 0.0))

    def answered(self) -> None:
        """A round trip was answered, be it after its limit."""
        self._answered = True

    def missed(self, what: str, began: float, ended: float, *, warm: bool = True) -> None:
        """A wait for `what` has reached its limit; it lasted from `began` to `ended`, in seconds.

        `warm`: the deployment had the time that it may take to begin.
        """
        self._missed_now.add(what)
        if warm and began >= self._over.get(what, began):
            self._times[what] += 1
            self._over[what] = ended

    def scenario_ended(self, *, failed: bool) -> None:
        """What a scenario missed counts if it failed: in any other it was meant to be missed."""
        if failed:
            self._scenarios.update(self._missed_now)
        else:
            for what, took_s in self._longest_now_s.items():
                self._longest_s[what] = max(took_s, self._longest_s.get(what, 0.0))
        self._missed_now.clear()
        self._longest_now_s.clear()
