"""What belongs to whom, told to all workers of one deployment before its user does anything.

A worker looks for the secrets and ids of all users in what its own receive. It has to know those of
the others, too: else nobody would see that the deployment leaks them to its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from itertools import count

from support.journal import Known
from support.run.parallel.messages import Heard, Told

#: For the others to hear of it. A worker that does not answer for so long proves nothing any more.
WITHIN_S = 10.0
NOT_TOLD = (
    "A worker did not hear in time of the users of another, so a leak from one to the other might"
    " not have been seen."
)


class Sharing:
    """Of one worker; `say` sends to its parent, who passes it on to all others.

    Messages keep their order: when a user's secret has been heard of, so has all that was told
    before.
    """

    def __init__(self, say: Callable[[Told], None], within_s: float = WITHIN_S) -> None:
        self._say = say
        self._within_s = within_s
        self._numbers = count(1)
        self._awaited: dict[int, threading.Event] = {}
        #: What went wrong, in a sentence; empty as long as nothing has.
        self.problem = ""

    def tell(self, known: Known) -> None:
        """Tell all others; returns once they know, where `known` is a user or a user's secret."""
        number = next(self._numbers)
        heard = self._awaited[number] = threading.Event()
        try:
            self._say(Told(number, known))
            wanted = known.kind in ("canary", "user") and not self.problem
            if wanted and not heard.wait(self._within_s):
                self.problem = NOT_TOLD
        except OSError:
            self.problem = NOT_TOLD  # the parent has gone, which ends this worker
        finally:
            self._awaited.pop(number, None)

    def heard(self, number: int) -> None:
        """All others know by now what was told under that number."""
        if event := self._awaited.get(number):
            event.set()


class Hub:
    """Of the parent: who has yet to hear of what. Workers go by their number."""

    def __init__(self) -> None:
        self._awaited: dict[Heard, set[int]] = {}

    def told(self, message: Told, sender: int, others: Collection[int]) -> Told:
        """What to tell `others`."""
        self._awaited[Heard(message.number, sender)] = set(others)
        return Told(message.number, message.known, sender)

    def heard(self, message: Heard, by: int) -> bool:
        """Whether everybody has heard of it now."""
        left = self._awaited.get(message)
        if left is None:
            return False
        left.discard(by)
        if not left:
            del self._awaited[message]
        return not left

    def ended(self, worker: int) -> list[Heard]:
        """That worker hears of nothing more: what everybody else has heard of now."""
        return [message for message in list(self._awaited) if self.heard(message, worker)]
