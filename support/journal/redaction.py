"""Keeps secrets out of everything a run leaves behind, and notes whose they were.

Text is redacted on its way into the journal, before anything else reads it. A canary becomes a
label that names its owner, so that a leak stays provable without the secret itself.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
import threading
from collections.abc import Iterator
from urllib.parse import unquote

CANARY_PREFIX = "zq"
# No vowels and no digits: a canary can not be taken for a word or a sum by the agent it is told to.
_ALPHABET = "bcdfghjkmnpqrstvwxz"
_CANARY_LETTERS = 22
_CANARY = re.compile(rf"{CANARY_PREFIX}[{_ALPHABET}]{{{_CANARY_LETTERS}}}")
# A whole one, or the beginning of one: header and claims are told even without a signature.
_JWT = re.compile(
    r"ey[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"
)
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{28,}={0,2}")
_URL_SAFE = str.maketrans("-_", "+/")
_WORD = re.compile(r"[A-Za-z0-9_.@-]{6,}")


def new_canary() -> str:
    """A secret of about 93 bits that nobody can guess and that survives JSON unescaped."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_CANARY_LETTERS))
    return CANARY_PREFIX + letters


def _readings(text: str) -> Iterator[str]:
    """The text, and what an encoder may have made of a canary in it."""
    if CANARY_PREFIX in text:
        yield text
    if "%" in text:
        yield unquote(text)
    if "\\u" in text:
        yield _ESCAPE.sub(lambda match: chr(int(match.group(1), 16)), text)
    for word in _ENCODED.findall(text):
        for decode in (_from_base64, bytes.fromhex):
            try:
                yield decode(word).decode("latin-1")
            except ValueError:
                continue  # not that encoding, then


def _from_base64(word: str) -> bytes:
    bare = word.rstrip("=").translate(_URL_SAFE)
    return base64.b64decode(bare[: len(bare) - (len(bare) % 4 == 1)] + "=" * (-len(bare) % 4))


def _spellings(identifier: str) -> re.Pattern[str]:
    """Finds an identifier that is no plain word, as it is or as JSON escapes it."""
    forms = {re.escape(identifier), re.escape(json.dumps(identifier)[1:-1])}
    return re.compile(rf"(?<![\w-])(?:{'|'.join(sorted(forms))})(?![\w-])")


class Redactor:
    """Knows the secrets and the identifiers of a run. Safe to call from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._canaries: dict[str, str] = {}
        self._identifiers: dict[str, set[str]] = {}
        self._unusual: dict[str, re.Pattern[str]] = {}
        self._literals: dict[str, str] = {}

    def add_canary(self, canary: str, owner: str) -> None:
        """From now on `canary` is written as the label of `owner`."""
        with self._lock:
            self._canaries[canary] = owner

    def add_identifier(self, identifier: str | None, kind: str, owner: str) -> None:
        """Note that `identifier` (a user, run or thread id) belongs to `owner`.

        Identifiers under six characters are too common to be told from chance and are left out.
        """
        if identifier and len(identifier) >= 6:
            with self._lock:
                self._identifiers.setdefault(identifier, set()).add(f"{kind}:{owner}")
                if not _WORD.fullmatch(identifier):
                    self._unusual[identifier] = _spellings(identifier)

    def add_secret(self, secret: str | None, label: str) -> None:
        """From now on `secret` is written as `[label]`, also where JSON escapes it."""
        if secret and len(secret) >= 6:
            with self._lock:
                spellings = {secret, json.dumps(secret)[1:-1]}
                spellings.add(json.dumps(secret, ensure_ascii=False)[1:-1])
                known = self._literals | dict.fromkeys(spellings, f"[{label}]")
                # The longest first: a secret may begin like another.
                self._literals = dict(sorted(known.items(), key=lambda kept: -len(kept[0])))

    def redact(self, text: str) -> str:
        """`text` without any known secret, nor anything that looks like a JWT."""
        for secret, label in self._literals.items():
            if secret in text:
                text = text.replace(secret, label)
        if "ey" in text:
            text = _JWT.sub("[token]", text)
        if CANARY_PREFIX in text:
            text = _CANARY.sub(self._label, text)
        return text

    def mentions(self, text: str) -> tuple[str, ...]:
        """Whose canaries and identifiers stand in `text`: `canary:OWNER`, `user:OWNER`, …, sorted.

        Canaries are found in base64, hex, percent- and JSON-escapes, too. Call it with the text as
        it arrived: redaction takes the canaries out.
        """
        found: set[str] = set()
        for reading in _readings(text):
            for match in _CANARY.findall(reading):
                found.add(f"canary:{self._canaries.get(match, 'nobody')}")
        named = {word.strip(".") for word in _WORD.findall(text)}
        named |= {i for i, spelt in list(self._unusual.items()) if spelt.search(text)}
        for identifier in named:
            owners = self._identifiers.get(identifier, set())
            if len(owners) == 1:  # an id that two people were given as theirs betrays neither
                found |= owners
        return tuple(sorted(found))

    def _label(self, match: re.Match[str]) -> str:
        return f"<secret of {self._canaries.get(match.group(), 'nobody')}>"
