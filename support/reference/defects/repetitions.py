"""Defects of requests that come again: known in some cases, and run again in the others."""

from __future__ import annotations

import secrets

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


@defect("reworded-requests-run-again", "C2")
class RewordedRequestsRunAgain(SometimesForgotten):
    """A request that is repeated with the same id and other words runs again"""

    def forgets(self, known: Run, message: UserMessage) -> bool:
        return known.content != message.content
