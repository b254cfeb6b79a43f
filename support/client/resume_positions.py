"""Resuming from a position in a stream that is not available, by its name in features."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from math import ceil

from support.client import limits
from support.client.memory import StreamPosition
from support.client.user import User
from support.config import Environment, NotOffered

AHEAD = 1000  # events that have not happened yet
SPARE = 1.3  # a deployment may keep a little more than it promises
IN_FLIGHT = 5
EVENTS = 7  # of a run with two tools


def _here(user: User) -> StreamPosition:
    position = user.memory.read_up_to
    if position is None:
        raise LookupError(f"{user.name} has not subscribed to any stream yet")
    return position


async def _elsewhere(user: User) -> StreamPosition:
    return f"e-{uuid.uuid4().hex}", _here(user)[1]


async def _ahead(user: User) -> StreamPosition:
    epoch, position = _here(user)
    return epoch, position + AHEAD


async def _outlived(user: User) -> StreamPosition:
    """Write until the start of the stream is no longer kept; `NotOffered` where it always is."""
    epoch, _ = _here(user)
    await user.reconnect()
    kept, willing = limits.retained_events(user), user.deployment.environment.sizes.history
    if kept is None or kept > willing:
        detail = "announces no usable retention" if kept is None else f"keeps {kept:,} events"
        raise NotOffered(f"the deployment {detail}; up to {willing:,} are written (sizes.history)")
    while user.memory.position < kept * SPARE + 1:
        before = user.memory.position
        await user.ask_series(2 * IN_FLIGHT, in_flight=IN_FLIGHT, kind="tools")
        if user.memory.position == before:
            break  # nothing arrives any more, and the checks will show that
    user.cut()
    await user.disconnected()
    return epoch, 0


def questions_to_outlive(environment: Environment, _: int, words: Mapping[str, str]) -> int:
    """The most questions asked until the position in `words` is no longer kept."""
    willing = environment.sizes.history
    kept = willing
    if environment.uses_reference:
        kept = int(environment.reference.settings.get("chat.retained_events", 10_000))
    if RESUME_POSITIONS[words["position"]] is not _outlived or kept > willing:
        return 0
    return ceil(kept * SPARE / EVENTS / IN_FLIGHT / 2) * IN_FLIGHT * 2


async def resume_from(user: User, position: str) -> bool:
    """Reconnect, resuming from the position of that name; True once connected."""
    await user.disconnected()
    return await user.reconnect(since=await RESUME_POSITIONS[position](user))


RESUME_POSITIONS: dict[str, Callable[[User], Awaitable[StreamPosition]]] = {
    "a position in another stream": _elsewhere,
    "a future position": _ahead,
    "a position that is no longer kept": _outlived,
}
