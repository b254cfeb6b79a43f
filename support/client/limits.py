"""The limits that a deployment announces in its greeting, as far as this environment tests them."""

from __future__ import annotations

from typing import Any, TypeVar

from support.client.client import Client
from support.config import NotOffered

N = TypeVar("N", int, float)


def message_bytes(client: Client) -> int:
    """Bytes a message may have. Raises `NotOffered` where that is unknown or too large to test."""
    most = client.deployment.environment.sizes.message_bytes
    limit = message_bytes_announced(client)
    return _testable(limit, most, "bytes in a message", "sizes.message_bytes")


def message_bytes_announced(client: Client) -> int | None:
    """Bytes a message may have, however many; None where the deployment does not say."""
    limit: int | None = _announced(client, "message_bytes")
    return limit


def ensure_allows(client: Client, size: int) -> None:
    """Raise `NotOffered` where the deployment announces fewer than `size` bytes for a message."""
    limit = message_bytes_announced(client)
    if limit is not None and size > limit:
        raise NotOffered(f"the deployment allows {limit:,} bytes in a message, fewer than {size:,}")


def messages_per_s(client: Client) -> float:
    """Messages a second. Raises `NotOffered` where that is unknown or too high to exceed here."""
    most = client.deployment.environment.sizes.messages_per_s
    limit: float | None = _announced(client, "messages_per_s")
    return _testable(limit, most, "messages a second", "sizes.messages_per_s")


def connections_per_user(client: Client) -> int:
    """Connections of one user. Raises `NotOffered` where that is unknown or too high to open."""
    most = client.deployment.environment.sizes.connections
    limit = connections_announced(client)
    return _testable(limit, most, "connections of one user", "sizes.connections")


def connections_announced(client: Client) -> int | None:
    """Connections of one user; None where the deployment does not say."""
    limit: int | None = _announced(client, "connections_per_user")
    return limit


def retained_events(client: Client) -> int | None:
    """How many events of a stream the deployment keeps; None where it does not say."""
    limit: int | None = _announced(client, "retained_events")
    return limit


def heartbeat_s(client: Client) -> float:
    """The interval of the deployment's heartbeat on the newest open connection, in seconds.

    Raises `NotOffered` where there is none, or one too slow to wait for.
    """
    ready = client.online.ready if client.online else None
    longest_s = client.deployment.environment.patience.heartbeat_s
    if ready is None or ready.heartbeat_s is None:
        raise NotOffered("the deployment announces no usable heartbeat")
    if ready.heartbeat_s > longest_s:
        raise NotOffered(
            f"the deployment's heartbeat of {ready.heartbeat_s:g} s is slower than the"
            f" {longest_s:g} s this environment waits for (patience.heartbeat_s)"
        )
    return ready.heartbeat_s


def _announced(client: Client, name: str) -> Any:
    """The newest announcement, also of a connection that is over."""
    greetings = [c.ready for c in client.connections if c.ready is not None]
    return getattr(greetings[-1], name) if greetings else None


def _testable(limit: N | None, most: N, what: str, setting: str) -> N:
    if limit is None:
        raise NotOffered(f"the deployment announces no usable limit of {what}")
    if limit > most:
        raise NotOffered(
            f"the deployment allows {limit:,} {what}; this environment tests up to {most:,}"
            f" ({setting})"
        )
    return limit
