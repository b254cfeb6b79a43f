"""What the parent and its workers tell each other, over a pipe."""

from __future__ import annotations

from multiprocessing.connection import Connection
from typing import Any

import msgspec

from support.approval import Outcome
from support.journal import Known
from support.run.cost import Expected


class Begin(msgspec.Struct, tag="begin", frozen=True):
    """To a worker: run the planned scenario of that number (from 1)."""

    number: int


class Close(msgspec.Struct, tag="close", frozen=True):
    """To a worker: there are no more scenarios."""


class Stop(msgspec.Struct, tag="stop", frozen=True):
    """To a worker: leave the step in progress and end in good order; the run ends for `reason`."""

    reason: str


class Ready(msgspec.Struct, tag="ready", frozen=True):
    """From a worker: its deployment can be reached, and is this. `kept` accounts can be reused."""

    target: str
    build: str
    capabilities: tuple[str, ...]
    expected: Expected
    kept: int


class Ended(msgspec.Struct, tag="ended", frozen=True):
    """From a worker: how a scenario ended, and what behave printed of it."""

    number: int
    outcome: Outcome
    output: str


class Closed(msgspec.Struct, tag="closed", frozen=True):
    """From a worker, the last: its session is over. `aborted` says why, where that was too early.

    `failed` is behave's own result; `broken` are hooks that broke around scenarios, `errors` what
    went wrong in the suite, `remarks` what else is to be said.
    """

    failed: bool
    aborted: str = ""
    broken: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    journal_broken: str = ""


class Told(msgspec.Struct, tag="told", frozen=True):
    """From a worker, to all others: what it knows from now on. The answer of each is `Heard`.

    `sender` is set by the parent: the number of the worker among all.
    """

    number: int
    known: Known
    sender: int = -1


class Heard(msgspec.Struct, tag="heard", frozen=True):
    """What was told under that number is known: by this worker, or to its sender, by all."""

    number: int
    sender: int


ToWorker = Begin | Close | Stop | Told | Heard
FromWorker = Ready | Ended | Closed | Told | Heard

_encoder = msgspec.msgpack.Encoder()
_to_worker: msgspec.msgpack.Decoder[ToWorker] = msgspec.msgpack.Decoder(ToWorker)
_from_worker: msgspec.msgpack.Decoder[FromWorker] = msgspec.msgpack.Decoder(FromWorker)


def send(connection: Connection, message: ToWorker | FromWorker) -> None:
    """Send it, with `?` for what UTF-8 cannot hold. Raises `OSError` where nobody is left."""
    connection.send_bytes(_encoded(message))


def _encoded(message: ToWorker | FromWorker) -> bytes:
    try:
        return _encoder.encode(message)
    except UnicodeEncodeError:  # half a surrogate pair, out of somebody's careless JSON
        return _encoder.encode(_encodable(msgspec.to_builtins(message, builtin_types=(bytes,))))


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {name: _encodable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(item) for item in value]
    return value


def received_by_worker(connection: Connection) -> ToWorker:
    """The next message. Blocks; raises `EOFError` or `OSError` once the parent has gone."""
    return _to_worker.decode(connection.recv_bytes())


def received_by_parent(connection: Connection) -> FromWorker:
    """The next message. Raises `EOFError` or `OSError` once the worker has gone."""
    return _from_worker.decode(connection.recv_bytes())
