"""How much there was: messages on the wire, and answers by the second and the minute."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from support.journal import History, records
from support.measures.connections import most_at_once
from support.measures.questions import Question


@dataclass(frozen=True)
class Traffic:
    """WebSocket messages of all scenarios, and the fences that prove that no more was on its way.

    A fence is counted apart from pings, although it may be one on the wire. `at_once` is the most
    connections that were open at the same time within one scenario. Bytes are those of messages
    before compression, without frame headers and handshakes.
    """

    sent: int
    received: int
    fences_held: int
    fences_broken: int
    at_once: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0


def traffic(history: History) -> Traffic:
    """Everything that was sent and received in a journal."""
    frames, fences = history.of(records.Frame), history.of(records.Fence)
    received = [f.size for f in frames if f.direction == "received"]
    all_bytes = sum(f.size for f in frames)
    held = sum(f.held for f in fences)
    return Traffic(
        sent=len(frames) - len(received),
        received=len(received),
        fences_held=held,
        fences_broken=len(fences) - held,
        at_once=most_at_once(history),
        sent_bytes=all_bytes - sum(received),
        received_bytes=sum(received),
    )


def answer_rate_per_s(asked: Sequence[Question]) -> float | None:
    """Answers a second, from the first question to the last answer; None without an answer."""
    ends = [q.answered_t for q in asked if q.answered_t is not None]
    if not ends:
        return None
    took_s = max(ends) - min(q.asked_t for q in asked)
    return len(ends) / took_s if took_s > 0 else float("inf")


def busiest(moments: Iterable[float], window_s: float) -> int:
    """The most moments within any window of that length."""
    ordered, first, most = sorted(moments), 0, 0
    for last, moment in enumerate(ordered):
        while moment - ordered[first] >= window_s:
            first += 1
        most = max(most, last - first + 1)
    return most
