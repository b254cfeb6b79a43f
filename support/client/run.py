"""One request of a user and the agent run that answers it, as the user's side sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.journal import facts

if TYPE_CHECKING:
    from support.client.user import User


class Run:
    """A request on its way. Waiting never judges: it returns whether the wait was fulfilled."""

    def __init__(self, user: User, request_id: str, kind: str, text: str, tag: str) -> None:
        self.user = user
        self.request_id = request_id
        self.kind = kind
        self.text = text
        self.tag = tag
        self.thread_id: str | None = None  # of the conversation that it continues
        self.sent = False
        self.run_id: str | None = None
        self.rejected: facts.Rejected | None = None
        self.seen: list[str] = []
        self.shown: dict[tuple[str | None, int], str] = {}  # event → connection that brought it

    @property
    def ended(self) -> bool:
        """True once a terminal event, or a refusal of the request, has arrived."""
        return self.rejected is not None or any(t in facts.TERMINAL_EVENTS for t in self.seen)

    async def reaches(self, event: str, within_s: float | None = None) -> bool:
        """True once an event of that type has arrived (or the run has ended without it: False)."""
        await self.user.until(
            lambda: event in self.seen or self.ended, f"{event} of a run", within_s
        )
        return event in self.seen

    async def finished(self, within_s: float | None = None) -> bool:
        """True once the run has ended; False when the deadline passed first."""
        return await self.user.until(lambda: self.ended, "the end of a run", within_s)
