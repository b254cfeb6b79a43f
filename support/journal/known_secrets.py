"""Tokens, passwords and other secrets of a run, taken out of any text, plain or encoded."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Sequence
from urllib.parse import quote

from support.journal.canaries import ENCODED, bytes_in, may_hold_canary

# A whole one, or the beginning of one: header and claims are secret even without a signature. What
# comes before a dot is bounded, so that hostile text cannot make the search take for ever.
_JWT = re.compile(
    r"ey[A-Za-z0-9_-]{8,1000}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"
    r"|eyJ[A-Za-z0-9_-]{8,1000}\.[A-Za-z0-9_-]*"
)
#: Hashes of passwords as crypt(3) and its kin write them: `$2b$…`, `$argon2id$…`.
_HASH = re.compile(
    r"\$(?:1|5|6|y|2[abxy]?|argon2\w*|scrypt|pbkdf2[\w-]*)"
    r"(?:\$[\w./+=,-]{1,64})*\$[\w./+-]{16,}={0,2}"
)
#: Characters that need no escape, escaped all the same (RFC 3986 2.3; RFC 8259 7).
_NEEDLESS = re.compile(
    r"(?:%|\\u00)(2[dDeE]|3[0-9]|4[1-9a-fA-F]|5[0-9aAfF]|6[1-9a-fA-F]|7[0-9aAeE])"
)
_PLAIN = re.compile(rb"[\x20-\x7e]{6,}")
_LONG_LEAST, _START = 16, 8
_LONG = re.compile(rf"[A-Za-z0-9_-]{{{_LONG_LEAST},}}")
_PART = 20  # characters from which on a part of a token is a secret by itself
_MOST_KEPT, _LONGEST_KEPT = 20_000, 100  # words that are remembered, and their characters


class KnownSecrets:
    """What must not be shown, each with the label that stands in its place."""

    def __init__(self) -> None:
        self._literals: dict[str, str] = {}
        self._starts: dict[str, dict[str, str]] = {}
        self._grams: set[str] = set()  # of those in `_starts`: see `_leaves_word`
        self._harmless: set[str] = set()  # words, each of them looked at by itself

    def add(self, secret: str, label: str) -> None:
        """From now on `secret` is written as `[label]`, also where JSON or an address escapes it.

        The long parts of a token are secrets, too: a signature alone must not be shown.
        """
        self.add_all([secret], label)

    def add_all(self, secrets: Iterable[str], label: str) -> None:
        """As `add`, for many at once."""
        self._keep(
            # What looks like a token is known by its looks.
            {s for secret in secrets for s in _spellings(secret) if not _JWT.fullmatch(s)},
            f"[{label}]",
        )
        # Last, and another set: a thread that judges words by what was known before fills the old.
        self._harmless = set()

    def leaves(self, text: str, words: Sequence[str], readable: Container[str]) -> bool:
        """True when `redact` leaves `text` as it is, and no canary is encoded in it.

        `words` are all its words (`canaries.WORD`); each is looked at once, and for something that
        is encoded in it where it is `readable`. It may be False for text without a secret.
        """
        harmless = self._harmless
        if not harmless.issuperset(words):
            for word in words:
                if word not in harmless:
                    if not self._leaves_word(word, word in readable):
                        return False
                    if len(word) <= _LONGEST_KEPT:
                        harmless.add(word)
            if len(harmless) > _MOST_KEPT:
                self._harmless = set()
        for secret in self._literals:
            if secret in text:
                return False
        if "$" in text and _HASH.search(text):
            return False
        return not (("%" in text or "\\u00" in text) and _NEEDLESS.search(text))

    def redact(self, text: str) -> str:
        """`text` without any known secret, nor what looks like a JWT or the hash of a password.

        Both are found in base64, hex, percent- and JSON-escapes, too: in one layer of them.
        """
        clean = self._redact(text)
        if "%" in clean or "\\u00" in clean:
            plain = _NEEDLESS.sub(lambda match: chr(int(match.group(1), 16)), clean)
            redacted = self._redact(plain)
            # What holds no secret stays exactly as it was said.
            clean = redacted if redacted != plain else clean
        return ENCODED.sub(self._encoded, clean)

    def _leaves_word(self, word: str, readable: bool) -> bool:
        """As `leaves`, for a single word, without its literals."""
        if "ey" in word and _JWT.search(word):
            return False
        if len(word) < _LONG_LEAST:
            return True
        grams = self._grams
        # A secret that stands in it, wherever it begins, covers a whole one of these steps.
        for at in range(0, len(word) - _START + 1, _START):
            if word[at : at + _START] in grams:
                return False
        return not readable or (
            not may_hold_canary(word) and ENCODED.sub(self._encoded, word) == word
        )

    def _keep(self, spellings: Iterable[str], label: str) -> None:
        """Tokens and good passwords are many, and found by how they start; others one by one."""
        by_start: dict[str, dict[str, str]] = {}
        literals: dict[str, str] = {}
        for spelling in spellings:
            if _LONG.fullmatch(spelling):
                by_start.setdefault(spelling[:_START], {})[spelling] = label
                self._grams.update(spelling[at : at + _START] for at in range(_START))
            else:
                literals[spelling] = label
        for start, some in by_start.items():
            self._starts[start] = _longest_first({**self._starts.get(start, {}), **some})
        if literals:
            self._literals = _longest_first({**self._literals, **literals})

    def _known(self, match: re.Match[str]) -> str:
        """A long word without the secrets in it."""
        word, done, at = match.group(), "", 0
        while at <= len(word) - _LONG_LEAST:
            for secret, label in self._starts.get(word[at : at + _START], {}).items():
                if word.startswith(secret, at):
                    done, word, at = done + word[:at] + label, word[at + len(secret) :], -1
                    break
            at += 1
        return done + word

    def _encoded(self, match: re.Match[str]) -> str:
        word = match.group()
        for decoded in bytes_in(word):
            for found in _PLAIN.findall(decoded):
                run = found.decode("ascii")
                if self._redact(run) != run:
                    return "[encoded secret]"
        return word

    def _redact(self, text: str) -> str:
        if "ey" in text:
            text = _JWT.sub("[token]", text)
        text = _LONG.sub(self._known, text)
        for secret, label in self._literals.items():
            if secret in text:
                text = text.replace(secret, label)
        return _HASH.sub("[password hash]", text) if "$" in text else text


def _spellings(secret: str) -> set[str]:
    spellings = {secret, json.dumps(secret)[1:-1], quote(secret, safe="")}
    spellings.add(json.dumps(secret, ensure_ascii=False)[1:-1])
    return spellings | {part for part in secret.split(".") if len(part) >= _PART}


def _longest_first(kept: dict[str, str]) -> dict[str, str]:
    """Sorted by length: a secret may begin like another."""
    return dict(sorted(kept.items(), key=lambda known: -len(known[0])))
