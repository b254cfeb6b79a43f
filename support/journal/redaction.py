"""Keeps secrets out of everything a run leaves behind, and notes whose they were.

Text is redacted on its way into the journal, before anything else reads it. A canary becomes a
label that names its owner, so that a leak stays provable without the secret itself.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from support.journal.canaries import (
    CANARY,
    PART,
    PIECE,
    PREFIX,
    RUN,
    WORD,
    alike,
    disguises,
    has_escapes,
    is_canary,
    may_have_pieces,
    may_hold_canary,
    pieces,
    readings,
    runs,
    unescaped,
)
from support.journal.known_secrets import KnownSecrets
from support.journal.unusual_names import UnusualNames
from support.journal.words import NAME, PlainWords, Words, WordsRead, names_in

#: Who owns a secret that is not of this journal: another worker or another run sent it.
UNKNOWN_USER = "an unknown user"
#: What they are called in journals, those of earlier versions included.
UNKNOWN_USERS = (UNKNOWN_USER, "a user of another run")
#: After a user's name: the secrets that they sent in earlier runs.
EARLIER = " in earlier runs"
#: How mentions of secrets begin.
SECRETS = ("canary:", "part:")
#: How those begin that cannot stand anywhere by chance.
UNMISTAKABLE = (*SECRETS, "email:")
#: Letters that are no ASCII until they are written small, and those a search takes for another.
_ODD_LETTERS = re.compile("[\u0130\u212a\u017f]")


def _sorted(found: set[str]) -> tuple[str, ...]:
    whole = [mention for mention in found if mention.startswith("canary:")]
    if whole:  # what is there as a whole is no part as well
        found = found.difference([f"part:{mention[7:]}" for mention in whole])
    return tuple(sorted(found))


def _is_odd(text: str) -> bool:
    return not text.isascii() and _ODD_LETTERS.search(text) is not None


class Examined(NamedTuple):
    """A text without its secrets, and whom it mentions."""

    clean: str
    mentions: tuple[str, ...]


class Known(NamedTuple):
    """What a redactor knows: a `canary` or `secret`, or an identifier by its kind; and whose."""

    kind: str
    value: str
    owner: str


class Redactor:
    """Knows the secrets and the identifiers of a run. Safe to call from any thread.

    Everything that is added is told to `tell`, if there is one; what it is handed by `learn` is
    not.
    """

    def __init__(self) -> None:
        self.tell: Callable[[Known], None] | None = None
        self._lock = threading.Lock()
        self._canaries: dict[str, str] = {}
        self._pieces: dict[str, str] = {}  # → the canary that each is of
        self._identifiers: dict[str, set[str]] = {}
        self._unusual = UnusualNames()
        self._secrets = KnownSecrets()
        self._words = Words()
        self._plain = PlainWords()

    def add_canary(self, canary: str, owner: str) -> None:
        """From now on `canary` is written as the label of `owner`."""
        self._add(Known("canary", canary, owner))

    def add_identifier(self, identifier: str | None, kind: str, owner: str) -> None:
        """Note that `identifier` (a user, run or thread id) belongs to `owner`.

        Identifiers under six characters are too common: they match by chance, and are left out.
        Capitals make no difference.
        """
        if identifier and len(identifier) >= 6:
            self._add(Known(kind, identifier, owner))

    def add_secret(self, secret: str | None, label: str) -> None:
        """From now on `secret` is written as `[label]`, also where it is escaped or encoded."""
        if secret and len(secret) >= 6:
            self._add(Known("secret", secret, label))

    def add_secrets(self, secrets: Iterable[str], label: str) -> None:
        """As `add_secret`, for thousands at once; `tell` is not told."""
        with self._lock:
            self._secrets.add_all((secret for secret in secrets if len(secret) >= 6), label)

    def forget_identifier(self, identifier: str) -> None:
        """The owners of `identifier` are known no longer."""
        with self._lock:
            self._identifiers.pop(identifier.lower(), None)

    def learn(self, known: Known) -> None:
        """Add what somebody else has told."""
        kind, value, owner = known
        with self._lock:
            if kind == "canary":
                self._learn_canary(value, owner)
            elif kind == "secret":
                self._secrets.add(value, owner)
                self._plain = PlainWords()
            else:
                self._learn_identifier(value, kind, owner)

    def _add(self, known: Known) -> None:
        self.learn(known)
        if self.tell is not None:
            self.tell(known)

    def _learn_canary(self, canary: str, owner: str) -> None:
        self._canaries[canary] = owner
        for piece in pieces(canary):
            self._pieces[piece] = canary

    def _learn_identifier(self, identifier: str, kind: str, owner: str) -> None:
        name = identifier.lower()
        self._identifiers.setdefault(name, set()).add(f"{kind}:{owner}")
        self._plain.named(name)
        if not NAME.fullmatch(name):
            self._unusual.add(identifier)

    def examine(self, text: str) -> Examined:
        """What `redact` and `mentions` say of `text`, for less than the price of one."""
        plain = self._plain  # another thread may begin anew
        words = plain.without(WORD.findall(text))
        if has_escapes(text) or _is_odd(text):
            return Examined(self._redacted(text, words), self._mentioned(text, words))
        read = self._words.read(words, self._identifiers)
        found: set[str] = set()
        clean, clean_words, readable, rest = text, words, read.readable, text.lower()
        if PREFIX in rest and (canaries := self._canaries_in(rest)):
            found = {f"canary:{self._owner(canary)}" for canary in canaries}
            rest = self._without(canaries, rest)
            clean_words = [word for word in words if word not in canaries]
            if len(words) - len(clean_words) == len(canaries):  # each is a word by itself
                for canary in canaries:
                    clean = clean.replace(canary, self._label_of(canary))
            else:
                clean = self._labelled(text)
                clean_words = plain.without(WORD.findall(clean))
                readable = self._words.read(clean_words, {}).readable
        in_pieces = self._canaries_in_pieces(rest)
        if in_pieces:
            found |= {f"part:{self._owner(canary)}" for canary in in_pieces}
        if in_pieces or not self._secrets.leaves(clean, clean_words, readable):
            clean = self._redacted(clean, clean_words)
        else:
            self._remember(plain, clean_words)
        return Examined(clean, self._named(text, read, found))

    def _remember(self, plain: PlainWords, words: Sequence[str]) -> None:
        """Of words without a secret, note those that name nobody and encode nothing."""
        if plain.full:
            self._plain = PlainWords()
        strange = [word for word in words if word not in self._identifiers]
        for word, may_name in self._words.plain(strange):
            plain.add(word, may_name, self._identifiers)

    def redact(self, text: str) -> str:
        """`text` without any known secret, nor anything that looks like a token or its like."""
        return self._redacted(text, self._plain.without(WORD.findall(text)))

    def mentions(self, text: str) -> tuple[str, ...]:
        """Whose secrets and identifiers stand in `text`, sorted.

        `canary:OWNER` for a whole secret, `part:OWNER` for so much of one that it cannot be
        chance, `user:OWNER`, `run:OWNER`, … for identifiers. All of them are found in any case of
        letters and in the encodings that `readings` knows, secrets also when they are spread over
        fields. Call it with the text as it arrived: redaction takes the secrets out.
        """
        return self._mentioned(text, self._plain.without(WORD.findall(text)))

    def _redacted(self, text: str, words: Sequence[str]) -> str:
        if PREFIX in text.lower():
            without = self._labelled(text)
            if without != text:
                text, words = without, WORD.findall(without)
        if self._is_harmless(text, words):
            return text
        for word, canary in disguises(text):
            if self._is_canary(canary):
                text = text.replace(word, self._label_of(canary))
        if self._canaries_in_pieces(text.lower()):
            text = RUN.sub(self._piece_label, text)
        return self._secrets.redact(text)

    def _is_harmless(self, text: str, words: Sequence[str]) -> bool:
        """True for text that is certainly to stay as it is; the quick way to know.

        All that is looked for lies within a word, except for what has its own test here.
        """
        if _is_odd(text) or self._canaries_in_pieces(text.lower()):
            return False
        if has_escapes(text):
            layer = text
            for layer in unescaped(text):
                if PREFIX in layer.lower() and CANARY.search(layer):
                    return False
            if layer != text and any(map(may_hold_canary, WORD.findall(layer))):
                return False
        return self._secrets.leaves(text, words, self._words.read(words, {}).readable)

    def _mentioned(self, text: str, words: Sequence[str]) -> tuple[str, ...]:
        found: set[str] = set()
        if _is_odd(text):
            for reading in readings(text):
                self._find(reading, names_in(reading.lower()), found)
            return _sorted(found)
        layer, read = text, self._words.read(words, self._identifiers)
        for layer in unescaped(text):
            if layer is not text:
                read = self._words.read(WORD.findall(layer), self._identifiers)
            self._find(layer, read.names, found)
        return self._named(layer, read, found)

    def _named(self, text: str, read: WordsRead, found: set[str]) -> tuple[str, ...]:
        """`found`, with whom `text` names, and what is encoded in its words."""
        self._name(read.names, text, found)
        for decoded in read.decoded:
            self._find(decoded, names_in(decoded.lower()), found)
        return _sorted(found)

    def _find(self, text: str, names: Iterable[str], found: set[str]) -> None:
        lowered = text.lower()
        if PREFIX in lowered and (canaries := self._canaries_in(lowered)):
            found |= {f"canary:{self._owner(canary)}" for canary in canaries}
            lowered = self._without(canaries, lowered)
        found |= {f"part:{self._owner(canary)}" for canary in self._canaries_in_pieces(lowered)}
        self._name(names, text, found)

    def _without(self, canaries: Iterable[str], text: str) -> str:
        """`text` without those that are known, for what is there as a whole is no part as well."""
        for canary in canaries:
            if canary in self._canaries:
                text = text.replace(canary, "a")
        return text

    def _name(self, names: Iterable[str], text: str, found: set[str]) -> None:
        """Add whom `names`, and the unusual ones in `text`, identify."""
        if self._unusual:
            names = {*names, *self._unusual.found_in(text.lower())}
        identifiers = self._identifiers
        for name in names:
            if name in identifiers:
                owners = identifiers[name]
                if len(owners) == 1:  # an id that two were given as theirs betrays neither
                    found |= owners

    def _canaries_in(self, text: str) -> list[str]:
        """The canaries in `text`, which is in small letters."""
        return [word for word in alike(text) if self._is_canary(word)]

    def _is_canary(self, word: str) -> bool:
        """True for those that are known, and for those of other runs."""
        return word in self._canaries or is_canary(word)

    def _owner(self, canary: str) -> str:
        return self._canaries.get(canary, UNKNOWN_USER)

    def _labelled(self, text: str) -> str:
        """`text` with a label in the place of each canary, in any case of letters."""
        for canary in self._canaries_in(text.lower()):
            parts = re.split(canary, text, flags=re.IGNORECASE)
            text = self._label_of(canary).join(parts)
        return text

    def _label_of(self, canary: str) -> str:
        return f"<secret of {self._owner(canary)}>"

    def _canaries_in_pieces(self, text: str) -> set[str]:
        """The canaries of which so many letters stand in `text` that it cannot be chance."""
        if not may_have_pieces(text):
            return set()
        letters: dict[str, set[int]] = {}
        known = self._pieces
        for run in runs(text):
            for at in range(len(run) - PIECE + 1):
                piece = run[at : at + PIECE]
                if piece in known:
                    canary = known[piece]
                    start = canary.index(piece)
                    letters.setdefault(canary, set()).update(range(start, start + PIECE))
        return {canary for canary, places in letters.items() if len(places) >= PART}

    def _piece_label(self, match: re.Match[str]) -> str:
        run = match.group().lower()
        if run[:PIECE] == run[0] * PIECE:
            return match.group()  # filler of one letter is long and can be no secret
        known = [self._pieces[piece] for piece in pieces(run) if piece in self._pieces]
        return f"<part of the secret of {self._owner(known[0])}>" if known else match.group()
