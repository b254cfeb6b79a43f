"""What a user tried to reach, and how each attempt was answered."""

from __future__ import annotations

import math
import re

import msgspec

from support.journal import History, Seen, records
from support.journal.facts import Accepted, AccessAttempted, Rejected, Subscribed

_VARIES = re.compile(r"[0-9a-f-]{8,}|[0-9]+", re.IGNORECASE)


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
            words = (fact.message or "").replace(self.aim.given or "\0", "…")
            fields = ", ".join(fact.keys)
            return f"error {fact.code}: {_VARIES.sub('#', words)} (fields {fields})"
        if isinstance(fact, Accepted) and self.aim.what != "conversation":
            return "accepted"
        if isinstance(fact, Accepted):
            where = "that" if fact.thread_id == self.aim.given else "another"
            return f"accepted, in {where} conversation"
        return f"recovered {fact.recovered}, {fact.count} events, {fact.reason or 'no reason'}"


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
