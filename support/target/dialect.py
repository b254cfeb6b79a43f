"""A dialect: how one kind of backend is spoken, as data with a small interpreter. No I/O in here.

The data is a TOML file in `dialects/`, checked when it is loaded; other backends get files of their
own. What a backend does not offer is simply absent from its `capabilities`.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from support.journal import facts
from support.target.errors import TargetError

DIALECTS = Path(__file__).parent / "dialects"
MAX_DEPTH = 100  # levels of nesting in a message; far deeper ones could be read, but not kept

Kind = Literal["text", "string", "number", "integer", "boolean", "object", "anything", "present"]

_MISSING = object()


class Condition(msgspec.Struct, forbid_unknown_fields=True):
    """Holds when the value at `path` exists, equals, or is one of what is named."""

    path: str
    equals: Any = None
    in_: list[Any] | None = msgspec.field(default=None, name="in")
    exists: bool | None = None

    def holds(self, message: Any) -> bool:
        """True when `message` satisfies the condition."""
        value = at_path(message, self.path)
        if self.exists is not None:
            return (value is not _MISSING) is self.exists
        if self.in_ is not None:
            return value in self.in_ if isinstance(value, str | int | float) else False
        return bool(value == self.equals)


class Field(msgspec.Struct, forbid_unknown_fields=True):
    """Where a value stands, what it must be, and whether it may be left out."""

    path: str
    is_: Kind = msgspec.field(name="is")
    optional: bool = False
    in_: list[Any] | None = msgspec.field(default=None, name="in")

    def read(self, message: Any) -> tuple[Any, str]:
        """The value (None if absent or wrong) and what is wrong with it (empty: nothing)."""
        value = at_path(message, self.path)
        if value is _MISSING or (value is None and self.is_ != "present"):
            return None, "" if self.optional else f"{self.path} is missing"
        if not _KINDS[self.is_](value):
            shown = json.dumps(value, default=str)[:40]
            return None, f"{self.path} should be {_WORDS[self.is_]}, was {shown}"
        if self.in_ is not None and value not in self.in_:
            return value, f"{self.path} should be one of {', '.join(map(str, self.in_))}"
        return value, ""


class Rule(msgspec.Struct, forbid_unknown_fields=True):
    """A frame for which `when` holds says `fact`, with these fields.

    A field of `present` is true when the frame has any of the paths named.
    """

    when: Condition
    fact: str
    fields: dict[str, Field] = {}
    present: dict[str, list[str]] = {}


class Refusal(msgspec.Struct, forbid_unknown_fields=True):
    """One accepted way to turn a caller away: an HTTP status, or a close right after 101."""

    http: int | None = None
    close: int | None = None


class Way(msgspec.Struct, forbid_unknown_fields=True):
    """One way to carry a token into the handshake."""

    headers: dict[str, str] = {}
    subprotocols: list[str] = []


class HandshakeRules(msgspec.Struct, forbid_unknown_fields=True):
    """How a connection is opened and refused."""

    path: str
    ways: dict[str, Way]
    selects: str | None = None
    refusals: list[Refusal] = []


class Call(msgspec.Struct, forbid_unknown_fields=True):
    """One HTTP POST: body template, statuses that mean success, values to keep."""

    path: str
    body: dict[str, Any]
    success: list[int]
    capture: dict[str, str] = {}


class Http(msgspec.Struct, forbid_unknown_fields=True):
    """The HTTP side of a backend; what it lacks is None."""

    health: str | None = None
    healthy: Condition | None = None
    build: str | None = None
    metrics: str | None = None
    memory_metric: str | None = None
    connections_metric: str | None = None
    announce: Call | None = None
    sign_up: Call | None = None
    sign_in: Call | None = None


class TokenShape(msgspec.Struct, forbid_unknown_fields=True):
    """What a valid token of this backend looks like, for environments that let us sign."""

    algorithm: str
    issuer: str
    audience: str
    scope: str
    operator_scope: str
    access_type: str
    refresh_type: str
    type_claim: str


class ClosingRules(msgspec.Struct, forbid_unknown_fields=True):
    """Close codes: a clean leave, a restart, a client that fell silent, a message too long."""

    leave: int = 1000
    restart: list[int] = []
    silent: list[int] = []
    oversize: list[int] = []


class Repeat(msgspec.Struct, forbid_unknown_fields=True):
    """`text` so many times, and `closing` as often."""

    text: str
    times: int
    closing: str = ""


class BrokenInput(msgspec.Struct, forbid_unknown_fields=True):
    """Input that must be turned down: text or, in hex, binary."""

    text: str = ""
    binary: str | None = None
    repeat: Repeat | None = None
    tail: str = ""
    rejected: list[str] = []
    close: list[int] = []

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


class DialectData(msgspec.Struct, forbid_unknown_fields=True):
    """A dialect file, as it stands."""

    name: str
    handshake: HandshakeRules
    send: dict[str, dict[str, Any]]
    receive: list[Rule]
    events: dict[str, dict[str, Field]]
    prompts: dict[str, str]
    http: Http = msgspec.field(default_factory=Http)
    capabilities: list[str] = []
    tokens: TokenShape | None = None
    closing: ClosingRules = msgspec.field(default_factory=ClosingRules)
    answers: dict[str, list[str]] = {}
    failures: dict[str, str] = {}
    results: dict[str, dict[str, str]] = {}
    broken: dict[str, BrokenInput] = {}


class Handshake(msgspec.Struct, frozen=True):
    """What to send when a connection is opened."""

    path: str
    headers: dict[str, str]
    subprotocols: list[str]


class Outgoing(msgspec.Struct, frozen=True):
    """A message ready to be sent, and what it says."""

    text: str | bytes
    fact: facts.AnyFact


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
        """How to knock with `token` (None: without any)."""
        chosen = self.data.handshake.ways[way]
        headers, protocols = dict(chosen.headers), list(chosen.subprotocols)
        if token is None:
            headers = {k: v for k, v in headers.items() if "{token}" not in v}
            protocols = [p for p in protocols if "{token}" not in p]
        else:
            headers = {k: v.replace("{token}", token) for k, v in headers.items()}
            protocols = [p.replace("{token}", token) for p in protocols]
        return Handshake(self.data.handshake.path, headers, protocols)

    def agrees(self, *, http: int | None = None, close: int | None = None) -> bool:
        """True when this is one of the ways in which such a backend turns a caller away."""
        return any(
            (r.http is not None and r.http == http) or (r.close is not None and r.close == close)
            for r in self.data.handshake.refusals
        )

    def ask(self, request_id: str, text: str, kind: str = "", tag: str = "") -> Outgoing:
        """A user's request, with what is known of its answer by its kind and tag."""
        words = tuple(w.replace("{tag}", tag) for w in self.data.answers.get(kind, []))
        ends = "failed" if kind in self.data.failures else "succeeded"
        fact = facts.Asked(request_id=request_id, answer=words, ends=ends)
        return self._outgoing("ask", fact, request_id=request_id, text=text)

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

    def broken(self, what: str) -> Outgoing:
        """Input that must be turned down, by its name in words for people."""
        entry = self.data.broken[what]
        fact = facts.Broken(what=what, rejected=tuple(entry.rejected), close=tuple(entry.close))
        return Outgoing(entry.frame(), fact)

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
            return (facts.Unreadable(why=f"not JSON: {error}"),)
        if frame.count("[") + frame.count("{") > MAX_DEPTH and _deeper_than(MAX_DEPTH, message):
            return (facts.Unreadable(why=f"a message nested over {MAX_DEPTH} levels deep"),)
        for rule in self.data.receive:
            if rule.when.holds(message):
                return (self._fact(rule, message),)
        return (facts.Unreadable(why="a message without any type"),)

    def _fact(self, rule: Rule, message: Any) -> facts.AnyFact:
        values, problems = _read_fields(rule.fields, message)
        if rule.fact == "event":
            data, event_problems = self._event_data(values)
            values["data"] = data
            problems += event_problems
        for name, paths in rule.present.items():
            values[name] = any(at_path(message, path) not in (_MISSING, None) for path in paths)
        return _FACTS[rule.fact](
            problems=tuple(problems), **{k: v for k, v in values.items() if v is not None}
        )

    def _event_data(self, values: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        native = values.get("data") or {}
        named, problems = _read_fields(self.data.events.get(values.get("type", ""), {}), native)
        return {**native, **named}, [f"data.{problem}" for problem in problems]

    def _outgoing(self, name: str, fact: facts.AnyFact, **values: Any) -> Outgoing:
        return Outgoing(json.dumps(fill(self.data.send[name], values), ensure_ascii=False), fact)


def load_dialect(name: str) -> Dialect:
    """The dialect called `name`. Raises `TargetError` naming what is wrong with its file."""
    path = DIALECTS / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in DIALECTS.glob("*.toml")))
        raise TargetError(f"there is no dialect {name!r}; there are: {known}")
    try:
        return Dialect(msgspec.convert(tomllib.loads(path.read_text("utf-8")), DialectData))
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise TargetError(f"the dialect {path.name} is broken: {error}") from error


