"""The words of what arrives: what each may name, and what it decodes to, worked out once.

The ids and words of a conversation come again and again; to look at each of them anew in every
frame costs more than all the rest of receiving it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from support.journal.canaries import ENCODED_LEAST, decodings, is_readable

NAME = re.compile(r"[a-z0-9_.@-]{6,}")
_JUST_A_NAME = re.compile(r"[a-z0-9_@-]{6,}")
_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,12})?")  # a time, mostly: never the same again
_MOST = 20_000  # words that are remembered
_LONGEST = 100  # characters of a word that is remembered


def names_in(text: str) -> set[str]:
    """What may be a name in `text`, which is in small letters."""
    named = set(NAME.findall(text))
    for word in [w for w in named if "." in w]:
        named |= {word.strip("."), *word.split(".")}
    return named


class Word(NamedTuple):
    """What a word of text (`canaries.WORD`) may name, in small letters, and what it decodes to.

    `readable`: something in it that may be encoded can be read.
    """

    names: tuple[str, ...]
    decoded: tuple[str, ...]
    readable: bool


class WordsRead(NamedTuple):
    """What stands in some words: names, text that is encoded, and the words that may hide some."""

    names: set[str]
    decoded: list[str]
    readable: set[str]


class _Known:
    """The words that were looked at; `odd` are those that are not just a name themselves."""

    def __init__(self) -> None:
        self.words: set[str] = set()
        self.odd: dict[str, Word] = {}


class PlainWords:
    """The words of which is known that they name nobody and hide nothing, as things stand.

    Who learns of a further name calls `named` once it is among the names; who learns of a further
    secret begins anew with another object. So it is safe to call from any thread.
    """

    def __init__(self) -> None:
        self._words: set[str] = set()
        self._by_name: dict[str, set[str]] = {}  # those that may name something but themselves

    def without(self, words: Sequence[str]) -> list[str]:
        """Those of `words` that are none of these."""
        known = self._words
        return [word for word in words if word not in known]

    @property
    def full(self) -> bool:
        """True when as many are known as are worth remembering."""
        return len(self._words) >= _MOST

    def add(self, word: str, may_name: Sequence[str], names: Mapping[str, Any]) -> None:
        """Add `word`, unless it, or something it `may_name`, is among the `names`."""
        for name in may_name:
            self._by_name.setdefault(name, set()).add(word)
        self._words.add(word)
        # Looked at last: a name that comes up meanwhile is found here, or finds the word above.
        if not names.keys().isdisjoint((word, *may_name)):
            self._words.discard(word)

    def named(self, name: str) -> None:
        """From now on `name` is somebody's."""
        self._words.discard(name)
        self._words -= self._by_name.get(name, set())


class Words:
    """Knows words by what they are. Safe to call from any thread."""

    def __init__(self) -> None:
        self._known = _Known()

    def read(self, words: Sequence[str], names: Mapping[str, Any]) -> WordsRead:
        """Which of `names` stand in `words`, and what is encoded there."""
        known = self._known  # another thread may begin anew
        found: set[str] = set()
        odd: dict[str, Word] = {}
        for word in words:
            if word in names:
                found.add(word)
            if word not in known.words:
                if _NUMBER.fullmatch(word):
                    found.update(n for n in (word.strip("."), *word.split(".")) if n in names)
                    continue
                self._learn(word, known, odd)
            if word in known.odd:
                odd[word] = known.odd[word]
        if not odd:
            return WordsRead(found, [], set())
        return WordsRead(
            {word for word in found if word not in odd}.union(
                [name for word in odd.values() for name in word.names if name in names]
            ),
            [decoded for word in odd.values() for decoded in word.decoded],
            {word for word, what in odd.items() if what.readable},
        )

    def plain(self, words: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Those of `words` that were read and encode nothing, each with what else it may name."""
        known = self._known
        for word in words:
            if word in known.words:
                odd = known.odd.get(word)
                if odd is None:
                    yield word, ()
                elif not (odd.decoded or odd.readable):
                    yield word, odd.names

    def _learn(self, word: str, known: _Known, odd: dict[str, Word]) -> None:
        """Note what `word` is: in `odd`, if it is odd and too long to be remembered."""
        long = len(word) >= ENCODED_LEAST
        decoded = tuple(decodings(word)) if long else ()
        readable = long and is_readable(word)
        short = len(word) <= _LONGEST
        if decoded or readable or not _JUST_A_NAME.fullmatch(word):
            learned = Word(tuple(names_in(word.lower())), decoded, readable)
            (known.odd if short else odd)[word] = learned
        if short:  # only now: a thread that sees the word here finds what it is
            if len(known.words) >= _MOST:
                self._known = _Known()
            known.words.add(word)
