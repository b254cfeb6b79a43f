"""How a connection is refused or ended, and what must be rejected: tables of a dialect file."""

from __future__ import annotations

from support.dialects.values import Age, CloseCode, Count, Expr, Grace, Silence, Status, Table


class Refusal(Table):
    """One accepted way to turn a caller away.

    An HTTP status in the place of 101, a close, an error message that meets `error`, or `silence_s`
    seconds in which nothing arrives. After the last two the connection may stay open: the caller
    then asks a question, and nothing else may be answered to it.
    """

    http: Status | None = None
    close: CloseCode | None = None
    error: Expr | None = None
    silence_s: Silence | None = None

    def __post_init__(self) -> None:
        given = [n for n in ("http", "close", "error", "silence_s") if getattr(self, n) is not None]
        if len(given) != 1:
            text = " and ".join(given) or "none"
            raise ValueError(f"needs exactly one of http, close, error, silence_s, has {text}")


#: The HTTP statuses of RFC 6455 (4.2.2, 4.4) and of HTTP servers. A header that cannot hold a token
#: is refused as for `token`, or by the HTTP server before the token is looked at.
_BY_STANDARD = {
    "version": [426, 400],
    "key": [400],
    "malformed_header": [400],
    "oversized_token": [400, 413, 414, 431],
}
_BESIDES_TOKEN = ("malformed_header", "oversized_token")


def refusals_for(why: str, named: dict[str, list[Refusal]]) -> list[Refusal]:
    """How a caller may be turned away for `why`: as a dialect says, or else by the standards."""
    if why in named:
        return named[why]
    token = named.get("token", []) if why in _BESIDES_TOKEN else []
    return [*token, *(Refusal(http=status) for status in _BY_STANDARD.get(why, []))]


class ClosingRules(Table):
    """Close codes: a clean leave, a restart, a client that fell silent, a message too long, …

    `expired` is for a token that has ended, within `expired_within_s` seconds of its end; for as
    long a handshake may still accept it, so a backend that allows for clocks that differ by a
    minute sets 60. `final` are those after which the same caller need not come back. `breach` are
    those that a breach of the protocol is answered with besides the RFC's own; with `breach_drop`
    it may also end the connection without a close frame (RFC 6455 7.1.7). `answered`: false where
    the backend ends TCP in the place of answering a close. `aged` are for connections that are at
    least `max_age_s` seconds old: their users come back at once.
    """

    leave: CloseCode = 1000
    expired: list[CloseCode] = []
    expired_within_s: Grace = 5.0
    restart: list[CloseCode] = []
    silent: list[CloseCode] = []
    oversize: list[CloseCode] = []
    aged: list[CloseCode] = []
    max_age_s: Age | None = None
    final: list[CloseCode] = []
    breach: list[CloseCode] = []
    breach_drop: bool = False
    answered: bool = True


class FloodRules(Table):
    """How a user who sends too much is held back.

    `burst_s` seconds' worth of messages may come at once; of those too many, each is answered with
    an error in `rejected`; more than `in_a_row` of these end the connection.
    """

    rejected: list[str]
    burst_s: Grace
    in_a_row: Count
    close: list[int]


class UnreadRules(Table):
    """The bytes that may wait for a client that does not read; beyond them it is disconnected."""

    bytes: Count
    close: list[int]


class Repeat(Table):
    """`text` so many times, and `closing` as often."""

    text: str
    times: Count
    closing: str = ""


class FurtherInput(Table):
    """Another text that is broken in the same way; without `rejected`, the same errors will do."""

    text: str
    rejected: list[str] = []


class BrokenInput(Table):
    """Input that must be rejected: text or, in hex, binary.

    By an error in `rejected`, a close with one of `close`, an end without a close frame (`drop`),
    or by nothing at all, after which the connection goes on (`ignored`).
    """

    text: str = ""
    binary: str | None = None
    repeat: Repeat | None = None
    tail: str = ""
    rejected: list[str] = []
    close: list[int] = []
    drop: bool = False
    ignored: bool = False
    also: list[FurtherInput] = []

    def further(self) -> list[BrokenInput]:
        """What is sent after it, one after another, and is broken in the same way."""
        return [
            BrokenInput(
                text=other.text,
                rejected=other.rejected or self.rejected,
                close=self.close,
                drop=self.drop,
                ignored=self.ignored,
            )
            for other in self.also
        ]

    def frame(self) -> str | bytes:
        """What goes over the wire."""
        if self.binary is not None:
            return bytes.fromhex(self.binary)
        if self.repeat is None:
            return self.text + self.tail
        return (
            self.text
            + self.repeat.text * self.repeat.times
            + self.repeat.closing * self.repeat.times
            + self.tail
        )