def broken_inputs() -> set[str]:
    """The names, in words for people, of broken input in any dialect: features may use them."""
    found = (tomllib.loads(p.read_text("utf-8")) for p in DIALECTS.glob("*.toml"))
    return {name for dialect in found for name in dialect.get("broken", {})}


def at_path(message: Any, path: str) -> Any:
    """The value at a dotted path of `message`; a private marker when there is none."""
    value = message
    for key in path.split("."):
        if not isinstance(value, Mapping) or key not in value:
            return _MISSING
        value = value[key]
    return value


def captured(message: Any, paths: Mapping[str, str]) -> dict[str, Any]:
    """The values found in `message` under the names they are kept by; absent ones are left out."""
    found = {name: at_path(message, path) for name, path in paths.items()}
    return {name: value for name, value in found.items() if value is not _MISSING}


def fill(template: Any, values: Mapping[str, Any]) -> Any:
    """`template` with `{name}` replaced; a text that is one placeholder takes the value's type."""
    if isinstance(template, dict):
        return {key: fill(value, values) for key, value in template.items()}
    if isinstance(template, str):
        for name, value in values.items():
            if template == f"{{{name}}}":
                return value
            template = template.replace(f"{{{name}}}", str(value))
    return template


def _read_fields(fields: Mapping[str, Field], message: Any) -> tuple[dict[str, Any], list[str]]:
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, place in fields.items():
        value, problem = place.read(message)
        values[name] = value
        if problem:
            problems.append(problem)
    return values, problems


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


def _is_number(value: Any) -> bool:
    """True for what JSON calls a number and a float can hold."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and abs(value) <= sys.float_info.max


_KINDS: dict[str, Callable[[Any], bool]] = {
    "text": lambda v: isinstance(v, str) and v != "",
    "string": lambda v: isinstance(v, str),
    "number": _is_number,
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "boolean": lambda v: isinstance(v, bool),
    "object": lambda v: isinstance(v, dict),
    "anything": lambda v: v is not None and v != "",
    "present": lambda v: True,
}

_WORDS = {
    "text": "a text that is not empty",
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": "an object",
    "anything": "given",
    "present": "there",
}

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
