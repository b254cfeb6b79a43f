"""Figures that each environment sets a limit for, and what is measured over and over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from support.checks.finding import Check
from support.checks.latency import first_sign_within
from support.checks.memory import memory_levels_off
from support.checks.overload import memory_flat
from support.checks.responsiveness import (
    connected_within,
    every_type_within,
    signed_in_within,
    throughput_at_least,
)
from support.measures import distribution
from support.run.session import Session


class Figure(Protocol):
    """Something measured, with a limit of its own in the policy of an environment."""

    def check(self, session: Session) -> Check:
        """The question whether it is within that limit."""


@dataclass(frozen=True)
class EventLatency:
    """From an event's own time to its arrival: an average or a percentile."""

    of: distribution.Figure

    def check(self, session: Session) -> Check:
        return session.latency(self.of)


class Throughput:
    """Questions answered a second: the limit is the least."""

    def check(self, session: Session) -> Check:
        floor_per_s = session.environment.policy.throughput_per_s
        return throughput_at_least(floor_per_s, at_least=session.questions_asked)


class MemoryOfRuns:
    """What the service's memory grows by at least, over 1,000 runs, once it has warmed up."""

    def check(self, session: Session) -> Check:
        return memory_levels_off(session.environment.policy.memory_per_1000_runs_mb)


class MemoryGrowth:
    """What the service's memory has grown by in this scenario."""

    def check(self, session: Session) -> Check:
        return memory_flat(session.environment.policy.bomb_growth_mb)


FIGURES: Mapping[str, Figure] = {
    "average event latency": EventLatency("average"),
    "p95 event latency": EventLatency("p95"),
    "p99 event latency": EventLatency("p99"),
    "number of questions answered a second": Throughput(),
    "proven memory growth of the service over 1,000 runs": MemoryOfRuns(),
    "memory growth of the service": MemoryGrowth(),
}


class Operation(Protocol):
    """Something that happens over and over, and takes time."""

    async def check(self, session: Session, limit_s: float, share: float) -> Check:
        """The question whether that share of all took `limit_s` at most."""


class Connecting:
    """From the first byte of a handshake to the greeting."""

    async def check(self, session: Session, limit_s: float, share: float) -> Check:
        return connected_within(limit_s, share, at_least=session.environment.sizes.connects)


class SigningIn:
    """Getting tokens, registration included."""

    async def check(self, session: Session, limit_s: float, share: float) -> Check:
        return signed_in_within(limit_s, share, at_least=len(session.people))


class FirstEvent:
    """From a question to the first event of its answer."""

    async def check(self, session: Session, limit_s: float, share: float) -> Check:
        return first_sign_within(limit_s, share, at_least=session.questions_asked)


class NextEvent:
    """From what a run showed last to its next event: for each type of event alone."""

    async def check(self, session: Session, limit_s: float, share: float) -> Check:
        return every_type_within(limit_s, share, at_least=session.questions_asked)


class Recovery:
    """From the loss of a user's connection to the last event that the user has missed."""

    async def check(self, session: Session, limit_s: float, share: float) -> Check:
        await session.everyone.settle()
        return session.everyone.recovered(limit_s, share)


OPERATIONS: Mapping[str, Operation] = {
    "connection attempts": Connecting(),
    "sign-ins": SigningIn(),
    "waits for the first event of an answer": FirstEvent(),
    "waits for each type of event": NextEvent(),
    "recoveries": Recovery(),
}
