"""Keeps secrets out of everything a run leaves behind, and notes whose they were.

Text is redacted on its way into the journal, before anything else reads it. A canary becomes a
label that names its owner, so that a leak stays provable without the secret itself.
"""

from __future__ import annotations

import re
import threading

from support.journal.canaries import (
    CANARY,
    PART,
    PIECE,
    PREFIX,
    RUN,
    disguises,
    pieces,
    readings,
    runs,
)
from support.journal.known_secrets import KnownSecrets
from support.journal.unusual_names import UnusualNames

#: Who owns a secret that no user of the run has.
NOBODY = "nobody"
#: After a user's name: the secrets that they sent in earlier runs.
EARLIER = " in earlier runs"
_WORD = re.compile(r"[a-z0-9_.@-]{6,}")


def _canaries(text: str) -> list[str]:
    return CANARY.findall(text) if PREFIX in text else []


class Redactor:
    """Knows the secrets and the identifiers of a run. Safe to call from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._canaries: dict[str, str] = {}
        self._pieces: dict[str, tuple[str, int]] = {}
        self._identifiers: dict[str, set[str]] = {}
        self._unusual = UnusualNames()
        self._secrets = KnownSecrets()

    def add_canary(self, canary: str, owner: str) -> None:
        """From now on `canary` is written as the label of `owner`."""
        with self._lock:
            self._canaries[canary] = owner
            for piece, start in pieces(canary):
                self._pieces[piece] = canary, start

    def add_identifier(self, identifier: str | None, kind: str, owner: str) -> None:
        """Note that `identifier` (a user, run or thread id) belongs to `owner`.

        Identifiers under six characters are too common: they match by chance, and are left out.
        Capitals make no difference.
        """
        if identifier and len(identifier) >= 6:
            name = identifier.lower()
            with self._lock:
                self._identifiers.setdefault(name, set()).add(f"{kind}:{owner}")
                if not _WORD.fullmatch(name):
                    self._unusual.add(identifier)

    def add_secret(self, secret: str | None, label: str) -> None:
        """From now on `secret` is written as `[label]`, also where it is escaped or encoded."""
        if secret and len(secret) >= 6:
            with self._lock:
                self._secrets.add(secret, label)

    def redact(self, text: str) -> str:
        """`text` without any known secret, nor anything that looks like a token or its like."""
        if PREFIX in text.lower():
            text = CANARY.sub(self._label, text)
        for word, canary in disguises(text):
            text = text.replace(word, f"<secret of {self._owner(canary)}>")
        if self._canaries_in_pieces(text.lower()):
            text = RUN.sub(self._piece_label, text)
        return self._secrets.redact(text)

    def mentions(self, text: str) -> tuple[str, ...]:
        """Whose secrets and identifiers stand in `text`, sorted.

        `canary:OWNER` for a whole secret, `part:OWNER` for so much of one that it cannot be
        chance, `user:OWNER`, `run:OWNER`, … for identifiers. All of them are found in any case of
        letters and in the encodings that `readings` knows, secrets also when they are spread over
        fields. Call it with the text as it arrived: redaction takes the secrets out.
        """
        found: set[str] = set()
        for reading in readings(text):
            found |= self._named_in(reading.lower())
        return tuple(sorted(found - {f"part:{m[7:]}" for m in found if m.startswith("canary:")}))

    def _named_in(self, text: str) -> set[str]:
        found = {f"canary:{self._owner(canary)}" for canary in _canaries(text)}
        found |= {f"part:{self._owner(canary)}" for canary in self._canaries_in_pieces(text)}
        named = set(_WORD.findall(text))
        for word in [w for w in named if "." in w]:
            named |= {word.strip("."), *word.split(".")}
        named |= self._unusual.found_in(text)
        for identifier in named:
            owners = self._identifiers.get(identifier, set())
            if len(owners) == 1:  # an id that two people were given as theirs betrays neither
                found |= owners
        return found

    def _owner(self, canary: str) -> str:
        return self._canaries.get(canary, NOBODY)

    def _label(self, match: re.Match[str]) -> str:
        return f"<secret of {self._owner(match.group().lower())}>"

    def _canaries_in_pieces(self, text: str) -> set[str]:
        """The canaries of which so many letters stand in `text` that it cannot be chance."""
        letters: dict[str, set[int]] = {}
        for run in runs(text):
            for piece, _ in pieces(run):
                if piece in self._pieces:
                    canary, start = self._pieces[piece]
                    letters.setdefault(canary, set()).update(range(start, start + PIECE))
        return {canary for canary, places in letters.items() if len(places) >= PART}

    def _piece_label(self, match: re.Match[str]) -> str:
        run = match.group().lower()
        if run[:PIECE] == run[0] * PIECE:
            return match.group()  # filler of one letter is long and can be no secret
        known = [self._pieces[piece][0] for piece, _ in pieces(run) if piece in self._pieces]
        return f"<part of the secret of {self._owner(known[0])}>" if known else match.group()
