"""Defects with malformed messages that only some kinds of message, or some fields, show."""

from __future__ import annotations

import json
from typing import Any

from support.reference.connection import Connection
from support.reference.defects.catalogue import defect
from support.reference.messages import Rejected

ENOUGH = 3


class FailsOnSome(Connection):
    """A connection that fails on messages that its parser lets pass."""

    def hear(self, text: str) -> None:
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            said = {}
        if self.fails_on_value(said):
            self.close(1011, "internal error")
            return
        super().hear(text)

    def fails_on_value(self, said: object) -> bool:
        """Return whether this JSON value ends the connection."""
        return isinstance(said, dict) and bool(said) and self.fails_on(said)

    def fails_on(self, said: dict[str, Any]) -> bool:
        """Return whether this message ends the connection."""
        return False


@defect("half-characters-in-ids", "C3")
class HalfCharactersInIds(FailsOnSome):
    """Half a surrogate pair in an id or in a ping makes the connection fail"""

    def fails_on(self, said: dict[str, Any]) -> bool:
        ids = ("request_id", "thread_id", "run_id", "nonce")
        return any(_is_half(said.get(name)) for name in ids)


@defect("malformed-cancellation-ends-connection", "C3")
class MalformedCancellationEndsConnection(FailsOnSome):
    """A cancellation that names no run makes the connection fail"""

    def fails_on(self, said: dict[str, Any]) -> bool:
        return said.get("type") == "cancel_run" and not isinstance(said.get("run_id"), str)


@defect("missing-type-ends-connection", "C3")
class MissingTypeEndsConnection(FailsOnSome):
    """A message whose type is no text makes the connection fail"""

    def fails_on(self, said: dict[str, Any]) -> bool:
        return not isinstance(said.get("type"), str)


@defect("bare-value-ends-connection", "C3")
class BareValueEndsConnection(FailsOnSome):
    """A JSON text that is null, a number or a string makes the connection fail"""

    def fails_on_value(self, said: object) -> bool:
        return not isinstance(said, dict | list)


@defect("third-error-ends-connection", "C3")
class ThirdErrorEndsConnection(Connection):
    """A connection is closed after its third malformed message"""

    errors = 0

    def reject(self, error: Rejected) -> None:
        super().reject(error)
        self.errors += error.code.startswith("invalid")
        if self.errors == ENOUGH:
            self.close(1008, "too many errors")


def _is_half(value: object) -> bool:
    """Whether this is a text with half a surrogate pair in it."""
    return isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value)
