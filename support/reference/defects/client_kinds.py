"""Defects in isolation that only one kind of client shows: readers, browsers, compression."""

from __future__ import annotations

from support.reference.connection import Connection
from support.reference.defects.catalogue import defect
from support.reference.hub import Recipient
from support.reference.store import StoredEvent
from support.reference.streams import Streams


class SomeSeeEveryone(Streams):
    """Connections of one kind receive the events of everyone."""

    def audience(self, event: StoredEvent) -> tuple[Recipient, ...]:
        mine = tuple(super().audience(event))
        others = (c for c in self.hub.all() if isinstance(c, Connection) and c not in mine)
        return (*mine, *(other for other in others if self.sees(other)))

    def sees(self, connection: Connection) -> bool:
        """Return whether this connection receives what is not its user's."""
        raise NotImplementedError


@defect("readers-see-others", "E1", "E7")
class ReadersSeeOthers(SomeSeeEveryone):
    """A connection whose token may only read receives the events of everyone"""

    def sees(self, connection: Connection) -> bool:
        return not connection.claims.may_talk


@defect("browsers-see-others", "E1", "F6")
class BrowsersSeeOthers(SomeSeeEveryone):
    """A connection whose token came in the subprotocol receives the events of everyone"""

    def sees(self, connection: Connection) -> bool:
        return b"authorization" not in dict(connection.socket.scope["headers"])


@defect("browsers-outlive-tokens", "F4", "F6")
class BrowsersOutliveTokens(Connection):
    """A connection whose token came in the subprotocol goes on after the token has expired"""

    def expire(self) -> None:
        if b"authorization" in dict(self.socket.scope["headers"]):
            super().expire()


@defect("compressed-connections-see-others", "E1", "C4")
class CompressedConnectionsSeeOthers(SomeSeeEveryone):
    """A connection with compression receives the events of everyone"""

    def sees(self, connection: Connection) -> bool:
        return bool(connection.socket.conn.extensions)
