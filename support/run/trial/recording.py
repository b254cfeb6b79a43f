"""Recordings of conversations: journals, lines of another tool, and sessions kept for tests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from support.config import DeploymentError
from support.dialects import Dialect
from support.dialects.templates import PLACEHOLDER
from support.journal import facts, records


class Recorded(NamedTuple):
    """A frame on a connection, and what was meant by one that was sent, as far as it is known.

    `status`: it is no frame, but the answer to an HTTP call, with that status.
    """

    connection: str
    user: str
    sent: bool
    text: str
    facts: tuple[facts.AnyFact, ...] = ()
    status: int | None = None


def frames_in(path: Path, dialect: Dialect) -> Iterator[Recorded]:
    """The frames of a Greenlight journal, or of lines such as `{"way": "in", "text": "…"}`.

    Such a line may name its `connection`. Sessions kept for tests have one of `open`, `asked`,
    `answered` (an HTTP call) and `in` in each line. Raises `DeploymentError` naming the line.
    """
    opened = 0
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DeploymentError(f"{path} cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            read = json.loads(line)
            opened += isinstance(read, dict) and "open" in read
            frame = _frame(read, line, dialect, str(opened or 1))
        except (ValueError, KeyError, TypeError, msgspec.MsgspecError) as error:
            raise DeploymentError(
                f"{path}, line {number}: expected a line of a Greenlight journal, or"
                f' {{"way": "in" or "out", "text": "…"}}: {error}'
            ) from error
        if frame is not None:
            yield frame


def _frame(line: Any, text: str, dialect: Dialect, opened: str) -> Recorded | None:
    if not isinstance(line, dict):
        raise TypeError("it is no object")
    if "kind" in line:
        record = records.decode(text.encode())
        if isinstance(record, records.Implied) or not isinstance(record, records.Frame):
            return None
        sent = record.direction == "sent"
        return Recorded(record.connection, record.user, sent, record.text, record.facts)
    if "way" not in line:
        return _of_session(line, opened)
    if line["way"] not in ("in", "out"):
        raise ValueError(f"way is {line['way']!r}")
    message = line["text"]
    message = message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)
    name, sent = str(line.get("connection", "1")), line["way"] == "out"
    meant = tuple(_meant(dialect, message)) if sent else ()
    return Recorded(name, str(line.get("user", "Alice")), sent, message, meant)


def _of_session(line: dict[str, Any], opened: str) -> Recorded | None:
    """A line of a session that is kept for tests."""
    if "open" in line:
        return None
    if "asked" in line:
        asked = facts.Asked(request_id=str(line["asked"]))
        return Recorded(opened, "Alice", True, "(a question)", (asked,))
    if "answered" in line:
        given = line["answered"]
        return Recorded(opened, "Alice", False, json.dumps(given["body"]), status=given["status"])
    return Recorded(opened, "Alice", False, json.dumps(line["in"], ensure_ascii=False))


def _meant(dialect: Dialect, text: str) -> Iterator[facts.AnyFact]:
    """A question, where the message has all that is the same in each of them."""
    try:
        message = json.loads(text)
    except ValueError:
        return
    for name in ("ask", "go_on"):
        send = dialect.data.send.get(name)
        values = values_in(send.message, message) if send and send.message is not None else None
        if values is not None:
            yield facts.Asked(request_id=values.get("request_id", "asked"))
            return


def values_in(template: Any, message: Any) -> dict[str, str] | None:
    """What stands in the place of each placeholder; None where the message is another one."""
    if isinstance(template, Mapping):
        if not isinstance(message, Mapping) or not set(template) <= set(message):
            return None
        parts = [values_in(value, message[key]) for key, value in template.items()]
    elif isinstance(template, list):
        if not isinstance(message, list) or len(message) != len(template):
            return None
        parts = [values_in(one, other) for one, other in zip(template, message, strict=True)]
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
