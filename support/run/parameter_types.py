"""The words of the features: people, events and times as typed parameters of steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import parse
from behave import register_type

from support.client import (
    ATTEMPTS,
    BREACHES,
    FLAWS,
    HANDSHAKE_FLAWS,
    LURED,
    RESUME_POSITIONS,
    SITES,
    User,
)
from support.dialects import broken_inputs
from support.faults import NETWORK_PROFILES
from support.journal.facts import FAILED, REQUIRED_EVENTS
from support.run.session import Session

#: Types whose values are words that something else knows the meaning of.
NAMED: dict[str, Iterable[str]] = {
    "Flaw": (*FLAWS, *LURED),
    "Site": SITES,
    "Attempt": ATTEMPTS,
    "BrokenInput": broken_inputs(),
    "Place": RESUME_POSITIONS,
    "Weather": NETWORK_PROFILES,
    "Breach": BREACHES,
    "Resource": ("run", "conversation", "stream"),
    "HandshakeFlaw": HANDSHAKE_FLAWS,
}


def register_types(session: Callable[[], Session]) -> None:
    """Register the types; people are looked up in the session of the moment."""

    @parse.with_pattern(r"[A-Z][a-z]+[0-9]*")
    def user(text: str) -> User:
        return session().person(text)

    @parse.with_pattern("|".join(f'"{event}"' for event in (*REQUIRED_EVENTS, FAILED)))
    def event(text: str) -> str:
        return text.strip('"')

    @parse.with_pattern(r"\d+(?:\.\d+)? (?:seconds?|ms)")
    def seconds(text: str) -> float:
        number, unit = text.split()
        return float(number) / 1000 if unit == "ms" else float(number)

    register_type(User=user, AgentEvent=event, Seconds=seconds)
    for name, words in NAMED.items():
        register_type(**{name: _one_of(words)})


def _one_of(words: Iterable[str]) -> Callable[[str], str]:
    def named(text: str) -> str:
        return text

    pattern = "|".join(sorted(words, key=len, reverse=True))
    typed: Callable[[str], str] = parse.with_pattern(pattern)(named)
    return typed
