"""What a user tried to reach, and how each attempt was answered."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import msgspec

from support.journal import History, Seen, records
from support.journal.facts import Accepted, AccessAttempted, Rejected, Subscribed

_VARIES = re.compile(r"[0-9a-f-]{8,}|[0-9]+", re.IGNORECASE)
_WORD = re.compile(r"[\w+/-]+|[^\w+/-]+")


class AccessAttempt(msgspec.Struct, frozen=True):
    """One attempt to reach something, and what was answered before the next (None: nothing)."""

    aim: AccessAttempted
    frame: records.Frame
    answer: Seen[Rejected] | Seen[Accepted] | Seen[Subscribed] | None

    @property
    def took_ms(self) -> float | None:
        """From the question to its answer."""
        return None if self.answer is None else (self.answer.frame.t - self.frame.t) * 1000

    @property
    def text(self) -> str:
        """The answer in words, without the id that was asked for and without what always varies."""
        if self.answer is None:
            return "no answer"
        fact = self.answer.fact
        if isinstance(fact, Rejected):
            fields = ", ".join(fact.keys)
            return f"error {fact.code}: {_VARIES.sub('#', self._message)} (fields {fields})"
        if isinstance(fact, Accepted) and self.aim.what != "conversation":
            return "accepted"
        if isinstance(fact, Accepted):
            where = "that" if fact.thread_id == self.aim.given else "another"
            return f"accepted, in {where} conversation"
        return f"recovered {fact.recovered}, {fact.count} events, {fact.reason or 'no reason'}"

    def is_answered_like(self, others: Sequence[AccessAttempt]) -> bool:
        """True when the answer is one of those that the `others` got, or differs in words alone
        that are new each time: the number of an incident, whatever its alphabet."""
        if self.text in {other.text for other in others}:
            return True
        words = _WORD.findall(self._message)
        alike = [_WORD.findall(o._message) for o in others if o._kind == self._kind]
        alike = [message for message in alike if len(message) == len(words)]
        if len(alike) < 2:
            return False
        return all(_is_like(word, theirs) for word, *theirs in zip(words, *alike, strict=True))

    @property
    def _kind(self) -> tuple[object, ...]:
        fact = self.answer.fact if self.answer else None
        return (fact.code, fact.keys) if isinstance(fact, Rejected) else (type(fact), self.text)

    @property
    def _message(self) -> str:
        """The words of a refusal, without the id that was asked for."""
        fact = self.answer.fact if self.answer else None
        words = fact.message if isinstance(fact, Rejected) else None
        return (words or "").replace(self.aim.given or "\0", "…")


def _is_like(word: str, theirs: Sequence[str]) -> bool:
    """True for the same word, and for one that is new each time and about as long as theirs."""
    if {_VARIES.sub("#", other) for other in theirs} == {_VARIES.sub("#", word)}:
        return True
    new = len({word, *theirs}) == 1 + len(theirs)
    lengths = sorted(len(other) for other in theirs)
    return new and lengths[0] - 1 <= len(word) <= lengths[-1] + 1


def access_attempts(history: History, user: str) -> list[AccessAttempt]:
    """Everything that `user` tried to access, in order."""
    sent = history.facts(AccessAttempted, user=user, direction="sent")
    answers: list[Seen[Rejected] | Seen[Accepted] | Seen[Subscribed]] = [
        *history.facts(Rejected, user=user),
        *history.facts(Accepted, user=user),
        *history.facts(Subscribed, user=user),
    ]
    answers.sort(key=lambda seen: seen.frame.seq)
    found = []
    for number, seen in enumerate(sent):
        until = sent[number + 1].frame.seq if number + 1 < len(sent) else math.inf
        mine = (
            a
            for a in answers
            if seen.frame.seq < a.frame.seq < until and a.frame.connection == seen.frame.connection
        )
        found.append(AccessAttempt(seen.fact, seen.frame, next(mine, None)))
    return found
