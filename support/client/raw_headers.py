"""Header values that no library sends: a stand-in goes through it and is replaced on its way."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping

_UNSENDABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

#: Stand-in → what is really sent.
Hidden = dict[bytes, bytes]


def stand_ins(headers: Mapping[str, str]) -> tuple[dict[str, str], Hidden]:
    """`headers` with a stand-in for every value that has control characters, and what they hide."""
    clean, hidden = dict(headers), {}
    for name, value in headers.items():
        if _UNSENDABLE.search(value):
            clean[name] = f"stand-in-{uuid.uuid4().hex}"
            hidden[clean[name].encode()] = value.encode("latin-1")
    return clean, hidden


def revealed(writes: Iterable[bytes], hidden: Hidden) -> list[bytes]:
    """What is about to be sent, with the real values in place."""
    result = list(writes)
    for stand_in, value in hidden.items():
        result = [data.replace(stand_in, value) for data in result]
    return result
