"""One attempt to get in: how it succeeded, or how it was refused.

A refusal may leave the connection open. After an error message, or silence, a question shows
whether the caller is really kept out: nothing but another refusal may answer it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from websockets.http11 import Response

from support.client.mentions import record_mentions
from support.client.outcome import why_refused
from support.client.recording import Recording
from support.client.token_echo import echoes
from support.client.transport import Socket
from support.dialects import Dialect
from support.journal import Journal, facts, records

#: How a caller is refused on a connection that stays open, for people.
OPENLY = {
    "error": "an error message",
    "silence": "silence, and no answer to a question either",
}


class Attempt:
    """What the caller hears until they are in or refused, and the records of it.

    `over` is set when the connection has ended. `turned`: an error message has refused the caller.
    """

    def __init__(
        self, journal: Journal, log: Recording, dialect: Dialect, over: asyncio.Event
    ) -> None:
        self.token: str | None = None
        self.began = 0.0
        self.turned = False
        self.away = asyncio.Event()
        self._flaw = "token"
        self._limit_s = 0.0
        self._recorded = False
        self._answered = asyncio.Event()
        self._journal, self._log, self._dialect, self._over = journal, log, dialect, over

    def begins(self, token: str | None, flaw: str, limit_s: float) -> None:
        """Now, with `token`, which is to be refused for `flaw`, if it is; given up at `limit_s`."""
        self.token, self._flaw, self._limit_s = token, flaw, limit_s
        self.began = time.monotonic()

    @property
    def left_s(self) -> float:
        """For how many seconds a greeting is still waited for."""
        return max(self._limit_s - (time.monotonic() - self.began), 0.1)

    def heard(self, said: Sequence[facts.AnyFact]) -> None:
        """A frame has arrived that says this, before or with the greeting."""
        for fact in said:
            if isinstance(fact, facts.TurnedAway):
                self.turned = True
                self.away.set()
            if not isinstance(fact, facts.ADMITS_NOBODY):
                self._answered.set()

    async def outcome(
        self, ask: Callable[[], Awaitable[None]], *, greets: bool
    ) -> Literal["error", "silence", ""]:
        """How the caller was refused on a connection that is open; empty where it was not.

        Where the backend greets whom it admits, the greeting or a refusal is waited for, as long as
        the dialect says for silence (or until the attempt's limit, where silence is no refusal);
        then `ask` sends a question. Waiting for what answers it ends after as long, or after the
        dialect's quiet time where a refusal came before.
        """
        silence_s, quiet_s = self._dialect.silence_s(self._flaw), self._dialect.data.fence.quiet_s
        limit_s = self.left_s
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

    def refused_openly(self, how: str) -> None:
        """Record a refusal that left the connection open: `error` or `silence`."""
        self._recorded = True
        self._log.add(
            records.Refused,
            how=how,
            agreed=True,
            detail=OPENLY[how],
            took_ms=ms_since(self.began),
        )

    def succeeded(self, socket: Socket) -> None:
        """Record a handshake that succeeded."""
        response, log = socket.response, self._log
        log.add(
            records.Connected,
            took_ms=ms_since(self.began),
            subprotocol=log.clean(socket.subprotocol),
            agreed=socket.subprotocol == self._dialect.data.handshake.selects,
            keep_alive=log.clean(response.headers.get("Keep-Alive")) if response else None,
            echoed=echoes(self.token, response),
            mentions=self._journal.redactor.mentions(str(response.headers)) if response else (),
        )

    def failed(self, error: Exception) -> None:
        """Record a handshake that did not succeed."""
        how, status, detail = why_refused(error)
        response: Response | None = getattr(error, "response", None)
        self._log.add(
            records.Refused,
            how=how,
            status=status,
            agreed=status is not None and self._dialect.agrees(self._flaw, http=status),
            detail=self._log.clean(detail),
            took_ms=ms_since(self.began),
            echoed=echoes(self.token, response),
        )
        if response is not None:
            body = (response.body or b"").decode("utf-8", "replace")
            record_mentions(
                self._journal,
                "the refusal of a handshake",
                f"{response.headers}\n{body}",
                user=self._log.user,
                connection=self._log.connection,
                sent=self.token or "",
            )

    def closed(self, by: str, code: int | None, reason: str, raw_reason: str) -> None:
        """Record a refusal where the connection was closed in the place of a greeting.

        `reason` is redacted, `raw_reason` is not.
        """
        turned = self.turned and by in ("target", "network")
        closed = code is not None and by == "target"
        if self._recorded or not (closed or turned):
            return
        self._log.add(
            records.Refused,
            how="close" if closed else "error",
            status=code,
            agreed=turned or self._dialect.agrees(self._flaw, close=code),
            detail=f"closed with {code}" + (f" ({reason})" if reason else ""),
            echoed=("the close reason",) if self.token and self.token in raw_reason else (),
        )

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


def ms_since(began: float) -> float:
    """Milliseconds since `began`, a time of the monotonic clock."""
    return (time.monotonic() - began) * 1000
