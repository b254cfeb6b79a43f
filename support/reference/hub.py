"""Who is connected."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.reference.connection import Connection


class Hub:
    """The open connections, by user."""

    def __init__(self) -> None:
        self.by_user: dict[str, set[Connection]] = {}

    def __len__(self) -> int:
        return sum(map(len, self.by_user.values()))

    def of(self, user_id: str) -> tuple[Connection, ...]:
        """Return the user's connections."""
        return tuple(self.by_user.get(user_id, ()))

    def all(self) -> tuple[Connection, ...]:
        """Return everybody's connections."""
        return tuple(connection for group in self.by_user.values() for connection in group)

    def join(self, connection: Connection) -> None:
        """Add a connection that was let in."""
        self.by_user.setdefault(connection.user_id, set()).add(connection)

    def leave(self, connection: Connection) -> None:
        """Remove a connection that has ended."""
        group = self.by_user.get(connection.user_id, set())
        group.discard(connection)
        if not group:
            self.by_user.pop(connection.user_id, None)
