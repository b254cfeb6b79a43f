"""Positions in a stream from which a user resumes, by the names that features use."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from math import ceil
from typing import Protocol

from support.client import group, limits
from support.client.memory import StreamPosition
from support.client.user import User
from support.config import Environment, NotOffered

AHEAD = 1  # event that has not happened yet: a limit is wrong by one before it is by more
SPARE = 1.3  # a deployment may keep a little more than it promises
IN_FLIGHT = 5
EVENTS = 7  # of a run with two tools


class Position(Protocol):
    """Where in a stream a user resumes."""

    name: str

    async def resume(self, user: User) -> bool:
        """Connect, and resume from here; True once connected."""


class Elsewhere:
    """The same number in a stream that does not exist."""

    name = "a position in another stream"

    async def resume(self, user: User) -> bool:
        await user.disconnected()
        return await user.reconnect(since=(f"e-{uuid.uuid4().hex}", _here(user)[1]))


class Ahead:
    """Later in the user's own stream than anything that has happened."""

    name = "a future position"

    async def resume(self, user: User) -> bool:
        await user.disconnected()
        epoch, position = _here(user)
        return await user.reconnect(since=(epoch, position + AHEAD))


class Outlived:
    """The start of the user's own stream, once it is no longer kept."""

    name = "a position that is no longer kept"

    async def resume(self, user: User) -> bool:
        """Write until it is no longer kept; raises `NotOffered` where it always is."""
        await user.disconnected()
        epoch, _ = _here(user)
        await user.reconnect()
        kept, willing = limits.retained_events(user), user.deployment.environment.sizes.history
        if kept is None or kept > willing:
            told = "announces no usable retention" if kept is None else f"keeps {kept:,} events"
            raise NotOffered(
                f"the deployment {told}; up to {willing:,} are written (sizes.history)"
            )
        while user.memory.position < kept * SPARE + 1:
            before = user.memory.position
            await user.ask_series(2 * IN_FLIGHT, in_flight=IN_FLIGHT, kind="tools")
            if user.memory.position == before:
                break  # nothing arrives any more, and the checks will show that
        user.cut()
        await user.disconnected()
        return await user.reconnect(since=(epoch, 0))


class Beginning:
    """Where the stream was when the user first connected, or the oldest event that is kept."""

    name = "the beginning of the conversation, as far as it is kept"

    async def resume(self, user: User) -> bool:
        """Connect, and resume from where the oldest event is surely kept."""
        await user.disconnected()
        epoch, newest = _here(user)
        epoch, began = user.memory.began or (epoch, 0)
        kept = limits.retained_events(user)
        if kept is not None and kept < 2:
            raise NotOffered("fewer than two events are kept")
        oldest = 0 if kept is None else newest - kept + 1
        return await user.reconnect(since=(epoch, max(began, oldest)))


class Same:
    """Where the user has resumed already, on the device that has done so."""

    name = "the same position on a second device"

    async def resume(self, user: User) -> bool:
        """Once everything has arrived on the first device."""
        await group.settle([user])
        return await user.connect(since=user.resumed_from)


_ALL: tuple[Position, ...] = (Elsewhere(), Ahead(), Outlived(), Beginning(), Same())
RESUME_POSITIONS: Mapping[str, Position] = {position.name: position for position in _ALL}


def questions_to_outlive(environment: Environment, _: int, words: Mapping[str, str]) -> int:
    """The most questions asked until the position in `words` is no longer kept."""
    willing = environment.sizes.history
    kept = willing
    if environment.uses_reference:
        kept = int(environment.reference.settings.get("chat.retained_events", 10_000))
    if words["position"] != Outlived.name or kept > willing:
        return 0
    return ceil(kept * SPARE / EVENTS / IN_FLIGHT / 2) * IN_FLIGHT * 2


def _here(user: User) -> StreamPosition:
    position = user.memory.read_up_to
    if position is None:
        raise user.deployment.lacking("positions") or LookupError(
            f"{user.name} has not subscribed to any stream yet"
        )
    return position
