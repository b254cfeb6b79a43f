"""Who was given which run and thread, as far as a worker has seen."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

#: Of all users of a worker: as many of their runs are known to be theirs, and of their threads.
KEPT_IDS = 100_000


class Owners:
    """Which users were given an id: of the newest `KEPT_IDS`, so that memory stays bounded."""

    def __init__(self) -> None:
        self._users: OrderedDict[str, frozenset[str]] = OrderedDict()
        self._alone: dict[str, frozenset[str]] = {}  # user → they alone: one set for all their ids

    def add(self, identity: str, user: str) -> None:
        """The user was given it."""
        alone = self._alone.setdefault(user, frozenset((user,)))
        known = self._users.get(identity)
        self._users[identity] = alone if known is None else known | alone
        if len(self._users) > KEPT_IDS:
            self._users.popitem(last=False)

    def of(self, identity: str) -> frozenset[str]:
        """Everybody who was given it."""
        return self._users.get(identity, frozenset())


@dataclass
class Ownership:
    """Which users were given which run and thread, as far as this worker has seen."""

    runs: Owners = field(default_factory=Owners)
    threads: Owners = field(default_factory=Owners)
