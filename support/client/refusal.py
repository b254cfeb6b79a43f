"""A caller who should be refused, where the refusal may leave the connection open.

After an error message, or silence, a question shows whether the caller is really kept out: nothing
but another refusal may answer it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from support.journal import facts

#: How a caller is refused on a connection that stays open, for people.
OPENLY = {
    "error": "an error message",
    "silence": "silence, and no answer to a question either",
}
#: What says nothing about whether somebody is in.
_SAYS_NOTHING = (facts.TurnedAway, facts.Challenge, facts.Ignored)


class Attempt:
    """What a caller hears who may be refused; `over` is set when the connection has ended.

    `turned`: an error message has refused them; `settled`: it is recorded how they were refused.
    """

    def __init__(self, over: asyncio.Event) -> None:
        self.turned = self.settled = False
        self._over = over
        self.away = asyncio.Event()
        self._answered = asyncio.Event()

    def heard(self, said: Sequence[facts.AnyFact]) -> None:
        """A frame has arrived that says this."""
        if any(isinstance(fact, facts.TurnedAway) for fact in said):
            self.turned = True
            self.away.set()
        if any(not isinstance(fact, _SAYS_NOTHING) for fact in said):
            self._answered.set()

    async def outcome(
        self,
        ask: Callable[[], Awaitable[None]],
        *,
        greets: bool,
        limit_s: float,
        silence_s: float | None,
        quiet_s: float,
    ) -> Literal["error", "silence", ""]:
        """How the caller was refused on a connection that is open; empty where it was not.

        Where the backend greets whom it admits, the greeting or a refusal is waited for, at most
        `silence_s` (or `limit_s`, where silence is no refusal); then `ask` sends a question.
        Waiting for what answers it ends after as long, or `quiet_s` after a refusal.
        """
        if greets:
            await self._news(silence_s or limit_s)
        if not self._undecided or (greets and not self.turned and silence_s is None):
            return ""
        self.away.clear()
        before = self.turned
        await ask()
        await self._news(silence_s or (quiet_s if before else limit_s))
        if self._undecided and self.turned and not before:  # it may refuse the question, too
            self.away.clear()
            await self._news(silence_s or quiet_s)
        if not self._undecided or not (self.turned or silence_s):
            return ""
        return "error" if self.turned else "silence"

    @property
    def _undecided(self) -> bool:
        return not (self._over.is_set() or self._answered.is_set())

    async def _news(self, within_s: float) -> None:
        """Wait for an answer, a refusal or the end."""
        events = (self._over, self.away, self._answered)
        waits = [asyncio.create_task(event.wait()) for event in events]
        try:
            await asyncio.wait(waits, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
