"""Identifiers that are no plain words (`urn:run:7`, `user/ü`), found in text in one pass.

Looking for each of hundreds of them in every frame would take longer than the frame did to come.
"""

from __future__ import annotations

import json
import re

_PIECE = re.compile(r"[a-z0-9_-]+")


class UnusualNames:
    """Finds them as they are or as JSON escapes them; capitals make no difference.

    Each spelling is filed under one of its own pieces, the one that fewest others are filed under,
    and looked for only in text that has that piece.
    """

    def __init__(self) -> None:
        self._filed: dict[str, tuple[tuple[str, re.Pattern[str]], ...]] = {}
        self._names: set[str] = set()

    def __len__(self) -> int:
        return len(self._names)

    def add(self, name: str) -> None:
        """From now on `name` is found."""
        if name.lower() in self._names:
            return
        self._names.add(name.lower())
        for form in {name, json.dumps(name)[1:-1]}:
            pattern = re.compile(rf"(?<![\w-]){re.escape(form)}(?![\w-])", re.IGNORECASE)
            pieces = _PIECE.findall(form.lower()) or [""]
            piece = min(pieces, key=lambda p: (len(self._filed.get(p, ())), -len(p)))
            # Replaced, never changed: another thread may be reading it.
            self._filed[piece] = (*self._filed.get(piece, ()), (name.lower(), pattern))

    def found_in(self, text: str) -> set[str]:
        """The names, in small letters, that stand in `text`, which is in small letters."""
        pieces = {"", *_PIECE.findall(text)} & self._filed.keys()
        filed = (entry for piece in pieces for entry in self._filed[piece])
        return {name for name, pattern in filed if pattern.search(text)}
