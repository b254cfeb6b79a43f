"""A record as a line of a journal file, and back; `cleaned` redacts one beforehand."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from support.journal.records.accounts import AccountRecord
from support.journal.records.connections import ConnectionRecord, Frame
from support.journal.records.deployment import DeploymentRecord
from support.journal.records.load import LoadRecord
from support.journal.records.reconnect import ReconnectRecord
from support.journal.records.record import Record
from support.journal.records.run import RunRecord

R = TypeVar("R", bound=Record)

AnyRecord = (
    RunRecord | AccountRecord | ConnectionRecord | ReconnectRecord | DeploymentRecord | LoadRecord
)

#: Words of ours that checks compare; all other text in a record may be somebody else's.
_OURS = frozenset(
    {
        *("connection", "user", "scenario", "category", "how", "by", "direction", "level"),
        *("scenario_id", "result", "moment"),
    }
)


def cleaned(record: R, redact: Callable[[str], str]) -> R:
    """`record` with every text in it redacted, by anyone. Frames come redacted already."""
    if isinstance(record, Frame):
        return record
    changed: dict[str, object] = {}
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if name in _OURS:
            continue
        if isinstance(value, str):
            clean: object = redact(value)
        elif isinstance(value, tuple):
            clean = tuple(redact(v) if isinstance(v, str) else v for v in value)
        else:
            continue
        if clean != value:
            changed[name] = clean
    return msgspec.structs.replace(record, **changed) if changed else record


_decoder: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)
_encoder = msgspec.json.Encoder()


def encode(record: Record) -> bytes:
    """One line of a journal file, without its newline; what UTF-8 cannot hold becomes `?`."""
    try:
        return _encoder.encode(record)
    except UnicodeEncodeError:  # a lone surrogate, out of a header or of somebody's careless JSON
        plain = json.dumps(msgspec.to_builtins(record), ensure_ascii=False)
        return plain.encode("utf-8", "replace")


def encode_lines(entries: Sequence[Record]) -> bytes:
    """As `encode`, for many at once, each with its newline."""
    try:
        return _encoder.encode_lines(entries)
    except UnicodeEncodeError:
        return b"".join([encode(record) + b"\n" for record in entries])


def decode(line: bytes) -> AnyRecord:
    """The record on one line. Raises `msgspec.MsgspecError` for anything else."""
    try:
        return _decoder.decode(line)
    except (UnicodeDecodeError, RecursionError) as error:
        raise msgspec.DecodeError(str(error)) from error
