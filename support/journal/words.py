"""The words of what arrives: what each may name, and what it decodes to, worked out once.

The ids and words of a conversation come again and again; to look at each of them anew in every
frame costs more than all the rest of receiving it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from support.journal.canaries import decodings

NAME = re.compile(r"[a-z0-9_.@-]{6,}")
_MOST = 20_000  # words that are remembered
_LONGEST = 100  # characters of a word that is remembered


def names_in(text: str) -> set[str]:
    """What may be a name in `text`, which is in small letters."""
    named = set(NAME.findall(text))
    for word in [w for w in named if "." in w]:
        named |= {word.strip("."), *word.split(".")}
    return named


class Word(NamedTuple):
    """What a word of text (`canaries.WORD`) may name, in small letters, and what it decodes to."""

    names: tuple[str, ...]
    decoded: tuple[str, ...]


class Words:
    """Knows words by what they are. Safe to call from any thread."""

    def __init__(self) -> None:
        self._known: dict[str, Word] = {}

    def known(self, words: Sequence[str]) -> list[Word]:
        """What is known of each of `words`."""
        known = self._known
        try:
            return [known[word] for word in words]
        except KeyError:
            return [known.get(word) or self._learned(word) for word in words]

    def _learned(self, word: str) -> Word:
        learned = Word(tuple(names_in(word.lower())), tuple(decodings(word)))
        if len(word) <= _LONGEST:
            if len(self._known) >= _MOST:
                self._known = {}
            self._known[word] = learned
        return learned
