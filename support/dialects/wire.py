"""A dialect file, compiled: what all of its connections share."""

from __future__ import annotations

from typing import Any

from support.config.secret_names import SECRET
from support.dialects.expressions import compiled
from support.dialects.framings import BUILT_IN, Framing
from support.dialects.reader import Reader
from support.dialects.schema import DialectData, Hello
from support.dialects.signing import Signature
from support.dialects.templates import placeholders
from support.dialects.typed import typed_reader

#: How far a user has read. A new one has not read anything: what names it is left out.
PLACE = ("cursor", "position")


class Wire:
    """A dialect file, compiled: what all connections share."""

    def __init__(
        self,
        data: DialectData,
        framing: type[Framing] | None = None,
        signature: type[Signature] | None = None,
    ) -> None:
        self.data = data
        self.signature = signature() if signature is not None else None
        self.reader = Reader(data)
        self.framing = framing
        plain = framing is None and data.frames.split == "none" and not _follows_place(data)
        #: The fast way to read; None where the rules are not plain enough.
        self.typed = typed_reader(self.reader) if plain else None
        self.cursor = compiled(data.resume.cursor) if data.resume.cursor else None
        #: True where the deployment itself says that a user is connected.
        self.greets = any(rule.says == "ready" for rule in data.read)
        had, carried = _issued_for_token(data), _carried(data)
        #: What a caller without a token must not send: the token, and what was had for one.
        self.credentials = {"token"} | had & carried
        #: What a connection carries in the place of the token; empty where it carries that.
        self.session_credentials = had & carried if "token" not in carried else set[str]()
        #: The steps of the dialogue before anybody has told who they are.
        self.challenges = _before_sign_in(data)
        #: The names under which its calls and dialogues keep values.
        self.kept = {n for call in data.before for n in (*call.capture, *call.cookies)}
        self.kept |= {n for step in data.hello for n in step.keep}
        #: The names under which its rules keep values of a run.
        self.kept_of_runs = {n for rule in data.read for n in rule.keep} - self.kept
        #: True where events with positions come without a subscription.
        placed = any("position" in rule.names for rule in self.reader.rules)
        self.unasked = placed and "subscribe" not in data.send
        #: What a message is called that no rule understands.
        self.unmatched = f"a message that no rule of the dialect {data.name} understands"


def _follows_place(data: DialectData) -> bool:
    """True where a message is read for how far it brings a device."""
    sent = [data.resume.query, [step.send for step in data.hello], [a.message for a in data.after]]
    sent += [send.message for name, send in data.send.items() if name != "resume"]
    told = data.resume.cursor is not None or any(rule.says == "handle" for rule in data.read)
    return told or not placeholders(sent).isdisjoint(PLACE)


def _issued_for_token(data: DialectData) -> set[str]:
    """The cookies that calls of `[[before]]` get for the token; without any, what they capture.

    Of several things that a connection carries, it is those that are called a secret.
    """
    calls = [c for c in data.before if "token" in placeholders([c.path, c.headers, c.body])]
    calls = data.before if data.signature is not None else calls
    cookies = {name for call in calls for name in call.cookies}
    if cookies or "token" in _carried(data) | placeholders(data.handshake.path):
        return cookies
    captured = {name for call in calls for name in call.capture} & _carried(data)
    return {name for name in captured if SECRET.search(name)} or captured


def _carried(data: DialectData) -> set[str]:
    """The placeholders of what a connection sends of its own accord, less the path."""
    return placeholders([_ways(data), [step.send for step in data.hello]])


def _ways(data: DialectData) -> list[Any]:
    """What handshakes send beside the path."""
    return [[w.headers, w.subprotocols, w.query] for w in data.handshake.ways.values()]


def _before_sign_in(data: DialectData) -> list[Hello]:
    """The steps before the one that brings the token; none where the handshake brings it.

    A built-in framing may sign in by a message of its own, whatever brings the token.
    """
    framing = BUILT_IN.get(data.frames.framing or "")
    if framing is not None:
        later = [framing.signs_in(step.send) for step in data.hello]
    else:
        if "token" in placeholders([data.handshake.path, _ways(data)]):
            return []
        later = ["token" in placeholders(step.send) for step in data.hello]
    return data.hello[: later.index(True)] if True in later else []
