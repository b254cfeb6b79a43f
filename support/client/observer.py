"""Who is told what a connection hears."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from support.journal import facts

if TYPE_CHECKING:
    from support.client.connection import Connection


class Observer(Protocol):
    """A user, as their connections see them. Called on the loop, from the receive path."""

    def heard(self, connection: Connection, fact: facts.AnyFact) -> None:
        """A fact arrived on `connection` and is in the journal already."""

    def ended(self, connection: Connection) -> None:
        """`connection` is over."""
