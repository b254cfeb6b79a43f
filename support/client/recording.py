"""What one connection writes into the journal: each message, redacted, and all that happens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from support.dialects import Outgoing
from support.journal import Examined, Journal, facts, records


class Recording:
    """The journal of one connection; `outcome` is how it was refused or ended."""

    def __init__(self, journal: Journal, connection: str, user: str) -> None:
        self.outcome: records.Refused | records.Closed | None = None
        self._journal = journal
        self.connection = connection
        self.user = user

    def add(self, kind: Callable[..., records.Record], at: float = 0.0, **what: Any) -> None:
        """A record of the connection, now or `at` a time of the monotonic clock."""
        if kind is not records.WaitTimedOut:
            what["connection"] = self.connection
        t = self._journal.at(at) if at else self._journal.now()
        done = self._journal.record(kind, t=t, user=self.user, **what)
        refused = isinstance(self.outcome, records.Refused)  # what is closed then was never open
        if isinstance(done, records.Refused | records.Closed) and not refused:
            self.outcome = done

    def broke(self, error: Exception) -> None:
        """Reading failed by a mistake of our own: what was not read must not be approved."""
        what = f"reading {self.connection}: {type(error).__name__}: {error}"
        self._journal.record(records.HarnessError, what=what)

    def sent(self, message: Outgoing) -> None:
        """A message is on its way."""
        examined = self._journal.redactor.examine(readable(message.text))
        size, said = len(as_bytes(message.text)), (message.fact, *message.also)
        self._message("sent", size, examined, 0.0, said)

    def received(
        self,
        size: int,
        examined: Examined,
        said: Sequence[facts.AnyFact],
        stamp: float = 0.0,
        unsure_ms: float | None = None,
        *,
        http: bool = False,
    ) -> None:
        """A message of `size` bytes arrived, at `stamp` of the monotonic clock; it says `said`.

        It may have come `unsure_ms` earlier (None: nobody knows). `http`: it is the answer to a
        call.
        """
        unsure_ms = round(unsure_ms, 3) if unsure_ms else unsure_ms
        said = tuple(said)
        self._message("received", size, examined, stamp, said, http=http, unsure_ms=unsure_ms)

    def implied(self, fact: facts.AnyFact) -> None:
        """A fact that follows, by the dialect, without any message."""
        self.add(records.Implied, direction="received", size=0, text="", facts=(fact,))

    def clean(self, text: str | None) -> str | None:
        """`text` without secrets."""
        return self._journal.redactor.redact(text) if text is not None else None

    def _message(
        self,
        direction: str,
        size: int,
        examined: Examined,
        stamp: float,
        said: tuple[facts.AnyFact, ...],
        *,
        http: bool = False,
        unsure_ms: float | None = None,
    ) -> None:
        self._journal.keep(
            records.Frame(
                t=self._journal.at(stamp) if stamp else self._journal.now(),
                connection=self.connection,
                user=self.user,
                direction=direction,
                size=size,
                text=self._journal.cut(examined.clean),
                facts=said,
                mentions=examined.mentions,
                http=http,
                unsure_ms=unsure_ms,
            )
        )


def readable(message: str | bytes) -> str:
    """A message as text; a binary one in hex."""
    return message if isinstance(message, str) else message.hex()


def as_bytes(message: str | bytes) -> bytes:
    """A message as it goes over the wire."""
    return message.encode() if isinstance(message, str) else message
