"""`greenlight dialect try --replay`: the rules of a dialect, asked of frames that were recorded."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from rich.console import Console

from support.config import DeploymentError, Environment
from support.deployment.deployment import CAPABILITIES
from support.dialects import Conversation, Dialect, Person, load_dialect
from support.dialects.loading import dialect_path
from support.dialects.templates import PLACEHOLDER
from support.journal import facts, records
from support.run.trial.claims import tell_claims
from support.run.trial.telling import Teller

COMPLETED, INCOMPLETE = 0, 1
#: What a dialect file alone decides; the rest depends on the environment.
BY_DIALECT = {
    *("streams", "resume", "positions", "clock", "own_identity", "application_ping"),
    *("health", "metrics"),
}


class Recorded(NamedTuple):
    """A frame on a connection, and what was meant by one that was sent, as far as it is known."""

    connection: str
    user: str
    sent: bool
    text: str
    facts: tuple[facts.AnyFact, ...] = ()


def try_replay(
    name: str, recorded: Path, console: Console, environment: Environment, *, full: bool = False
) -> int:
    """Read the recorded frames; 0 when a run is accepted and completed in them.

    Raises `DeploymentError` for a dialect or a recording that cannot be used.
    """
    path = dialect_path(name)
    dialect = load_dialect(name)
    dialect = Dialect(dialect.data, dialect.wire.framing)
    dialect.wire.typed = None
    frames = list(frames_in(recorded, dialect))
    if not any(not frame.sent for frame in frames):
        raise DeploymentError(f"{recorded} holds no received message")
    tell = Teller(console, dialect.wire, path.read_text("utf-8"), full=full)
    tell.note(f"The dialect {dialect.name}, asked of the frames in {recorded.name}", "bold")
    _read(dialect, frames, tell)
    tell.summary()
    tell_claims(tell, lambda need: _lacking(dialect, need), dialect.data, environment)
    tell.note(
        "What depends on the environment (signing secret, control, TLS) counts as offered here."
    )
    whole = tell.said["accepted"] and tell.said[facts.COMPLETED]
    return COMPLETED if whole and not tell.unread else INCOMPLETE


def frames_in(path: Path, dialect: Dialect) -> Iterator[Recorded]:
    """The frames of a Greenlight journal, or of lines such as `{"way": "in", "text": "…"}`.

    Such a line may name its `connection`. Raises `DeploymentError` naming the line.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DeploymentError(f"{path} cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            frame = _frame(json.loads(line), line, dialect)
        except (ValueError, KeyError, TypeError, msgspec.MsgspecError) as error:
            raise DeploymentError(
                f"{path}, line {number}: expected a line of a Greenlight journal, or"
                f' {{"way": "in" or "out", "text": "…"}}: {error}'
            ) from error
        if frame is not None:
            yield frame


def _frame(line: Any, text: str, dialect: Dialect) -> Recorded | None:
    if not isinstance(line, dict):
        raise TypeError("it is no object")
    if "kind" in line:
        record = records.decode(text.encode())
        if isinstance(record, records.Implied) or not isinstance(record, records.Frame):
            return None
        sent = record.direction == "sent"
        return Recorded(record.connection, record.user, sent, record.text, record.facts)
    if line["way"] not in ("in", "out"):
        raise ValueError(f"way is {line['way']!r}")
    message = line["text"]
    message = message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)
    name, sent = str(line.get("connection", "1")), line["way"] == "out"
    meant = tuple(_meant(dialect, message)) if sent else ()
    return Recorded(name, str(line.get("user", "You")), sent, message, meant)


def _meant(dialect: Dialect, text: str) -> Iterator[facts.AnyFact]:
    """A question, where the message has all that is the same in each of them."""
    try:
        message = json.loads(text)
    except ValueError:
        return
    for name in ("ask", "go_on"):
        send = dialect.data.send.get(name)
        values = _values(send.message, message) if send and send.message is not None else None
        if values is not None:
            yield facts.Asked(request_id=values.get("request_id", "asked"))
            return


def _values(template: Any, message: Any) -> dict[str, str] | None:
    """What stands in the place of each placeholder; None where the message is another one."""
    if isinstance(template, Mapping):
        if not isinstance(message, Mapping) or not set(template) <= set(message):
            return None
        parts = [_values(value, message[key]) for key, value in template.items()]
    elif isinstance(template, list):
        if not isinstance(message, list) or len(message) != len(template):
            return None
        parts = [_values(one, other) for one, other in zip(template, message, strict=True)]
    elif isinstance(template, str) and "{" in template:
        return _in_text(template, str(message))
    else:
        return {} if template == message else None
    found: dict[str, str] = {}
    for part in parts:
        if part is None:
            return None
        found |= part
    return found


def _in_text(template: str, text: str) -> dict[str, str] | None:
    pieces = PLACEHOLDER.split(template)
    pattern = "".join("(.+)" if n % 2 else re.escape(piece) for n, piece in enumerate(pieces))
    found = re.fullmatch(pattern, text, re.DOTALL)
    return None if found is None else dict(zip(pieces[1::2], found.groups(), strict=True))


class _Again(Conversation):
    """A conversation with the ids that its own connection had when it was recorded."""

    def begin(self, ids: Mapping[str, str]) -> None:
        """Open it as it was opened then."""
        devices, way = self._person.devices, next(iter(self._data.handshake.ways))
        self.handshake("token", way, resuming=bool(devices))
        self._id = ids.get("connection", self._id)
        self._session = ids.get("session", self._session)
        self.opened("token")


def _read(dialect: Dialect, frames: list[Recorded], tell: Teller) -> None:
    people: dict[str, Person] = {}
    conversations: dict[str, Conversation] = {}
    for frame in frames:
        person = people.setdefault(frame.user, _somebody(dialect))
        if frame.connection not in conversations:
            tell.title(f"Connection {frame.connection}")
            conversations[frame.connection] = again = _Again(dialect.wire, person)
            again.begin(_ids(dialect, (f for f in frames if f.connection == frame.connection)))
        conversation = conversations[frame.connection]
        if frame.sent:
            tell.sent(frame.text, frame.facts)
            for fact in frame.facts:
                conversation.sent(fact)
        else:
            tell.received(frame.text, conversation.read(frame.text))


def _ids(dialect: Dialect, frames: Iterable[Recorded]) -> dict[str, str]:
    """The ids in the hello that was sent."""
    found: dict[str, str] = {}
    for frame in frames:
        for step in dialect.data.hello if frame.sent else ():
            with suppress(ValueError):
                found |= _values(step.send, json.loads(frame.text)) or {}
    return found


def _somebody(dialect: Dialect) -> Person:
    """A person for whom everything was kept that the dialect asks for: what, nobody knows."""
    text = msgspec.json.encode(dialect.data).decode()
    known = {name: f"({name})" for name in PLACEHOLDER.findall(text)}
    for name in ("cursor", "position", "connection", "session", "run", "asked"):
        known.pop(name, None)
    return Person(known | dialect.data.variables)


def _lacking(dialect: Dialect, need: str) -> str | None:
    if need not in BY_DIALECT or need in dialect.capabilities:
        return None
    return dialect.data.cannot.get(need) or CAPABILITIES[need]
