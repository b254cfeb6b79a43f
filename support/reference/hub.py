"""The open connections."""

from __future__ import annotations

from typing import Protocol

from support.reference.store import StoredEvent


class Recipient(Protocol):
    """An open connection, as the rest of the backend sees it."""

    user_id: str

    def deliver(self, event: StoredEvent) -> None:
        """Send one event of the user's stream."""

    def announce(self, body: str) -> None:
        """Send an announcement."""

    def announce_restart(self, reason: str, retry_after_s: float) -> None:
        """Announce a restart, then close."""

    def close(self, code: int, reason: str) -> None:
        """Close with this WebSocket close code."""


class Hub:
    """The open connections, by user."""

    def __init__(self) -> None:
        self.by_user: dict[str, set[Recipient]] = {}

    def __len__(self) -> int:
        return sum(map(len, self.by_user.values()))

    def of(self, user_id: str) -> tuple[Recipient, ...]:
        """Return the user's connections."""
        return tuple(self.by_user.get(user_id, ()))

    def all(self) -> tuple[Recipient, ...]:
        """Return the connections of all users."""
        return tuple(connection for group in self.by_user.values() for connection in group)

    def join(self, connection: Recipient) -> None:
        """Add an accepted connection."""
        self.by_user.setdefault(connection.user_id, set()).add(connection)

    def leave(self, connection: Recipient) -> None:
        """Remove a connection that has ended."""
        group = self.by_user.get(connection.user_id, set())
        group.discard(connection)
        if not group:
            self.by_user.pop(connection.user_id, None)
