"""Defects with several devices of a user: what belongs to the user is kept by connection."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from support.reference.connection import Connection
from support.reference.defects.catalogue import defect
from support.reference.hub import Recipient
from support.reference.messages import CancelRun, Rejected, Subscribe
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


@defect("announcements-twice-after-resume", "A7", "E8")
class AnnouncementsTwiceAfterResume(Connection):
    """A connection that has resumed after its first events receives announcements twice"""

    resumed = False

    def on_subscribe(self, message: Subscribe) -> None:
        self.resumed = bool(message.after)
        super().on_subscribe(message)

    def announce(self, body: str) -> None:
        for _ in range(2 if self.resumed else 1):
            super().announce(body)


@defect("announcements-skip-readers", "E7", "E8")
class AnnouncementsSkipReaders(Connection):
    """Announcements do not reach connections whose token only allows reading"""

    def announce(self, body: str) -> None:
        if self.claims.may_talk:
            super().announce(body)


@defect("third-device-disordered", "A2", "A6")
class ThirdDeviceDisordered(Connection):
    """Only a user's third device receives some events in the wrong order"""

    place = 0
    held: StoredEvent | None = None

    async def greet(self) -> None:
        self.place = len(self.services.streams.hub.of(self.user_id))
        await super().greet()

    def deliver(self, event: StoredEvent) -> None:
        if self.place > 2 and event.event_id % 5 == 2:
            self.held = event
            return
        super().deliver(event)
        if self.held is not None:
            held, self.held = self.held, None
            super().deliver(held)


@defect("second-run-before-subscription", "A6")
class SecondRunBeforeSubscription(Connection):
    """A connection that has not subscribed receives the events of a user's second and later runs"""

    @cached_property
    def begun(self) -> int:
        """How many runs have begun since this connection."""
        return 0

    def deliver(self, event: StoredEvent) -> None:
        self.begun += event.type == "agent_started"
        if self.begun > 1 and not self.subscription:
            self.put(event.body)
        super().deliver(event)


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
