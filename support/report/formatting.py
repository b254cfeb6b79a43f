"""Small things every page needs: masked secrets, plain durations, moments and addresses."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit, urlunsplit

from support.journal.redaction import Redactor

#: A bearer header, an address with a password in it, or `password=…`, in text nobody redacted.
_SECRETS = re.compile(
    r"(?<=bearer )[\w.~+/=-]{8,}"
    r"|(?<=//)[^/\s:@'\"]+:[^/\s@'\"]+(?=@)"
    r"|(?:(?<=password=)|(?<=secret=)|(?<=token=))[^\s&'\",;\\]+",
    re.IGNORECASE,
)
MASK = "[masked]"
#: Characters that RFC 3986 allows in an address, and none that could end it in HTML or Markdown.
_WEB = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&+,;=%-]+")
_redactors: list[Callable[[str], str]] = [Redactor().redact]


def redact_with(redact: Callable[[str], str]) -> None:
    """From now on every report text also goes through `redact`, which knows a run's secrets."""
    _redactors[1:] = [redact]


def mask(text: str) -> str:
    """The text without the run's secrets and whatever else looks like one (requirement F8)."""
    for redact in reversed(_redactors):
        text = redact(text)
    return _SECRETS.sub(MASK, text)


def address(deployment: str) -> str:
    """A deployment's address without user, password, query and fragment; other text as it is."""
    parts = urlsplit(deployment) if "://" in deployment else None
    if parts is None or not parts.netloc:
        return mask(deployment)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def web_address(text: str) -> str:
    """An address that a page may link to, without user and password; nothing for any other text.

    One with a secret in it is none, nor is one of another scheme, as `javascript:`.
    """
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError:
        return ""
    if not sound or not _WEB.fullmatch(text):
        return ""
    host = parts.netloc.rpartition("@")[2]
    found = urlunsplit((parts.scheme, host, *parts[2:]))
    plain = unquote(found)
    return found if (mask(found), mask(plain)) == (found, plain) else ""


def moment(unix_s: float) -> str:
    """A moment given in Unix seconds, in UTC: `21 November 2025, 02:00:05 UTC`.

    `unknown` for 0, and for what no calendar has.
    """
    try:
        return (
            f"{datetime.fromtimestamp(unix_s, UTC):%-d %B %Y, %H:%M:%S UTC}"
            if unix_s
            else "unknown"
        )
    except (OverflowError, ValueError, OSError):
        return "unknown"


def lasting(seconds: float) -> str:
    """A duration as people say it: `0.4 s`, `42 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    if round(seconds) < 60:
        return f"{round(seconds)} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def gist(text: str) -> str:
    """The first line of a reason, and what was seen instead where it says so; may be empty."""
    lines = [found.strip() for found in text.splitlines() if found.strip()]
    seen = [found for found in lines if found.startswith("but: ")]
    return " – ".join(dict.fromkeys([*lines[:1], *seen[:1]]))
