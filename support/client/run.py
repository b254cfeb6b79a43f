"""One request of a user and the agent run that answers it, as the user's side sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.dialects.dialect import Dialect, Outgoing
from support.journal import facts

if TYPE_CHECKING:
    from support.client.user import User


class Run:
    """A request on its way. Waiting never judges: it returns whether the wait was fulfilled."""

    def __init__(
        self,
        user: User,
        request_id: str,
        kind: str,
        text: str,
        tag: str,
        thread: str | None = None,
    ) -> None:
        self.user = user
        self.request_id = request_id
        self.kind = kind
        self.text = text
        self.tag = tag
        self.thread = thread  # the conversation that it goes on with
        self.sent = False
        self.run_id: str | None = None
        self.thread_id: str | None = None
        self.rejected: facts.Rejected | None = None
        self.seen: list[str] = []
        self.shown: dict[tuple[str | None, int], str] = {}  # event → connection that brought it

    def message(self, dialect: Dialect) -> Outgoing:
        """The request as it is sent."""
        return dialect.ask(self.request_id, self.text, self.kind, self.tag, self.thread)

    @property
    def ended(self) -> bool:
        """True once a terminal event, or a refusal of the request, has arrived."""
        return self.rejected is not None or any(t in facts.TERMINAL_EVENTS for t in self.seen)

    async def taken(self) -> bool:
        """True once the request has been accepted; False when it is turned down, or never is."""
        await self.user.until(
            lambda: self.run_id is not None or self.rejected is not None,
            "the acceptance of a request",
        )
        return self.run_id is not None

    async def reaches(self, event: str) -> bool:
        """True once an event of that type has arrived (or the run has ended without it: False)."""
        await self.user.until(lambda: event in self.seen or self.ended, f"{event} of a run")
        return event in self.seen

    async def finished(self, within_s: float | None = None) -> bool:
        """True once the run has ended; False when the deadline passed first."""
        return await self.user.until(lambda: self.ended, "the end of a run", within_s)
