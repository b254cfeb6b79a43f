"""`greenlight dialect try --replay`: the rules of a dialect, asked of frames that were recorded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec
from rich.console import Console

from support.config import DeploymentError, Environment
from support.deployment.deployment import CAPABILITIES
from support.dialects import Conversation, Dialect, Person, load_dialect
from support.dialects.conversation import Heard
from support.dialects.loading import dialect_path
from support.dialects.templates import PLACEHOLDER
from support.journal import facts
from support.run.trial.claims import tell_claims
from support.run.trial.recording import Recorded, frames_in, values_in
from support.run.trial.telling import Teller

COMPLETED, INCOMPLETE = 0, 1
SUCCESS = 200  # of an HTTP call: journals do not keep it


def try_replay(
    name: str, recorded: Path, console: Console, environment: Environment, *, full: bool = False
) -> int:
    """Read the recorded frames; 0 when a run is accepted and completed in them.

    Raises `DeploymentError` for a dialect or a recording that cannot be used.
    """
    path = dialect_path(name)
    dialect = load_dialect(name)
    dialect = Dialect(dialect.data, dialect.wire.framing, dialect.signature)
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


class _Again(Conversation):
    """A conversation with the ids that its own connection had when it was recorded."""

    def begin(self, ids: Mapping[str, str]) -> None:
        """Open it as it was opened then."""
        devices, way = self._person.devices, next(iter(self._data.handshake.ways))
        self._person.busy.clear()  # nobody wrote down which connections had ended by then
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
            tell.received(frame.text, _heard(dialect, person, conversation, frame))


def _heard(dialect: Dialect, person: Person, conversation: Conversation, frame: Recorded) -> Heard:
    """What a frame says; a journal keeps the answer to an HTTP call like any other frame."""
    ask = dialect.data.send["ask"]
    heard = Heard(()) if frame.status is not None else conversation.read(frame.text)
    unmatched = any(
        isinstance(f, facts.Unreadable) and f.why == dialect.wire.unmatched for f in heard.facts
    )
    if frame.status is None and (ask.message is not None or not unmatched):
        return heard
    asked = dialect.speaker(person).ask("asked", "text")
    if asked.request is None:
        return heard
    return conversation.answered(frame.status or SUCCESS, frame.text, asked.request)


def _ids(dialect: Dialect, frames: Iterable[Recorded]) -> dict[str, str]:
    """The ids in the hello that was sent."""
    found: dict[str, str] = {}
    for frame in frames:
        for step in dialect.data.hello if frame.sent else ():
            with suppress(ValueError):
                found |= values_in(step.send, json.loads(frame.text)) or {}
    return found


def _somebody(dialect: Dialect) -> Person:
    """A person for whom everything was kept that the dialect asks for: what, nobody knows."""
    text = msgspec.json.encode(dialect.data).decode()
    known = {name: f"({name})" for name in PLACEHOLDER.findall(text)}
    for name in ("cursor", "position", "connection", "session", "run", "asked"):
        known.pop(name, None)
    return Person(known | dialect.data.variables)


def _lacking(dialect: Dialect, need: str) -> str | None:
    if need not in dialect.decides or need in dialect.capabilities:
        return None
    return dialect.data.cannot.get(need) or CAPABILITIES[need]
