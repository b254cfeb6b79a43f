"""What lies between WebSocket frames and messages: socket.io, or a class of the dialect's own.

    class Mine:
        def opening(self) -> list[str | bytes]: ...       # what is sent first of all
        def decode(self, frame) -> list[Any]: ...         # the messages in a frame, decoded
        def encode(self, message) -> str | bytes: ...     # a filled template, as it is sent
        def reply(self, frame) -> list[str | bytes]: ...  # what the framing itself answers

Sans I/O; `decode` raises `ValueError` for what cannot be read. It makes messages, never facts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Protocol

from support.config.errors import DeploymentError
from support.dialects.own_code import own_class


class Framing(Protocol):
    """One connection's framing."""

    def opening(self) -> list[str | bytes]:
        """What is sent as soon as the WebSocket is open."""

    def decode(self, frame: str | bytes) -> list[Any]:
        """The messages in a frame. Raises `ValueError` when it cannot be read."""

    def encode(self, message: Any) -> str | bytes:
        """A message as it is sent."""

    def reply(self, frame: str | bytes) -> list[str | bytes]:
        """What the framing itself answers to a frame, such as a pong."""


class BuiltInFraming(Framing, Protocol):
    """A framing that also knows the templates of dialects that use it."""

    @staticmethod
    def signs_in(template: Any) -> bool:
        """True for the message before which the deployment knows nobody, whatever has a token."""

    @staticmethod
    def wrong(template: Any) -> str:
        """Why a template cannot be sent; empty: it can."""


class SocketIo:
    """Socket.IO 5 over Engine.IO 4 (socket.io/docs/v4/engine-io-protocol, …/socket-io-protocol).

    Messages are `{event = "name", data = …}`; with several arguments, `data` is a list of them as
    they arrive, and `args`, in the place of `data`, the list of them as they are sent. Engine.IO's
    `open` and Socket.IO's `connect`, `disconnect`, `connect_error` arrive as events of that name;
    `{connect = …}` connects with that payload. A message with an `ack` (a whole number, such as
    `"{number}"`) is acknowledged by the event `ack` with the same number, both ways. A `namespace`
    other than the usual one is a key of its messages: `"/chat"`.
    """

    _NAMES: ClassVar = {"0": "connect", "1": "disconnect", "4": "connect_error"}
    _PACKET = re.compile(r"(?:(/[^,]*),?)?(\d+)?(.*)", re.DOTALL)

    def opening(self) -> list[str | bytes]:
        return []

    def decode(self, frame: str | bytes) -> list[Any]:
        if not isinstance(frame, str) or not frame:
            raise ValueError("a binary or empty frame of socket.io")
        if frame[0] == "0":
            return [{"event": "open", "data": json.loads(frame[1:])}]
        if frame[0] != "4":
            return []  # Engine.IO's own: ping, pong, close, upgrade, noop
        kind, packet = frame[1:2], self._PACKET.fullmatch(frame[2:])
        assert packet is not None  # every text is one
        namespace, ack, rest = packet.groups()
        more: dict[str, Any] = {"namespace": namespace} if namespace else {}
        if kind in self._NAMES:
            data = json.loads(rest) if rest else None
            return [{"event": self._NAMES[kind], "data": data, **more}]
        if kind not in ("2", "3"):
            raise ValueError(f"a socket.io packet of kind {kind or 'none'}")
        name, *given = json.loads(rest) if kind == "2" else ["ack", *json.loads(rest)]
        more |= {"ack": int(ack)} if ack else {}
        return [{"event": name, "data": given[0] if len(given) == 1 else given, **more}]

    def encode(self, message: Any) -> str | bytes:
        where = f"{message['namespace']}," if message.get("namespace") else ""
        if "connect" in message:
            return f"40{where}" + json.dumps(message["connect"], ensure_ascii=False)
        ack = str(message.get("ack", ""))
        if ack and not re.fullmatch("[0-9]+", ack):
            raise ValueError(f"an ack is a whole number, not {ack[:40]!r}")
        given = [message["data"]] if "data" in message else message.get("args", [])
        acknowledges = message["event"] == "ack"
        data = given if acknowledges else [message["event"], *given]
        kind = f"4{'3' if acknowledges else '2'}{where}{ack}"
        return kind + json.dumps(data, ensure_ascii=False)

    def reply(self, frame: str | bytes) -> list[str | bytes]:
        return ["3"] if frame == "2" else []

    @staticmethod
    def signs_in(template: Any) -> bool:
        """True for a message that connects to a namespace: Engine.IO's `open` goes to everyone."""
        return isinstance(template, dict) and "connect" in template

    @staticmethod
    def wrong(template: Any) -> str:
        """Why a template cannot be sent; empty: it can."""
        shown = "socket.io sends { event = 'name', data = … }, and { connect = … } to connect"
        if not isinstance(template, dict) or not {"event", "connect"} & set(template):
            return f"it is neither an event nor a connect: {shown}"
        unknown = sorted(set(template) - {"event", "data", "args", "ack", "connect", "namespace"})
        if unknown:
            return f"{unknown[0]!r} would not be sent: {shown}; other values belong in data"
        if not isinstance(template.get("args", []), list):
            return "args is the list of the arguments"
        lost = {"event", "data", "args", "ack"} if "connect" in template else {"args"}
        if ("connect" in template or "data" in template) and lost & set(template):
            return f"{sorted(lost & set(template))[0]!r} would not be sent: {shown}"
        return ""


BUILT_IN: dict[str, type[BuiltInFraming]] = {"socket.io": SocketIo}


def encoder(framing: Framing) -> Callable[[Any], str | bytes]:
    """Its `encode`, which may be code beside a dialect: what it raises is a `DeploymentError`."""

    def encode(message: Any) -> str | bytes:
        try:
            return framing.encode(message)
        except Exception as error:  # whatever it is, the message cannot be sent
            what = f"{type(error).__name__}: {error}"
            raise DeploymentError(f"the framing cannot encode a message ({what})") from error

    return encode


def framing_class(name: str, folder: Path) -> type[Framing]:
    """The built-in framing of that name, or the class in `file.py:Class` beside the dialect.

    Raises `DeploymentError` where there is none.
    """
    if name in BUILT_IN:
        return BUILT_IN[name]
    known = f"{', '.join(BUILT_IN)}, or file.py:Class"
    found: type[Framing] = own_class(name, folder, "framing", known)
    return found
