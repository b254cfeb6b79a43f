"""A dialect: how one kind of backend is spoken, as data with a small interpreter. No I/O in here.

The data is a TOML file, checked and compiled when it is loaded. `Speaker` says what a user means,
`Conversation` reads what arrives on a connection; what both share is here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from support.config.errors import NotOffered
from support.dialects.conversation import Conversation
from support.dialects.endings import Refusal, refusals_for
from support.dialects.frames import Messages, messages_in
from support.dialects.framings import Framing, encoder
from support.dialects.schema import DialectData
from support.dialects.signing import Signature
from support.dialects.speaker import Person, Speaker, as_text, matches
from support.dialects.templates import texts
from support.dialects.wire import Wire
from support.journal import facts

#: What a connection is ended for, as checks know it.
CloseCause = Literal["restart", "silent", "oversize", "expired", "unread", "flood", "aged"]

#: One word that is made of the user and of a request id.
_OF_ONE_USER = re.compile(
    r"""\{user_id\}[^\s"'{},]*\{request_id\}|\{request_id\}[^\s"'{},]*\{user_id\}"""
)
_EARLY_S = 1.0  # a server may count in whole seconds, and from the first byte of a handshake


class Dialect:
    """A dialect file, ready to be used."""

    def __init__(
        self,
        data: DialectData,
        framing: type[Framing] | None = None,
        signature: type[Signature] | None = None,
    ) -> None:
        self.data = data
        self.name = data.name
        self.signature = signature
        self.wire = Wire(data, framing, signature)

    def conversation(self, person: Person) -> Conversation:
        """What reads one connection of `person`."""
        return Conversation(self.wire, person)

    def speaker(self, person: Person | None = None) -> Speaker:
        """What speaks for `person`; without one, for nobody in particular."""
        framing = self.wire.framing
        encode = encoder(framing()) if framing is not None else as_text
        return Speaker(self.data, person or Person(), encode)

    @property
    def capabilities(self) -> set[str]:
        """What such a backend can do, by the sections its file has."""
        return {name for name, there in self.decides.items() if there}

    @property
    def decides(self) -> dict[str, bool]:
        """Every capability that a dialect file alone decides on, and whether this one has it."""
        data = self.data
        return {
            "streams": "subscribe" in data.send,
            "resume": data.resume.mode not in ("none", "live"),
            "replay": data.resume.mode not in ("none", "live", "snapshot"),
            "resubscribe": "subscribe" in data.send and data.resume.again,
            "idempotent": data.runs.idempotent,
            "positions": "subscribe" in data.send
            and any("position" in rule.names for rule in self.wire.reader.rules),
            "clock": any("server_time" in rule.taken for rule in self.wire.reader.rules),
            "own_identity": data.identity == "own",
            "restart_notice": any(
                rule.says == "closing" and "time_left_s" not in rule.taken
                for rule in self.wire.reader.rules
            ),
            "application_ping": "ping" in data.send,
            "health": data.http.health is not None,
            "metrics": bool(data.http.metrics and data.http.memory_metric),
        }

    @property
    def round_trips(self) -> bool:
        """True where an answer proves that all has arrived that was sent before it."""
        return self.data.fence.ordered and not {"ping", "fence"}.isdisjoint(self.data.send)

    @property
    def uses_token(self) -> bool:
        """True where a user is asked for a token anywhere."""
        return b"{token}" in msgspec.json.encode(self.data)

    def credential(self, token: str, kept: Mapping[str, Any]) -> str:
        """What a connection of a user carries: the `token`, or the one thing that it has got them.

        `kept` are the user's values. Raises `NotOffered` where the token has got them several.
        """
        names = self.wire.session_credentials
        if len(names) > 1:
            raise NotOffered("a connection carries several things in the place of a token")
        return str(kept.get(next(iter(names)), token)) if names else token

    def ensure_carries_token(self) -> None:
        """Raise `NotOffered` where a connection carries what was issued for the token instead."""
        if self.wire.session_credentials:
            raise NotOffered("a connection carries no token, but what was issued for one")

    def agrees(self, why: str, *, http: int | None = None, close: int | None = None) -> bool:
        """True when such a backend turns callers away like that for `why`: `token`, `origin`, …"""
        return any(
            (r.http is not None and r.http == http) or (r.close is not None and r.close == close)
            for r in self._refusals(why)
        )

    def silence_s(self, why: str) -> float | None:
        """After how many seconds without a message a caller is refused for `why`; None: never."""
        given = [r.silence_s for r in self._refusals(why) if r.silence_s]
        return max(given, default=None)

    def _refusals(self, why: str) -> list[Refusal]:
        return refusals_for(why, self.data.handshake.refusals)

    def close_causes(self, code: int | None, age_s: float = 0.0) -> tuple[CloseCause, ...]:
        """What such a backend ends a connection of that age with that close code for."""
        closing, unread, flood = self.data.closing, self.data.unread, self.data.flood
        old = closing.max_age_s is not None and age_s >= closing.max_age_s - _EARLY_S
        codes: dict[CloseCause, list[int]] = {
            "restart": closing.restart,
            "silent": closing.silent,
            "oversize": closing.oversize,
            "expired": closing.expired,
            "unread": unread.close if unread else [],
            "flood": flood.close if flood else [],
            "aged": closing.aged if old else [],
        }
        return tuple(cause for cause, meant in codes.items() if code in meant)

    def rejects(self, why: Literal["absent", "forbidden"]) -> tuple[str, ...]:
        """The codes of the errors by which it rejects a message for `why`."""
        return tuple(self.data.codes.get(why, []))

    def refuses_to_resume(self, position: str) -> list[str]:
        """The reasons it gives for a position that cannot be resumed from. Raises `NotOffered`."""
        if position not in self.data.not_recovered:
            raise NotOffered(f"the dialect does not say how {position} is refused")
        return self.data.not_recovered[position]

    @property
    def unread_bytes(self) -> int:
        """What may wait for a client that does not read. Raises `NotOffered`."""
        if self.data.unread is None:
            raise NotOffered("the dialect does not say when a user who does not read is cut off")
        return self.data.unread.bytes

    @property
    def expired_within_s(self) -> float:
        """How soon after its token has expired a connection ends."""
        return self.data.closing.expired_within_s

    def tells(self, event: str, payload: bytes) -> bool:
        """True for the bytes of a message that tells of an event of that type."""
        return any(fact.type == event for fact in self._events(payload))

    def tells_of_run(self, payload: bytes) -> bool:
        """True for the bytes of a message that tells of any event of a run."""
        return bool(self._events(payload))

    def asks(self, payload: bytes) -> bool:
        """True for the bytes of a user's question: it has all that is the same in each of them."""
        wanted, framing = self.data.send["ask"].message, self.wire.framing
        text = payload.decode("utf-8", "replace")
        said = messages_in(text, self.data.frames, framing() if framing is not None else None)
        return isinstance(said, Messages) and any(matches(wanted, one) for one in said.messages)

    def ensure_asks_by_message(self) -> None:
        """Raise `NotOffered` where a question is no message of the connection, but a call."""
        if self.data.send["ask"].message is None:
            raise NotOffered("questions are HTTP calls: they do not travel on the connection")

    def ensure_users_share_request_ids(self) -> None:
        """Raise `NotOffered` where the dialect makes one word of the user and each request id."""
        ask = self.data.send["ask"]
        if any(_OF_ONE_USER.search(t) for t in texts([ask.message, ask.body, ask.headers])):
            raise NotOffered("the dialect makes request ids unique by user ([send.ask])")

    def ensure_has(self, event: str) -> None:
        """Raise `NotOffered` for a type of event that such a backend has no message for."""
        if event in self.data.runs.lacks:
            raise NotOffered(f"this kind of backend has no {event}")

    def tool_results(self, kind: str) -> dict[str, str]:
        """The words in the result of each tool of a question of that kind. Raises `NotOffered`."""
        if kind not in self.data.results:
            raise NotOffered(f"the dialect does not say what the tools of a {kind} question return")
        return self.data.results[kind]

    def read(self, frame: str | bytes) -> tuple[facts.AnyFact, ...]:
        """The facts in one frame of a connection of which nothing else is known."""
        return self.conversation(Person()).read(frame).facts

    def _events(self, payload: bytes) -> list[facts.Event]:
        said = self.read(payload.decode("utf-8", "replace"))
        return [fact for fact in said if isinstance(fact, facts.Event)]
