"""A question of a load user, while it is under way."""

from __future__ import annotations

import time

from support.dialects import Outgoing


class Question:
    """A question under way; times are of the monotonic clock."""

    __slots__ = ("due", "first", "message", "request_id", "run_id", "sent")

    def __init__(self, request_id: str, due: float, sent: float) -> None:
        self.request_id, self.due, self.sent = request_id, due, sent
        self.run_id: str | None = None
        self.first = False
        self.message: Outgoing | None = None

    def is_open(self, *, answered: bool, within_s: float) -> bool:
        """True while it waits to be accepted or, with `answered`, answered, and has time left."""
        waits = answered or self.run_id is None
        return waits and time.monotonic() - self.sent < within_s
