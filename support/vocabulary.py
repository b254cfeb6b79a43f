"""The words of the features: people, events and times as typed parameters of steps."""

from __future__ import annotations

from collections.abc import Callable

import parse
from behave import register_type

from support.client import BREACHES, FLAWS, HANDSHAKE_FLAWS, User
from support.journal.facts import FAILED, REQUIRED_EVENTS
from support.session import Session
from support.target import broken_inputs


def teach(session: Callable[[], Session]) -> None:
    """Register the types; people are looked up in the session of the moment."""

    @parse.with_pattern(r"[A-Z][a-z]+[0-9]*")
    def user(text: str) -> User:
        return session().person(text)

    @parse.with_pattern("|".join(f'"{event}"' for event in (*REQUIRED_EVENTS, FAILED)))
    def event(text: str) -> str:
        return text.strip('"')

    @parse.with_pattern("|".join(sorted(FLAWS, key=len, reverse=True)))
    def flaw(text: str) -> str:
        return text

    @parse.with_pattern("|".join(sorted(broken_inputs(), key=len, reverse=True)))
    def broken_input(text: str) -> str:
        return text

    @parse.with_pattern("|".join(sorted(BREACHES, key=len, reverse=True)))
    def breach(text: str) -> str:
        return text

    @parse.with_pattern("|".join(HANDSHAKE_FLAWS))
    def handshake_flaw(text: str) -> str:
        return text

    @parse.with_pattern(r"\d+(?:\.\d+)? seconds?")
    def seconds(text: str) -> float:
        return float(text.split()[0])

    register_type(User=user, AgentEvent=event, Flaw=flaw, BrokenInput=broken_input)
    register_type(Seconds=seconds, Breach=breach, HandshakeFlaw=handshake_flaw)
