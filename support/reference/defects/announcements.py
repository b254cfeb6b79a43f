"""Defects in announcements: whom they reach, and as what."""

from __future__ import annotations

import msgspec

from support.reference.chat import Chat
from support.reference.connection import Connection
from support.reference.defects.catalogue import defect


@defect("announcement-not-for-all", "A7", "E8")
class AnnouncementNotForAll(Connection):
    """An announcement misses every user who has asked something before"""

    def announce(self, body: str) -> None:
        if not self.services.streams.of(self.user_id).newest:
            super().announce(body)


@defect("announcement-to-one-device", "A6", "A7", "E8")
class AnnouncementToOneDevice(Chat):
    """Of several devices of a user an announcement reaches only one"""

    def announce(self, message: str) -> int:
        others = {user: devices for user, devices in self.hub.by_user.items() if len(devices) > 1}
        for user, devices in others.items():
            self.hub.by_user[user] = {next(iter(devices))}
        reached = super().announce(message)
        self.hub.by_user.update(others)
        return reached


@defect("announcement-as-event", "A7", "E8")
class AnnouncementAsEvent(Connection):
    """An announcement is stamped with a user's id, as if it were an event of theirs"""

    def announce(self, body: str) -> None:
        frame = {**msgspec.json.decode(body), "user_id": "u-operator", "event_id": 1}
        super().announce(msgspec.json.encode(frame).decode())
