"""Defects with half a surrogate pair, which JSON can write and UTF-8 cannot."""

from __future__ import annotations

import json

from support.reference.connection import Connection
from support.reference.defects.catalogue import defect
from support.reference.messages import Message
from support.reference.store import StoreError


@defect("half-characters-repaired", "C3")
class HalfCharactersRepaired(Connection):
    """Half a surrogate pair in a question is replaced silently"""

    def decode(self, text: str) -> Message:
        try:
            whole = json.dumps(json.loads(text), ensure_ascii=False)
        except (ValueError, RecursionError):
            return super().decode(text)
        return super().decode(whole.encode("utf-8", "replace").decode())


@defect("half-characters-end-connection", "C3")
class HalfCharactersEndConnection(Connection):
    """Half a surrogate pair in a question makes the connection fail"""

    def decode(self, text: str) -> Message:
        _content(text).encode()
        return super().decode(text)


@defect("half-characters-stop-everyone", "C3")
class HalfCharactersStopEveryone(Connection):
    """Half a surrogate pair in a question cannot be stored, and neither can anything after it"""

    def decode(self, text: str) -> Message:
        try:
            _content(text).encode()
        except UnicodeEncodeError:
            self.services.streams.flush = self.fail  # type: ignore[method-assign]
        return super().decode(text)

    def fail(self) -> None:
        """Fail as a transaction does that holds such a text."""
        raise StoreError("a text cannot be encoded")


def _content(text: str) -> str:
    """What a question says, decoded by a parser that lets half a surrogate pair pass."""
    try:
        content = json.loads(text).get("content")
    except (ValueError, AttributeError, RecursionError):
        return ""
    return content if isinstance(content, str) else ""
