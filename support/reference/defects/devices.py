"""Defects with several devices of a user: what belongs to the user is kept by connection."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from support.reference.connection import Connection
from support.reference.defects.catalogue import defect
from support.reference.hub import Recipient
from support.reference.messages import CancelRun, Rejected
from support.reference.store import StoredEvent
from support.reference.streams import Streams


@defect("announcements-without-subscription", "A6", "E8")
class AnnouncementsWithoutSubscription(Connection):
    """Announcements reach connections that have not subscribed"""

    def announce(self, body: str) -> None:
        self.put(body)


@defect("announcements-for-each-subscription", "A6", "E8")
class AnnouncementsForEachSubscription(Connection):
    """A connection that has subscribed twice receives announcements twice"""

    def announce(self, body: str) -> None:
        for _ in range(self.subscription):
            super().announce(body)


@defect("announcements-skip-readers", "E7", "E8")
class AnnouncementsSkipReaders(Connection):
    """Announcements do not reach connections whose token only allows reading"""

    def announce(self, body: str) -> None:
        if self.claims.may_talk:
            super().announce(body)


@defect("cancelled-only-where-asked", "A5", "A6")
class CancelledOnlyWhereAsked(Connection):
    """A run can be cancelled only on the connection on which it was asked for"""

    @cached_property
    def asked(self) -> set[str]:
        """The runs that were asked for here."""
        return set()

    def push(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "accepted":
            self.asked.add(frame["run_id"])
        super().push(frame)

    def on_cancel_run(self, message: CancelRun) -> None:
        if message.run_id not in self.asked:
            raise Rejected("not_found", "There is no such run.")
        super().on_cancel_run(message)


@defect("unsuccessful-ends-to-one-device", "A5", "A6")
class UnsuccessfulEndsToOneDevice(Streams):
    """The end of a run that failed or was cancelled reaches only one device of its user"""

    def audience(self, event: StoredEvent) -> Iterable[Recipient]:
        everyone = list(super().audience(event))
        unsuccessful = event.type == "agent_failed" or '"status":"cancelled"' in event.body
        return everyone[:1] if unsuccessful else everyone
