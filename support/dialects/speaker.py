"""Intentions in, native messages out: what one user says, by the templates of the dialect. No I/O.

What a dialect file does not say cannot be said: `NotOffered`, with the reason the file gives.
"""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from support.config.errors import DeploymentError, NotOffered
from support.dialects.endings import BrokenInput
from support.dialects.flow import Asking, Flow
from support.dialects.schema import Call, DialectData, Send
from support.dialects.templates import JSON, NUMBER, MissingValue, fill, placeholders
from support.journal import facts

#: What people call an intention that a backend may lack.
LACKABLE = {
    "go_on": "go on with an earlier conversation",
    "cancel": "cancel a run",
    "ping": "answer a ping of the application",
    "subscribe": "subscribe to a stream of events",
    "resume": "resume a stream from a position",
}


class Request(msgspec.Struct, frozen=True):
    """An HTTP call, ready to be made; `call` says which answers mean success.

    `name` is the intention that it stands for, if any; `request_id` is a question's own.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    call: Call
    name: str = ""
    request_id: str | None = None

    def __str__(self) -> str:
        body = "" if self.body is None else " " + json.dumps(self.body, ensure_ascii=False)
        return f"{self.method} {self.path}{body}"


class Outgoing(msgspec.Struct, frozen=True):
    """A message ready to be sent, and what it says. With a `request` it travels over HTTP.

    `message` is what `text` was encoded from, where it is an intention.
    """

    text: str | bytes
    fact: facts.AnyFact
    also: tuple[facts.AnyFact, ...] = ()
    request: Request | None = None
    then: tuple[Any, ...] = ()
    message: Any = None


@dataclass
class Person:
    """What is kept for a user between their connections: captured values, how far they read.

    `devices` are what each of their devices remembers, by its `{session}`; `session` was used last,
    and those in `busy` have a connection. `connections` are open, the newest last. `sent` counts
    messages; `prepared`: the calls before the first connection were made; `parted`: the last
    messages were sent.
    """

    values: dict[str, Any] = field(default_factory=dict)
    asking: Asking = field(default_factory=Asking)
    devices: dict[str, Flow] = field(default_factory=dict)
    session: str = ""
    busy: set[str] = field(default_factory=set)
    connections: list[str] = field(default_factory=list)
    sent: int = 0
    prepared: bool = False
    parted: bool = False

    def device(self, *, again: bool) -> str:
        """The `{session}` of a new device or, `again`, of the first that has no connection.

        A new device has read as far as the one that was used last.
        """
        free = (session for session in self.devices if session not in self.busy)
        session = next(free, "") if again else ""
        if not session:
            session = uuid.uuid4().hex
            last = self.devices.get(self.session, Flow())
            self.devices[session] = Flow(self.values, self.asking, place=dict(last.place))
        self.busy.add(session)
        self.session = session
        return session

    def disconnected(self, session: str, *, forget: bool) -> None:
        """A device has lost its connection; `forget`: it never had one."""
        self.busy.discard(session)
        if forget:
            self.devices.pop(session, None)

    def filled(self, template: Any, /, **more: Any) -> Any:
        """`template` with the person's values and `more`. Raises `DeploymentError`."""
        session = self.session or None
        known = {"uuid": uuid.uuid4().hex, "now": _now(), "session": session}
        known["connection"] = self.connections[-1] if self.connections else None
        known = {**known, **self.values, **more}
        try:
            return fill(template, known)
        except MissingValue as error:
            raise DeploymentError(
                f"the dialect asks for {{{error.name}}}, and nothing was captured under that name"
            ) from error

    def request(self, call: Call, /, **more: Any) -> Request:
        """An HTTP call in the person's name."""
        return Request(
            call.method,
            str(self.filled(call.path, **more)),
            {k: str(self.filled(v, **more)) for k, v in call.headers.items()},
            self.filled(call.body, **more),
            call,
        )


