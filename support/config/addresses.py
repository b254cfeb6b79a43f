"""What an address must look like: a scheme, a host name that can exist, and nothing secret."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

MAX_HOST = 253  # characters, RFC 1035 section 2.3.4
_HOST = re.compile(r"[\w.\-]+|[0-9a-f:.]+(%\w+)?", re.IGNORECASE)


def checked_address(value: str, schemes: list[str]) -> str:
    """`value` without its last slash. Raises `ValueError` saying what is expected.

    The value itself is never repeated: it may hold a secret that was put in the wrong place.
    """
    expected = f"an address such as {schemes[-1]}://chat.example.test is expected"
    if not value.strip():
        raise ValueError(f"it is empty; {expected}")
    try:
        parts = urlsplit(value)
        whole = parts.scheme in schemes and parts.port != 0 and not parts.netloc.endswith(":")
    except ValueError:
        raise ValueError(expected) from None
    if not whole or any(c.isspace() or not c.isprintable() for c in value):
        raise ValueError(expected)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("an address without user name, password, query or fragment is expected")
    problem = _host_problem(parts)
    if problem:
        raise ValueError(f"{problem}; {expected}")
    return value.rstrip("/")


def _host_problem(parts: SplitResult) -> str:
    """Why no host can have that name; empty when one can."""
    host = parts.hostname or ""
    if not host:
        return "it names no host"
    if not _HOST.fullmatch(host):
        return "its host name has a character that no host name can have"
    labels = host.rstrip(".").split(".")
    if not all(labels):
        return "its host name has an empty part"
    try:
        encoded = host.encode("idna")
        longest = max(len(label.encode("idna")) for label in labels)
    except UnicodeError:
        return "its host name has a part of more than 63 characters, or one that cannot be encoded"
    if len(encoded) > MAX_HOST or longest > 63:
        return f"its host name is too long (63 characters a part, {MAX_HOST} in all)"
    return ""
