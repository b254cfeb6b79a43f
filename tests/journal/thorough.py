"""The long way to redact a text and to tell whom it mentions: no cache, no test beforehand."""

from __future__ import annotations

from support.journal import Redactor
from support.journal.canaries import PIECE, RUN, disguises, pieces, readings, runs
from support.journal.redaction import Examined
from support.journal.words import names_in

PART = 12


class Thorough(Redactor):
    """Knows what a `Redactor` knows, and tries everything on every text."""

    def examine(self, text: str) -> Examined:
        return Examined(self.redact(text), self.mentions(text))

    def redact(self, text: str) -> str:
        text = self._labelled(text)
        for word, canary in disguises(text):
            if self._is_canary(canary):
                text = text.replace(word, f"<secret of {self._owner(canary)}>")
        if self._parts(text.lower()):
            text = RUN.sub(self._piece_label, text)
        return self._secrets.redact(text)

    def mentions(self, text: str) -> tuple[str, ...]:
        found: set[str] = set()
        for reading in readings(text):
            lowered = reading.lower()
            canaries = self._canaries_in(lowered)
            found |= {f"canary:{self._owner(canary)}" for canary in canaries}
            found |= {f"part:{self._owner(canary)}" for canary in self._parts(lowered)}
            for name in names_in(lowered) | self._unusual.found_in(lowered):
                owners = self._identifiers.get(name, set())
                found |= owners if len(owners) == 1 else set()
        return tuple(sorted(found - {f"part:{m[7:]}" for m in found if m.startswith("canary:")}))

    def _parts(self, text: str) -> set[str]:
        letters: dict[str, set[int]] = {}
        for run in runs(text):
            for piece in pieces(run):
                if piece in self._pieces:
                    canary = self._pieces[piece]
                    start = canary.index(piece)
                    letters.setdefault(canary, set()).update(range(start, start + PIECE))
        return {canary for canary, places in letters.items() if len(places) >= PART}
