"""Defects of requests that come again: known in some cases, and run again in the others."""

from __future__ import annotations

import secrets
from functools import cached_property

from support.reference.defects.catalogue import defect
from support.reference.messages import UserMessage
from support.reference.runs import Runs
from support.reference.store import Run


class SometimesForgotten(Runs):
    """A request runs again where the one before it is not recognised."""

    def find_or_add(self, user_id: str, message: UserMessage) -> tuple[Run, bool]:
        known = self.known(user_id, message.request_id)
        if known is not None and self.forgets(known, message):
            fresh = f"{message.request_id[:100]}-{secrets.token_hex(4)}"
            message = UserMessage(fresh, message.content, message.thread_id)
        return super().find_or_add(user_id, message)

    def forgets(self, known: Run, message: UserMessage) -> bool:
        """Return whether this request is taken for a new one."""
        raise NotImplementedError


@defect("ended-requests-forgotten", "C2")
class EndedRequestsForgotten(SometimesForgotten):
    """A request that is repeated after its run has ended runs again"""

    def forgets(self, known: Run, message: UserMessage) -> bool:
        return known.finished


@defect("failed-requests-run-again", "C2")
class FailedRequestsRunAgain(SometimesForgotten):
    """A request whose run has failed runs again when it is repeated"""

    def forgets(self, known: Run, message: UserMessage) -> bool:
        return known.finished and "fail with" in known.content


@defect("earlier-requests-forgotten", "C2")
class EarlierRequestsForgotten(SometimesForgotten):
    """Only the latest request of a user is known again; an earlier one runs again"""

    @cached_property
    def latest(self) -> dict[str, str]:
        """User → the id of the run that was accepted last."""
        return {}

    def find_or_add(self, user_id: str, message: UserMessage) -> tuple[Run, bool]:
        run, duplicate = super().find_or_add(user_id, message)
        self.latest[user_id] = run.run_id
        return run, duplicate

    def forgets(self, known: Run, message: UserMessage) -> bool:
        return self.latest.get(known.user_id) != known.run_id


@defect("same-words-taken-for-repetition", "C2")
class SameWordsTakenForRepetition(Runs):
    """Two questions of a user in the same words are taken for one request"""

    @cached_property
    def by_words(self) -> dict[tuple[str, str], Run]:
        """User and words → the first run they started."""
        return {}

    def find_or_add(self, user_id: str, message: UserMessage) -> tuple[Run, bool]:
        earlier = self.by_words.get((user_id, message.content))
        if earlier is not None:
            return earlier, True
        run, duplicate = super().find_or_add(user_id, message)
        self.by_words[user_id, message.content] = run
        return run, duplicate


@defect("reworded-requests-run-again", "C2")
class RewordedRequestsRunAgain(SometimesForgotten):
    """A request that is repeated with the same id and other words runs again"""

    def forgets(self, known: Run, message: UserMessage) -> bool:
        return known.content != message.content