class Speaker:
    """Speaks for one user."""

    def __init__(
        self, data: DialectData, person: Person, encode: Callable[[Any], str | bytes]
    ) -> None:
        self.data = data
        self.person = person
        self._encode = encode

    def ask(
        self, request_id: str, text: str, kind: str = "", tag: str = "", thread: str | None = None
    ) -> Outgoing:
        """A user's request, with what is known of its answer by its kind and tag.

        `thread` names the conversation it goes on with, where such a backend has any.
        """
        words = tuple(w.replace("{tag}", tag) for w in self.data.answers.get(kind, []))
        ends = "failed" if kind in self.data.failures else "succeeded"
        if "go_on" not in self.data.send:
            thread = None
        fact = facts.Asked(
            request_id=request_id,
            answer=words,
            ends=ends,
            thread_id=thread,
            results=self.data.results.get(kind, {}),
        )
        name = "ask" if thread is None else "go_on"
        return self.say(name, fact, request_id=request_id, text=text, thread=thread)

    def ping(self, nonce: str) -> Outgoing:
        """An application-level ping."""
        return self.say("ping", facts.Pinged(nonce=nonce), nonce=nonce)

    def fence(self, nonce: str) -> Outgoing:
        """A request that is answered after all that was sent before: often a ping."""
        name = "fence" if "fence" in self.data.send else "ping"
        return self.say(name, facts.Pinged(nonce=nonce), nonce=nonce)

    def subscribe(self) -> Outgoing:
        """Ask for live events from now on."""
        return self.say("subscribe", facts.Subscribing())

    def resume(self, epoch: str, after: int) -> Outgoing:
        """Ask for everything after position `after`, then live events."""
        fact = facts.Subscribing(epoch=epoch, after=after)
        return self.say("resume", fact, epoch=epoch, after=after, position=after)

    def cancel(self, run_id: str) -> Outgoing:
        """The wish to end a run early."""
        return self.say("cancel", facts.Cancelling(run_id=run_id), run_id=run_id)

    @property
    def cancels_by_id(self) -> bool:
        """False where a cancellation names no run, and so ends the user's own."""
        send = self.data.send.get("cancel")
        if send is None:
            return True
        called = [send.path, send.headers, send.body] if send.message is None else []
        said = [*called, send.message]
        return "run_id" in placeholders([*said, *send.then])

    def claiming(self, message: Outgoing, where: str, user_id: str) -> Outgoing:
        """`message` with a claim to be `user_id` in it, at the place of that name."""
        if where not in self.data.claims:
            raise NotOffered(f"this kind of backend has no place to claim an identity in {where}")
        claim = fill(self.data.claims[where], {"user_id": user_id})
        also = (*message.also, facts.IdentityClaimed(where=where))
        if message.request is not None:
            body = _merged(message.request.body or {}, claim)
            request = msgspec.structs.replace(message.request, body=body)
            return msgspec.structs.replace(message, text=str(request), request=request, also=also)
        claimed = _merged(message.message, claim)
        text = self._encode(claimed)
        return msgspec.structs.replace(message, text=text, message=claimed, also=also)

    def broken(self, what: str, limit_bytes: int | None = None) -> list[Outgoing]:
        """Inputs that must each be rejected, by their name in words for people.

        What is longer than the announced `limit_bytes` may also be rejected for its length.
        """
        entry = self.data.broken.get(what)
        if entry is None:
            raise NotOffered(f"the dialect does not say how {what} is rejected")
        return [self._broken(what, each, limit_bytes) for each in (entry, *entry.further())]

    def _broken(self, what: str, entry: BrokenInput, limit_bytes: int | None) -> Outgoing:
        frame, close = entry.frame(), tuple(entry.close)
        size = len(frame.encode() if isinstance(frame, str) else frame)
        if limit_bytes is not None and size > limit_bytes:
            close += tuple(self.data.closing.oversize)
        return Outgoing(
            frame,
            facts.MalformedSent(
                what=what,
                rejected=tuple(entry.rejected),
                close=close,
                drop=entry.drop,
                ignored=entry.ignored,
            ),
        )

    def prompt(self, kind: str, canary: str, tag: str, filler: str = "") -> str:
        """What to say to get an answer of that kind (`plain`, `tool`, `slow`, …)."""
        lacking = self.data.not_asked(kind)
        if lacking is not None:
            raise NotOffered(self._why(kind, lacking))
        return str(fill(self.data.prompts[kind], {"canary": canary, "tag": tag, "filler": filler}))

    def say(self, name: str, fact: facts.AnyFact, **values: Any) -> Outgoing:
        """The intention `name` as this backend wants it. Raises `NotOffered` without a template."""
        send: Send | None = self.data.send.get(name)  # type: ignore[call-overload]  # literal keys
        if send is None:
            what = LACKABLE.get(name, name)
            raise NotOffered(self._why(name, f"this kind of backend cannot {what}"))
        self.person.sent += 1
        values = {"number": self.person.sent, **values}
        if send.message is None:
            request = msgspec.structs.replace(
                self.person.request(send, **values),
                name=name,
                request_id=values.get("request_id"),
            )
            return Outgoing(str(request), fact, request=request, then=tuple(send.then))
        message = self.person.filled(send.message, **values)
        then = tuple(self.person.filled(more, **values) for more in send.then)
        return Outgoing(self._encode(message), fact, then=then, message=message)

    def _why(self, name: str, usual: str) -> str:
        return self.data.cannot.get(name, usual)


def new_nonce() -> str:
    """What tells one ping from another: 15 digits, for backends whose ids are whole numbers."""
    return str(10**14 + secrets.randbelow(9 * 10**14))


def as_text(message: Any) -> str:
    """A filled template as it goes over the wire: text as it is, all else as JSON."""
    return message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)


def _merged(message: Any, more: Any) -> Any:
    """`message` with what `more` has; a table in both is merged. Raises `NotOffered`."""
    if not isinstance(message, dict):
        raise NotOffered("its messages are no JSON objects, so they cannot claim an identity")
    both = {k: _merged(message[k], v) for k, v in more.items() if _tables(message.get(k), v)}
    return {**message, **more, **both}


def _tables(*values: Any) -> bool:
    return all(isinstance(value, dict) for value in values)


def matches(template: Any, message: Any) -> bool:
    """True when `message` has all that is the same in everything made from `template`."""
    if isinstance(template, Mapping):
        if set(template) in ({JSON}, {NUMBER}):
            return isinstance(message, str | int)
        return isinstance(message, Mapping) and all(
            key in message and matches(value, message[key]) for key, value in template.items()
        )
    if isinstance(template, list):
        return (
            isinstance(message, list)
            and len(template) == len(message)
            and all(map(matches, template, message))
        )
    if isinstance(template, str) and "{" in template:
        return True
    return bool(template == message)


def _now() -> str:
    return datetime.now(UTC).isoformat()
