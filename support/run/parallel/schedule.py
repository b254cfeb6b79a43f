"""Which scenario is run when: long ones beside short ones, and alone where it must be.

A long scenario mostly waits, a short one mostly computes: half of the workers begin with the
longest, the others with the shortest, so that processors have work from the beginning.

`@exclusive.machine`: what it measures would show the load of other scenarios, so nothing runs
beside it. `@exclusive.deployment`: it does something to the deployment that others would notice; a
worker with a bundled service of its own needs to wait for nobody. The capabilities that a scenario
needs say so, too.

Bundled services differ in two ways. What waits for seconds and does next to nothing meanwhile
(`@long-wait`) begins before all others, and anything may run beside it. Latency is measured next,
in the order of the features: a service that is too slow makes everything slow, and is rejected
before that. What shows whether a service gets slower (`@trend`) comes then, as long as the service
is young: a rise is told by half of what it was before. Once it is too slow, or cannot be measured,
what is left of both comes last: every such scenario would keep all others waiting. Then pings come
next: where their answers are late, the clocks cannot be compared, and everything that waits for
such an answer is slow.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

EXCLUSIVE = ("exclusive.machine", "exclusive.deployment")
MACHINE, DEPLOYMENT = EXCLUSIVE
LATENCY = "latency"
TREND = "trend"
PING = "ping"
LONG_WAIT = "long-wait"

#: What a scenario that needs these does to everyone on the deployment, or counts of everyone.
NOTICED_BY_ALL = frozenset(
    f"needs.{capability}"
    for capability in (
        *("restart", "store_outage", "auth_outage", "announcements", "metrics", "health"),
        *("flood", "compression_bomb", "unread_answers", "reconnect_storm", "slow_handshakes"),
        *("connection_cap", "password_guessing", "id_enumeration", "protocol_violations"),
    )
)


class Stage(NamedTuple):
    """A few basic scenarios, by their tags: where one fails, no later stage is begun."""

    name: str
    tags: frozenset[str]


STAGES = (
    Stage("connectivity", frozenset({"B1"})),
    Stage(
        "authentication",
        frozenset({"regression.handshake_403", "regression.secret_synchronisation"}),
    ),
    Stage("isolation", frozenset({"regression.isolation"})),
)


class Schedule:
    """The numbers of planned scenarios, to be taken one by one; `tags` are those of each.

    `expected_s` are the seconds that some of them took before, by number. With `staged`, those of
    `STAGES` come first, a stage after the other.
    """

    def __init__(
        self,
        tags: Mapping[int, Collection[str]],
        expected_s: Mapping[int, float],
        *,
        own_services: bool,
        staged: bool = False,
    ) -> None:
        usual_s = fmean(expected_s.values()) if expected_s else 1.0
        order = sorted(tags, key=lambda number: (-expected_s.get(number, usual_s), number))
        self._stages = {n: _stage_of(tags[n]) if staged else len(STAGES) for n in order}
        self._alone = {n for n in order if _is_alone(tags[n], own_services=own_services)}
        self._latency = {n for n in self._alone if own_services and LATENCY in tags[n]}
        self._trend = {n for n in self._alone if own_services and TREND in tags[n]}
        self._idle = {n for n in order if own_services and LONG_WAIT in tags[n]} - self._alone
        self._pings = {n for n in order if PING in tags[n]}
        self._latency_failed = False
        self._left = sorted(order, key=self._turn)
        self._longest: set[int] = set()  # those that were taken as the longest

    def take(self, running: Sequence[int], *, quiet: bool = True) -> int | None:
        """The next number; None while there is none that may run beside those `running`.

        Without `quiet` something else uses the machine, such as a worker that is starting.
        """
        if not self._left:
            return None
        number = self._left[0]
        beside = [n for n in running if n not in self._idle]
        if any(self._stages[n] < self._stages[number] for n in running):
            return None
        if number in self._alone and (beside or not quiet):
            return None
        if number not in self._idle and not self._alone.isdisjoint(running):
            return None
        if 2 * len(self._longest.intersection(running)) <= len(running):
            self._longest.add(number)
            return self._left.pop(0)
        turn = self._turn(number)
        same = next((n for n, m in enumerate(self._left) if self._turn(m) != turn), len(self._left))
        return self._left.pop(same - 1)

    def failed(self, number: int) -> None:
        """That scenario has failed, or could not tell; of latency, it delays what is left."""
        if number in self._latency and not self._latency_failed:
            self._latency_failed = True
            self._left.sort(key=self._turn)

    def _turn(self, number: int) -> tuple[int, bool, int, bool, int]:
        """What has the same turn is taken in any order."""
        slow = self._latency_failed
        first = (self._pings,) if slow else (self._latency, self._trend)
        rank = next((r for r, numbers in enumerate(first) if number in numbers), len(first))
        in_order = number if number in self._latency else 0
        return self._stages[number], number not in self._idle, rank, number in self._alone, in_order

    def stage(self, number: int) -> str:
        """The stage of a scenario, by name; empty for what belongs to none."""
        stage = self._stages[number]
        return STAGES[stage].name if stage < len(STAGES) else ""

    @property
    def left(self) -> int:
        """How many have not been taken."""
        return len(self._left)


def _stage_of(tags: Collection[str]) -> int:
    found = (n for n, stage in enumerate(STAGES) if not stage.tags.isdisjoint(tags))
    return next(found, len(STAGES))


def _is_alone(tags: Collection[str], *, own_services: bool) -> bool:
    if MACHINE in tags:
        return True
    noticed = DEPLOYMENT in tags or not NOTICED_BY_ALL.isdisjoint(tags)
    return noticed and not own_services
