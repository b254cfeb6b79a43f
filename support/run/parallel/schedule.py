"""Which scenario is run when: the longest first, and alone where it must be.

`@exclusive.machine`: what it measures would show the load of other scenarios, so nothing runs
beside it. `@exclusive.deployment`: it does something to the deployment that others would notice; a
worker with a bundled service of its own needs to wait for nobody. The capabilities that a scenario
needs say so, too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from statistics import fmean

EXCLUSIVE = ("exclusive.machine", "exclusive.deployment")
MACHINE, DEPLOYMENT = EXCLUSIVE

#: What a scenario that needs these does to everyone on the deployment, or counts of everyone.
NOTICED_BY_ALL = frozenset(
    f"needs.{capability}"
    for capability in (
        *("restart", "store_outage", "auth_outage", "announcements", "metrics", "health"),
        *("flood", "compression_bomb", "unread_answers", "reconnect_storm", "slow_handshakes"),
        *("connection_cap", "password_guessing", "id_enumeration", "protocol_violations"),
    )
)


class Schedule:
    """The numbers of planned scenarios, to be taken one by one; `tags` are those of each.

    `expected_s` are the seconds that some of them took before, by number.
    """

    def __init__(
        self,
        tags: Mapping[int, Collection[str]],
        expected_s: Mapping[int, float],
        *,
        own_services: bool,
    ) -> None:
        usual_s = fmean(expected_s.values()) if expected_s else 1.0
        order = sorted(tags, key=lambda number: (-expected_s.get(number, usual_s), number))
        self._alone = [n for n in order if _is_alone(tags[n], own_services=own_services)]
        self._shared = [n for n in order if n not in set(self._alone)]
        self._taken_alone: set[int] = set()

    def take(self, running: Sequence[int]) -> int | None:
        """The next number; None while there is none that may run beside those `running`."""
        if any(number in self._taken_alone for number in running):
            return None
        if self._shared:
            return self._shared.pop(0)
        if self._alone and not running:
            self._taken_alone.add(number := self._alone.pop(0))
            return number
        return None

    @property
    def left(self) -> int:
        """How many have not been taken."""
        return len(self._alone) + len(self._shared)


def _is_alone(tags: Collection[str], *, own_services: bool) -> bool:
    if MACHINE in tags:
        return True
    noticed = DEPLOYMENT in tags or not NOTICED_BY_ALL.isdisjoint(tags)
    return noticed and not own_services
