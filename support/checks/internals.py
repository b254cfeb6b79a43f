"""What no user should see of a service: traces, secrets and places in its code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from support.journal import Seen
from support.journal.facts import FAILED, Event

LAYERS = 2  # JSON, and JSON in a string of it
#: Traces and credentials as common stacks print them, which nothing else looks like.
_TRACES = re.compile(
    r"Traceback \(most recent|File \"[^\"]+\", line \d+|\.js:\d+"
    r"|\bat \S{1,300} \(.{1,300}:\d+:\d+\)|\bat [\w$.]+\([\w$]+\.java:\d+\)|goroutine \d+"
    r"|(?<![a-z])[a-z][a-z+.-]{0,30}://[^/\s:\"']{0,200}:[^@/\s\"']{1,200}@"
    r"|\[(?:signing secret|password|token)\]",
    re.IGNORECASE,
)
#: Tools may tell such words, and answers may quote them: what is said of a failure may not.
_DETAILS = re.compile(
    r"(?:password|passwd|secret|api[_-]?key|dsn)\s*[=:]|panicked at|connect (?-i:E[A-Z]+) \S+:\d",
    re.IGNORECASE,
)
#: Files of the service, which are no part of an address of the web.
_PLACES = re.compile(
    r"\.py\b|(?:/usr/|/home/|/app/|/var/|/srv/)\w"
    r"|\.(?:cs|go|java|kt|php|rb|scala|swift|tsx?)(?:[:(]| on )(?:line )?\d"
    r"|(?<![\w.-])[\w-]{1,300}\.rs(?:[:(]| on )(?:line )?\d",  # .rs is a domain, too
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\b(?:http|ws)s?://[\w.-]+(?::\d+)?(?:[/?#][^\s\"'<>]*)?")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_CHARACTERS = {"n": "\n", "r": "\r", "t": "\t", "b": " ", "f": " "}


def internals_in(seen: Seen[Event]) -> str:
    """Something internal that the event shows; empty when nothing is.

    Traces and credentials in any event, and in a failure also secrets and files by their names.
    Of the frame as much is read as the journal keeps, of what the dialect reads from it, all.
    """
    told = "\n".join(_strings(seen.fact.data))
    whole = "\n".join([told, *_read(seen.frame.text)])
    found = _TRACES.search(whole)
    if found is None and seen.fact.type == FAILED:
        own = whole if len(seen.frame.facts) == 1 else told  # several events may share a frame
        found = _DETAILS.search(own) or _PLACES.search(_ADDRESS.sub(" ", own))
    return found.group() if found else ""


def _read(text: str) -> Iterator[str]:
    """The text without the escapes of JSON, layer by layer; it may be cut, or be in an envelope."""
    for _ in range(LAYERS):
        text = _ESCAPE.sub(_character, text)
        yield text


def _character(match: re.Match[str]) -> str:
    code, letter = match.groups()
    return chr(int(code, 16)) if code else _CHARACTERS.get(letter, letter)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _strings(each)
