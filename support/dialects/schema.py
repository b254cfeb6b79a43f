"""What a dialect file says: its tables as typed data, and how values are found and filled in."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

Kind = Literal["text", "string", "number", "integer", "boolean", "object", "anything", "present"]

MISSING = object()


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
            return (value is not MISSING) is self.exists
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
        if value is MISSING or (value is None and self.is_ != "present"):
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
    query: dict[str, str] = {}


class HandshakeRules(msgspec.Struct, forbid_unknown_fields=True):
    """How a connection is opened and, by what is wrong with the caller, refused.

    `final` are the HTTP statuses after which the same caller need not try again.
    """

    path: str
    ways: dict[str, Way]
    selects: str | None = None
    allowed_origin: str | None = None
    refusals: dict[str, list[Refusal]] = {}
    final: list[int] = []


class Call(msgspec.Struct, forbid_unknown_fields=True):
    """One HTTP POST: body template, statuses that mean success or a no, values to keep."""

    path: str
    body: dict[str, Any]
    success: list[int]
    refused: list[int] = []
    capture: dict[str, str] = {}


class Http(msgspec.Struct, forbid_unknown_fields=True):
    """The HTTP side of a backend; what it lacks is None."""

    health: str | None = None
    healthy: Condition | None = None
    build: str | None = None
    metrics: str | None = None
    memory_metric: str | None = None
    connections_metric: str | None = None
    keys: str | None = None
    announce: Call | None = None
    sign_up: Call | None = None
    sign_in: Call | None = None
    refresh: Call | None = None


class TokenShape(msgspec.Struct, forbid_unknown_fields=True):
    """What a valid token of this backend looks like, for environments that let us sign."""

    algorithm: str
    issuer: str
    audience: str
    scope: str
    operator_scope: str
    reader_scope: str
    other_scopes: list[str]
    access_type: str
    refresh_type: str
    type_claim: str


class ClosingRules(msgspec.Struct, forbid_unknown_fields=True):
    """Close codes: a clean leave, a restart, a client that fell silent, a message too long, …

    `expired` is for a token that has ended, within `expired_within_s` seconds of its end. `final`
    are those after which the same caller need not come back. `breach` are those that a breach of
    the protocol is answered with besides the RFC's own.
    """

    leave: int = 1000
    expired: list[int] = []
    expired_within_s: float = 5.0
    restart: list[int] = []
    silent: list[int] = []
    oversize: list[int] = []
    final: list[int] = []
    breach: list[int] = []


class FloodRules(msgspec.Struct, forbid_unknown_fields=True):
    """How a user who sends too much is held back.

    `burst_s` seconds' worth of messages may come at once; of those too many, each is answered with
    an error in `rejected`; more than `in_a_row` of these end the connection.
    """

    rejected: list[str]
    burst_s: float
    in_a_row: int
    close: list[int]


class UnreadRules(msgspec.Struct, forbid_unknown_fields=True):
    """The bytes that may wait for a client that does not read, and how it is let go beyond them."""

    bytes: int
    close: list[int]


class Repeat(msgspec.Struct, forbid_unknown_fields=True):
    """`text` so many times, and `closing` as often."""

    text: str
    times: int
    closing: str = ""


class BrokenInput(msgspec.Struct, forbid_unknown_fields=True):
    """Input that must be rejected: text or, in hex, binary."""

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
    flood: FloodRules | None = None
    unread: UnreadRules | None = None
    answers: dict[str, list[str]] = {}
    failures: dict[str, str] = {}
    not_recovered: dict[str, list[str]] = {}
    results: dict[str, dict[str, str]] = {}
    broken: dict[str, BrokenInput] = {}
    codes: dict[str, list[str]] = {}
    claims: dict[str, dict[str, Any]] = {}


def at_path(message: Any, path: str) -> Any:
    """The value at a dotted path of `message`; a private marker when there is none."""
    value = message
    for key in path.split("."):
        if not isinstance(value, Mapping) or key not in value:
            return MISSING
        value = value[key]
    return value


def captured(message: Any, paths: Mapping[str, str]) -> dict[str, Any]:
    """The values found in `message` under the names they are kept by; absent ones are left out."""
    found = {name: at_path(message, path) for name, path in paths.items()}
    return {name: value for name, value in found.items() if value is not MISSING}


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


def read_fields(fields: Mapping[str, Field], message: Any) -> tuple[dict[str, Any], list[str]]:
    """The values of `fields` in `message`, None where one is absent or wrong, and what is wrong."""
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, place in fields.items():
        value, problem = place.read(message)
        values[name] = value
        if problem:
            problems.append(problem)
    return values, problems


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
