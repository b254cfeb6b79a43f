"""A dialect: how one kind of backend is spoken, as data with a small interpreter. No I/O in here.

The data is a TOML file in `dialects/`, checked when it is loaded; other backends get files of their
own. What a backend does not offer is simply absent from its `capabilities`.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from support.config.characters import half_a_character
from support.config.errors import DeploymentError, NotOffered
from support.dialects.schema import MISSING, DialectData, Rule, at_path, fill, read_fields
from support.journal import facts

DIALECTS = Path(__file__).parent
MAX_DEPTH = 100  # levels of nesting in a message; far deeper ones could be read, but not kept


class Handshake(msgspec.Struct, frozen=True):
    """What to send when a connection is opened."""

    path: str
    headers: dict[str, str]
    subprotocols: list[str]
    query: dict[str, str] = {}


class Outgoing(msgspec.Struct, frozen=True):
    """A message ready to be sent, and what it says."""

    text: str | bytes
    fact: facts.AnyFact
    also: tuple[facts.AnyFact, ...] = ()


class Dialect:
    """Speaks for a user and reads for the journal: canonical words in, native frames out, and back.

    Sans I/O and, for this generation of dialects, without state; `Connection` asks for one
    `conversation()` each, so that a dialect with memory can hand out an object of its own.
    """

    def __init__(self, data: DialectData) -> None:
        self.data = data
        self.name = data.name

    def conversation(self) -> Dialect:
        """The speaker for one connection."""
        return self

    def handshake(self, token: str | None, way: str) -> Handshake:
        """How to knock with `token` (None: without any).

        Raises `NotOffered` where tokens do not travel that way.
        """
        chosen = self.data.handshake.ways.get(way)
        if chosen is None:
            raise NotOffered(f"with this kind of backend no token travels by {way}")
        headers, protocols = dict(chosen.headers), list(chosen.subprotocols)
        query = dict(chosen.query)
        if token is None:
            headers = {k: v for k, v in headers.items() if "{token}" not in v}
            protocols = [p for p in protocols if "{token}" not in p]
            query = {k: v for k, v in query.items() if "{token}" not in v}
        else:
            headers = {k: v.replace("{token}", token) for k, v in headers.items()}
            protocols = [p.replace("{token}", token) for p in protocols]
            query = {k: v.replace("{token}", token) for k, v in query.items()}
        return Handshake(self.data.handshake.path, headers, protocols, query)

    def agrees(self, why: str, *, http: int | None = None, close: int | None = None) -> bool:
        """True when such a backend turns callers away like that for `why`: `token`, `origin`, …"""
        return any(
            (r.http is not None and r.http == http) or (r.close is not None and r.close == close)
            for r in self.data.handshake.refusals.get(why, [])
        )

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
        fact = facts.Asked(request_id=request_id, answer=words, ends=ends, thread_id=thread)
        if thread is None:
            return self._outgoing("ask", fact, request_id=request_id, text=text)
        return self._outgoing("go_on", fact, request_id=request_id, text=text, thread=thread)

    def ping(self, nonce: str) -> Outgoing:
        """An application-level ping."""
        return self._outgoing("ping", facts.Pinged(nonce=nonce), nonce=nonce)

    def subscribe(self) -> Outgoing:
        """Ask for live events from now on."""
        return self._outgoing("subscribe", facts.Subscribing())

    def resume(self, epoch: str, after: int) -> Outgoing:
        """Ask for everything after position `after`, then live events."""
        fact = facts.Subscribing(epoch=epoch, after=after)
        return self._outgoing("resume", fact, epoch=epoch, after=after)

    def cancel(self, run_id: str) -> Outgoing:
        """The wish to end a run early."""
        return self._outgoing("cancel", facts.Cancelling(run_id=run_id), run_id=run_id)

    def claiming(self, message: Outgoing, where: str, user_id: str) -> Outgoing:
        """`message` with a claim to be `user_id` in it, at the place of that name."""
        claim = fill(self.data.claims[where], {"user_id": user_id})
        text = json.dumps(json.loads(message.text) | claim, ensure_ascii=False)
        return Outgoing(text, message.fact, (*message.also, facts.IdentityClaimed(where=where)))

    def broken(self, what: str, limit_bytes: int | None = None) -> Outgoing:
        """Input that must be rejected, by its name in words for people.

        What is longer than the announced `limit_bytes` may also be rejected for its length.
        """
        entry = self.data.broken[what]
        frame, close = entry.frame(), tuple(entry.close)
        size = len(frame.encode() if isinstance(frame, str) else frame)
        if limit_bytes is not None and size > limit_bytes:
            close += tuple(self.data.closing.oversize)
        return Outgoing(
            frame, facts.MalformedSent(what=what, rejected=tuple(entry.rejected), close=close)
        )

    def prompt(self, kind: str, canary: str, tag: str, filler: str = "") -> str:
        """What to say to get an answer of that kind (`plain`, `tool`, `slow`, …)."""
        return str(fill(self.data.prompts[kind], {"canary": canary, "tag": tag, "filler": filler}))

    def read(self, frame: str | bytes) -> tuple[facts.AnyFact, ...]:
        """The facts in one native frame; never raises, never empty."""
        if isinstance(frame, bytes):
            return (facts.Unreadable(why=f"a binary frame of {len(frame):,} bytes"),)
        try:
            message = msgspec.json.decode(frame)
        except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError) as error:
            where = half_a_character(frame)
            why = f"half a surrogate pair in {where}" if where else f"not JSON: {error}"
            return (facts.Unreadable(why=why),)
        if frame.count("[") + frame.count("{") > MAX_DEPTH and _deeper_than(MAX_DEPTH, message):
            return (facts.Unreadable(why=f"a message nested over {MAX_DEPTH} levels deep"),)
        for rule in self.data.receive:
            if rule.when.holds(message):
                return (self._fact(rule, message),)
        return (facts.Unreadable(why="a message without any type"),)

    def tells(self, event: str, payload: bytes) -> bool:
        """True for the bytes of a message that tells of an event of that type."""
        said = self.read(payload.decode("utf-8", "replace"))
        return any(isinstance(fact, facts.Event) and fact.type == event for fact in said)

    def tells_of_run(self, payload: bytes) -> bool:
        """True for the bytes of a message that tells of any event of a run."""
        said = self.read(payload.decode("utf-8", "replace"))
        return any(isinstance(fact, facts.Event) for fact in said)

    def asks(self, payload: bytes) -> bool:
        """True for the bytes of a user's question: it has all that is the same in each of them."""
        try:
            message = msgspec.json.decode(payload)
        except msgspec.MsgspecError:
            return False
        fixed = {k: v for k, v in self.data.send["ask"].items() if "{" not in str(v)}
        return all(at_path(message, key) == value for key, value in fixed.items())

    def _fact(self, rule: Rule, message: Any) -> facts.AnyFact:
        values, problems = read_fields(rule.fields, message)
        if rule.fact == "event":
            data, event_problems = self._event_data(values)
            values["data"] = data
            problems += event_problems
        if rule.fact == "rejected":
            values["keys"] = tuple(sorted(message))
        for name, paths in rule.present.items():
            values[name] = any(at_path(message, path) not in (MISSING, None) for path in paths)
        return _FACTS[rule.fact](
            problems=tuple(problems), **{k: v for k, v in values.items() if v is not None}
        )

    def _event_data(self, values: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        native = values.get("data") or {}
        named, problems = read_fields(self.data.events.get(values.get("type", ""), {}), native)
        return {**native, **named}, [f"data.{problem}" for problem in problems]

    def _outgoing(self, name: str, fact: facts.AnyFact, **values: Any) -> Outgoing:
        return Outgoing(json.dumps(fill(self.data.send[name], values), ensure_ascii=False), fact)


def load_dialect(name: str) -> Dialect:
    """The dialect called `name`. Raises `DeploymentError` naming what is wrong with its file."""
    path = DIALECTS / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in DIALECTS.glob("*.toml")))
        raise DeploymentError(f"there is no dialect {name!r}; there are: {known}")
    try:
        return Dialect(msgspec.convert(tomllib.loads(path.read_text("utf-8")), DialectData))
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise DeploymentError(f"the dialect {path.name} is broken: {error}") from error


def broken_inputs() -> set[str]:
    """The names, in words for people, of broken input in any dialect: features may use them."""
    found = (tomllib.loads(p.read_text("utf-8")) for p in DIALECTS.glob("*.toml"))
    return {name for dialect in found for name in dialect.get("broken", {})}


def _deeper_than(depth: int, message: Any) -> bool:
    level = [message]
    for _ in range(depth):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return any(isinstance(value, dict | list) for value in level)


_FACTS: dict[str, Callable[..., facts.AnyFact]] = {
    "ready": facts.Ready,
    "accepted": facts.Accepted,
    "event": facts.Event,
    "announcement": facts.Announcement,
    "subscribed": facts.Subscribed,
    "pong": facts.Pong,
    "rejected": facts.Rejected,
    "closing": facts.Closing,
    "ignored": facts.Ignored,
}
