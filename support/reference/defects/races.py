"""Defects between a request and its acceptance."""

from __future__ import annotations

import asyncio
import secrets
from functools import cached_property
from typing import Any

import msgspec

from support.reference.connection import Connection
from support.reference.defects.catalogue import defect
from support.reference.messages import Rejected, UserMessage

ACCEPTED_AFTER_S = 0.05


@defect("repetition-before-acceptance-runs", "C2")
class RepetitionBeforeAcceptanceRuns(Connection):
    """A request that is repeated before it has been accepted runs twice"""

    @cached_property
    def asked_as(self) -> dict[str, str]:
        """The id that a request came with, by the id under which it runs."""
        return {}

    def on_user_message(self, message: UserMessage) -> None:
        if self.services.runs.known(self.user_id, message.request_id) is not None:
            super().on_user_message(message)
            return
        asyncio.get_running_loop().call_later(ACCEPTED_AFTER_S, self.accept, message)

    def accept(self, message: UserMessage) -> None:
        """Accept a request that was new when it came."""
        asked = message.request_id
        if self.services.runs.known(self.user_id, asked) is not None:
            fresh = f"{asked[:100]}-{secrets.token_hex(4)}"
            self.asked_as[fresh] = asked
            message = msgspec.structs.replace(message, request_id=fresh)
        try:
            super().on_user_message(message)
        except Rejected as error:
            self.reject(error)

    def push(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "accepted":
            asked = self.asked_as.get(frame["request_id"], frame["request_id"])
            frame = {**frame, "request_id": asked}
        super().push(frame)
